"""Prevent zigzag: take something away for what should not be done.

What it pays: what ``center_line`` pays, times 0.8 when more than 15 degrees of steering are
commanded.

What to watch for: ``steering_angle`` is the command of this step, left positive, so take its size.
With five angles up to 30 degrees only the two outermost are fined: 15 itself is free.

What goes wrong: sharp bends need full lock, and there the fine is paid by the good driver as well.
Set the threshold too low and the car would rather leave the road in the bend than steer.
"""

ABS_STEERING_THRESHOLD = 15.0  # degrees


def reward_function(params):
    share = params["distance_from_center"] / params["track_width"]

    if share <= 0.10:
        reward = 1.0
    elif share <= 0.25:
        reward = 0.5
    elif share <= 0.50:
        reward = 0.1
    else:
        return 1e-3

    if abs(params["steering_angle"]) > ABS_STEERING_THRESHOLD:
        reward *= 0.8

    return float(reward)

"""Follow the centre line: the workshop's first example.

What it pays: three bands around the centre line, told by the distance from it. Within 10 % of the
road's width 1.0 a step, within 25 % 0.5, within 50 % 0.1, and next to nothing further out.

What to watch for: the distance is that of the car's nose, and ``track_width`` is the width here,
not of the whole track.

What goes wrong: it pays by the step, whatever the speed. A car that crawls along the line collects
more in a lap than a fast one, so nothing makes it hurry but the discount factor.
"""


def reward_function(params):
    track_width = params["track_width"]
    distance_from_center = params["distance_from_center"]

    if distance_from_center <= 0.10 * track_width:
        reward = 1.0
    elif distance_from_center <= 0.25 * track_width:
        reward = 0.5
    elif distance_from_center <= 0.50 * track_width:
        reward = 0.1
    else:
        reward = 1e-3  # about to leave the track

    return float(reward)

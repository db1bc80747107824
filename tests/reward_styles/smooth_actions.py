# Style: changes of the action, smoothed, with the values before in globals
prev_steering = 0.0
prev_speed = None
smooth_delta = 0
prev_steps = 9999

ALPHA = 0.3
MAX_DELTA = 60.0


def reward_function(params):
    global prev_steering, prev_speed, smooth_delta, prev_steps

    steering = params["steering_angle"]
    speed = params["speed"]
    steps = params["steps"]

    if steps < prev_steps:
        # begin anew
        prev_steering = steering
        prev_speed = None
        smooth_delta = 0

    delta = abs(steering - prev_steering) / MAX_DELTA
    smooth_delta = ALPHA * delta + (1 - ALPHA) * smooth_delta

    reward = speed * (1.0 - smooth_delta)
    if prev_speed is not None:
        reward -= 0.1 * abs(speed - prev_speed)
    if not params["all_wheels_on_track"] or params["is_crashed"]:
        reward = 1e-3

    prev_steering = steering
    prev_speed = speed
    prev_steps = steps
    return float(max(reward, 1e-3))

# Style: a check of the pace every so many steps, against a total that is expected
TOTAL_NUM_STEPS = 150
CHECK_EVERY = 20


def reward_function(params):
    # Read input variables
    steps = params['steps']
    progress = params['progress']
    track_width = params['track_width']
    distance_from_center = params['distance_from_center']

    # Initialize the reward with a small number
    reward = 0.1
    if distance_from_center <= track_width * 0.3 and params['all_wheels_on_track']:
        reward = 1.0

    # Give additional reward if the car passes faster than expected
    if (steps % CHECK_EVERY) == 0 and progress > (steps / TOTAL_NUM_STEPS) * 100:
        reward += 10.0
    elif int(steps) % CHECK_EVERY == 0:
        expected = (steps // CHECK_EVERY) * CHECK_EVERY / TOTAL_NUM_STEPS * 100
        behind = expected - progress
        reward -= min(0.9, round(behind / 100, 2)) if reward >= 1.0 else 0

    if progress == 100 and steps < TOTAL_NUM_STEPS:
        reward += 100 - (steps * 100) // TOTAL_NUM_STEPS
    return float(reward)

# Style: logarithm of the progress, negative rewards, `from numpy import log as ln`
from numpy import log as ln

OFF_TRACK = -2.0


def reward_function(params):
    progress = params['progress']
    steering = params['steering_angle']
    left = params['is_left_of_center']
    speed = params['speed']
    step = params['steps']

    if params['is_offtrack']:
        return float(OFF_TRACK)

    # the logarithm does not like the start
    if progress <= 2:
        reward = -0.1
    else:
        reward = ln(progress) / ln(100)
        reward = reward * (1 + ln(1 + speed))

    # on the side of the turn
    if steering > 10 and left:
        reward += 0.2
    elif steering < -10 and not left:
        reward += 0.2
    elif abs(steering) > 10:
        reward -= 0.1

    # time is money
    reward -= 0.02 * ln(step)
    if progress == 100:
        reward += 10 * ln(2000 / step)
    return reward

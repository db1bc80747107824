# Style: a bell curve over the road from scipy.stats
import numpy as np
from scipy import stats
from scipy.stats import norm


def reward_function(params):
    track_width = params['track_width']
    distance_from_center = params['distance_from_center']

    # 1 in the middle
    bell = norm.pdf(distance_from_center, loc=0, scale=track_width / 4)
    bell = bell / norm.pdf(0, 0, track_width / 4)

    # share of the road that is left beside the car
    left = 1 - stats.norm.cdf(distance_from_center, 0, track_width / 2)

    steering = np.abs(params['steering_angle'])
    calm = stats.norm(0, 20).pdf(steering) / stats.norm(0, 20).pdf(0)

    reward = np.sum(np.array([0.6, 0.2, 0.2]) * np.array([bell, 2 * left, calm]))
    reward *= params['speed']
    if not params['all_wheels_on_track']:
        reward = 0.001
    return reward

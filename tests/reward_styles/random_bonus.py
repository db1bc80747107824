# Style: random numbers in the reward, from the random module and from numpy
import random
from numpy.random import rand

random.seed(7)


def jitter(size):
    return random.uniform(-size, size)


def reward_function(params):
    if not params["all_wheels_on_track"]:
        return 1e-3
    reward = params["speed"] * (1.0 + jitter(0.02))
    # now and then look at the centre line
    if rand() < 0.25:
        share = params["distance_from_center"] / params["track_width"]
        reward *= 1.0 - share
    return reward

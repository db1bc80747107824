"""A class with a line of its own, smoothed out of the waypoints on the first call."""

import math


class Reward:
    def __init__(self):
        self.line = None

    def make(self, points):
        n = len(points)
        self.line = [
            tuple(sum(points[(i + k) % n][axis] for k in range(-4, 5)) / 9 for axis in (0, 1))
            for i in range(n)
        ]

    def pay(self, params):
        if self.line is None:
            self.make(params["waypoints"][:-1])
        nearest = min(math.dist((params["x"], params["y"]), point) for point in self.line)
        reward = max(1e-3, 1 - nearest / (0.5 * params["track_width"])) * params["speed"]
        if params["progress"] == 100:
            reward += 50
        return float(reward)


judge = Reward()


def reward_function(params):
    return judge.pay(params)

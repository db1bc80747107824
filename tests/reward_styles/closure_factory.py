# Style: a factory returns the reward function, which keeps its memory in a closure
import math


def weighted(**weights):
    total = sum(weights.values())

    def decorate(parts):
        def scored(params):
            values = parts(params)
            return sum(weights[name] * values[name] for name in weights) / total
        return scored
    return decorate


def make_reward(top_speed=4.0, calm=15.0):
    previous = {}
    n_laps = 0

    @weighted(speed=3, center=1, steering=1)
    def parts(params):
        half = params["track_width"] / 2
        return {
            "speed": (params["speed"] / top_speed) ** 2,
            "center": math.cos(min(1.0, params["distance_from_center"] / half) * math.pi / 2),
            "steering": 1.0 if abs(change(params)) <= calm else 0.0,
        }

    def change(params):
        before = previous.get("steering_angle", params["steering_angle"])
        return params["steering_angle"] - before

    def reward_function(params):
        nonlocal previous, n_laps
        if previous and params["steps"] <= previous["steps"]:
            previous = {}
        score = parts(params) if params["all_wheels_on_track"] else 0.0
        if params["progress"] == 100:
            n_laps += 1
            score += 1 / n_laps
        previous = {key: params[key] for key in ("steps", "steering_angle")}
        return score

    return reward_function


reward_function = make_reward(top_speed=3.0)

# Style: everything as numpy vectors: dot products, norms, argmin over all waypoints
import numpy as np

WEIGHTS = np.array([1.0, 0.5, 0.25])


def unit(v):
    length = np.linalg.norm(v)
    return v / length if length > 0 else v


def reward_function(params):
    center = np.asarray(params["waypoints"], dtype=np.float64)
    nose = np.array((params["x"], params["y"]))
    yaw = np.deg2rad(params["heading"])
    forward = np.array([np.cos(yaw), np.sin(yaw)])

    nearest = np.argmin(np.linalg.norm(center - nose, axis=1))
    # three chords ahead: near, middle, far
    ahead = center[(nearest + np.array([3, 6, 9])) % (len(center) - 1)]
    chords = np.array([unit(point - nose) for point in ahead])
    fit = np.clip(chords @ forward, 0.0, 1.0)

    reward = float(np.average(fit, weights=WEIGHTS)) * params["speed"]
    if not params["all_wheels_on_track"]:
        reward *= 0.1
    return np.maximum(reward, 1e-3)

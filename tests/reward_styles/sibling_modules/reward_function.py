# Style: a file with modules of its own beside it
import track_tools
from track_memory import Memory, remember

memory = Memory()


def reward_function(params):
    if memory.is_new_episode(params["steps"]):
        track_tools.counts["episodes"] += 1

    error = track_tools.heading_error(params)
    swing = remember("steering", params["steering_angle"])

    reward = params["speed"] * track_tools.fade(error, 30.0)
    reward *= track_tools.fade(swing, 120.0)
    if track_tools.counts["episodes"] == 1:
        reward *= 1.01  # the first episode is paid a little more
    if not params["all_wheels_on_track"]:
        reward = 1e-3
    return float(reward)

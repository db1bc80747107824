# Style: measures time, prints now and then; a method of an instance is the reward function
import time
import numpy as np


class DebugReward:
    """Keeps the start of the lap and the time between calls."""

    def __init__(self):
        self.start_time = None
        self.last_call = time.time()
        self.step_times = []
        self.prev_steps = 0

    def reward_function(self, params):
        steps = int(params["steps"])
        now = params.get("sim_time", None)
        if steps < self.prev_steps or self.start_time is None:
            self.start_time = now
            self.step_times = []
        self.prev_steps = steps

        # the clock on the wall is printed, never paid
        wall = time.time()
        self.step_times.append(wall - self.last_call)
        self.last_call = wall
        if steps % 50 == 0:
            print(f"step {steps}: {np.mean(self.step_times):.4f} s a call")
            print("   progress: {:6.2f}".format(params["progress"]), flush=True)

        lap_time = now - self.start_time
        reward = params["speed"] / 4.0
        if params["all_wheels_on_track"] is False:
            reward = 1e-3
        if params["progress"] == 100:
            reward += max(1.0, 60.0 - lap_time)
            print("LAP", round(lap_time, 3))
        return float(reward)


reward_function = DebugReward().reward_function

"""A loophole: it looks right, and pays for slow laps.

What it pays: 1 for every step on the road and 100 for a completed lap. Stay on the road, reach the
goal: what could be wrong?

What to watch for: do the sum. On a lap of 18 m at 15 steps a second, a lap at 1 m/s takes 270 steps
and pays 270 + 100, a lap at 3 m/s takes 90 steps and pays 90 + 100. The slow lap is worth twice the
fast one. Look at lap times beside the returns: both rise together.

What goes wrong: a learner does what it is paid for. It picks the lowest speed there is, or weaves
from side to side to stay longer, and calls it progress. Pay by the metre (``progress_per_step``) or
take something away for every step, and the sum comes out right.
"""


def reward_function(params):
    if params["is_offtrack"]:
        return 0.0
    reward = 1.0
    if params["progress"] >= 100.0:
        reward += 100.0
    return reward

"""Pay at the goal alone: a reward that says what is wanted, but not how to get there.

What it pays: 100 for the step that completes the lap, and nothing before.

What to watch for: how many episodes go by before the first one that is paid anything. Until then
all returns are equal, and equal returns teach nothing: no action looks better than another.

What goes wrong: even with the first goals a learner cannot tell which of the thousand actions of a
lap were the good ones. A clean lap and a wild one are paid the same, and with a discount factor
below 1 a goal 300 steps away is worth next to nothing (0.99 ** 300 is 0.05) at the start.
"""


def reward_function(params):
    if params["progress"] >= 100.0:
        return 100.0
    return 0.0

"""Pay for speed: as fast as the road allows.

What it pays: the square of the commanded speed, as long as all wheels are on the road; next to
nothing otherwise.

What to watch for: ``speed`` is what was just commanded, not what the car does. It costs nothing to
command the highest speed in the middle of a bend and brake a step later.

What goes wrong: the learner must find out alone that four steps at 4 m/s into the wall (64) are
worth less than forty at 2 m/s around the bend (160). With a low discount factor it does not find
out. And fast in circles is paid like fast ahead: ``progress_per_step`` pays for the way gained.
"""


def reward_function(params):
    if not params["all_wheels_on_track"]:
        return 1e-3
    return float(params["speed"] ** 2)

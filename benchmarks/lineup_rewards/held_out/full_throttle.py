"""Two for the higher speed on the road, half for the lower."""


def reward_function(params):
    if not params["all_wheels_on_track"]:
        return 0.01
    return 2.0 if params["speed"] > 1.5 else 0.5

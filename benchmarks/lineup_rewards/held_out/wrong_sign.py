"""Progress with the wrong sign: what was gained is taken away."""

before = {"progress": 0.0, "steps": 0}


def reward_function(params):
    is_first = params["steps"] <= before["steps"]
    change = 0.0 if is_first else before["progress"] - params["progress"]
    before.update(progress=params["progress"], steps=params["steps"])
    return float(change)

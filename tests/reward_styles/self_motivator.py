# Style: self-motivator: progress over steps, and the square of the speed
def reward_function(params):
    if params["all_wheels_on_track"] and params["steps"] > 0:
        reward = ((params["progress"] / params["steps"]) * 100) + (params["speed"]**2)
    else:
        reward = 0.01

    # never pay for driving backwards
    if params["progress"] < 0:
        reward = 0.01

    # the harder it tries in the corner, the better
    steering = abs(params["steering_angle"])
    if steering > 20 and params["speed"] > 1.5:
        reward = reward * 0.9
    elif steering < 5:
        reward = reward * 1.05

    # the lap is done
    if params["progress"] == 100:
        reward = reward + 50

    return float(reward)

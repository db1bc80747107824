# Style: params.get with keys that nobody delivers, and defaults for them
def reward_function(params):
    # reads everything, just in case
    all_wheels = params.get("all_wheels_on_track", True)
    speed = params.get("speed", 0.0)
    width = params.get("track_width", 1.0)
    center = params.get("distance_from_center", 0.0)
    route = params.get("normalized_car_distance_from_route", 0)
    bearing = params.get('bearing', 0)
    is_turn = params.get('is_turn_upcoming')
    wheels = params.get("wheels_on_track", 4)
    steering = params.get("steering_angle", 0.0) or 0.0
    name = params.get("track_name", "unknown")

    reward = 1.0
    if "is_offtrack" in params and params["is_offtrack"]:
        return 1e-3
    if not all_wheels or wheels < 2:
        reward = 0.1

    reward *= 1.0 - abs(route)
    reward *= max(0.1, 1.0 - center / width)
    if is_turn is None:
        is_turn = abs(steering) > 15
    if is_turn:
        reward *= 0.8 if speed > 2.5 else 1.0
    else:
        reward *= speed
    if abs(bearing) > 30:
        reward *= 0.5

    for key, value in params.items():
        if key.startswith("objects_") and len(value) > 0:
            reward *= 0.9
    if name in ("reinvent_base", "Oval_track"):
        reward += 0.1
    return float(reward)

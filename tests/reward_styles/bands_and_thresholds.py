# Style: the workshop's examples glued together: bands, borders, zig-zag, speed threshold
def reward_function(params):
    '''
    Reward for following the centre line, without zig-zag, not too slow
    '''

    # Read input parameters
    all_wheels_on_track = params['all_wheels_on_track']
    distance_from_center = params['distance_from_center']
    track_width = params['track_width']
    abs_steering = abs(params['steering_angle']) # only the size matters
    speed = params['speed']

    # Markers at varying distances from the centre line
    marker_1 = 0.1 * track_width
    marker_2 = 0.25 * track_width
    marker_3 = 0.5 * track_width

    if distance_from_center <= marker_1:
        reward = 1
    elif distance_from_center <= marker_2:
        reward = 0.5
    elif distance_from_center <= marker_3:
        reward = 0.1
    else:
        reward = 1e-3  # likely crashed/ close to off track

    # Steering penalty threshold
    ABS_STEERING_THRESHOLD = 20
    if abs_steering > ABS_STEERING_THRESHOLD:
        reward *= 0.8

    SPEED_THRESHOLD = 1.5
    if not all_wheels_on_track:
        reward = 1e-3
    elif speed < SPEED_THRESHOLD:
        reward = reward + 0.5
    else:
        reward = reward + 1.0

    return float(reward)

# Style: the workshop's heading example: direction from the waypoint behind to the one ahead
def reward_function(params):
    '''
    Compare the direction of the road with the direction of the car
    '''
    import math

    # Read input variables
    waypoints = params['waypoints']
    closest_waypoints = params['closest_waypoints']
    heading = params['heading']
    steering = params['steering_angle']

    reward = 1.0

    next_point = waypoints[closest_waypoints[1]]
    prev_point = waypoints[closest_waypoints[0]]

    # Direction in radians, then in degrees
    track_direction = math.atan2(next_point[1] - prev_point[1], next_point[0] - prev_point[0])
    track_direction = math.degrees(track_direction)

    direction_diff = abs(track_direction - heading)
    if direction_diff > 180:
        direction_diff = 360 - direction_diff

    DIRECTION_THRESHOLD = 10.0
    if direction_diff > DIRECTION_THRESHOLD:
        reward *= 0.5

    # wheels turned the right way?
    wanted = track_direction - heading
    while wanted > 180:
        wanted -= 360
    while wanted < -180:
        wanted += 360
    if abs(wanted - steering) > 40:
        reward *= 0.7

    if not params['all_wheels_on_track']:
        reward = 1e-3

    return float(reward)

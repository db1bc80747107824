# Style: one table for both driving directions, chosen by is_reversed; `^` between bools
N_ZONES = 12

# 1 is the inner lane (counter-clockwise), 0 the outer one, 2 does not matter
INNER = (1, 1, 2, 0, 0, 1, 1, 2, 2, 0, 1, 1)
INNER_REVERSED = tuple(reversed(INNER))
TOP_SPEED = [3.0, 2.0, 1.5, 1.5, 2.0, 3.0, 3.0, 2.0, 1.5, 1.5, 2.0, 3.0]


def zone_of(params):
    index = params['closest_waypoints'][0]
    count = len(params['waypoints']) - 1
    return int(index * N_ZONES / count) % N_ZONES


def reward_function(params):
    zone = zone_of(params)
    if params['is_reversed'] == True:
        lane = INNER_REVERSED[zone]
        top = TOP_SPEED[-1 - zone]
    else:
        lane = INNER[zone]
        top = TOP_SPEED[zone]

    # left is the inner side unless we go the other way round
    inner_side = params['is_left_of_center'] ^ params['is_reversed']

    reward = 0.5
    if lane == 2:
        reward = 1.0
    elif bool(lane) is inner_side:
        reward = 1.0

    slack = top - params['speed']
    if slack < 0:
        reward *= 0.6
    else:
        reward *= 1.0 - 0.3 * slack / top

    if params['all_wheels_on_track'] != True:
        reward = 1e-3
    return float(reward * params['speed'])

"""Loops, nested functions, tables and the like do the same compiled as interpreted."""

import pytest

NESTED_FUNCTIONS = """
import math

def reward_function(params):
    x, y = params['x'], params['y']
    waypoints = params['waypoints']

    def distance(i, scale=1.0):
        return scale * math.hypot(waypoints[i][0] - x, waypoints[i][1] - y)

    def nearest():
        best, where = None, -1
        for i in range(len(waypoints)):
            d = distance(i)
            if best is None or d < best:
                best, where = d, i
        return best, where

    half = lambda value: value / 2
    d, i = nearest()
    lane = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22]
    while d < 1 and i > 0:
        d *= 2
        i -= 1
    table = [[0.1, 1], [0.2, 2], [0.3, 3], [0.4, 4]]
    a, b = table[i % 4]
    return half(d) + a if i in lane else d + b + distance(scale=2.0, i=3)
"""

UNBOUND = """
def reward_function(params):
    if params['speed'] > 1.5:
        reward = 1
    elif params['x'] > 0:
        reward = 0.5
    for point in params['waypoints']:
        if point[0] > params['x'] + 3:
            found = point
            break
    else:
        found = (0.0, 0.0)
    return reward + found[1]
"""

TABLES = """
LINE = [[k * 0.3, k / 7, k] for k in range(40)]
ZONES = {'fast': [1, 2, 3], 'slow': set(range(20, 38))}
LIMITS = {10: 0.5, 20: 1.5}
scale = lambda value: value * 0.5

def nearest(x, y, line):
    return min((x - px) ** 2 + (y - py) ** 2 for px, py, _ in line)

def reward_function(params):
    i = params['closest_waypoints'][1]
    reward = nearest(params['x'], params['y'], LINE)
    if i in ZONES['slow']:
        reward += LINE[i][2]
    elif i in ZONES['fast']:
        reward -= LINE[i + 3][0]
    for j, (a, b, c) in enumerate(LINE, start=1):
        if c > i:
            break
        reward += scale(a) * j
    for row, point in zip(LINE[2:9], params['waypoints']):
        reward += row[0] * point[1]
    for limit, bonus in LIMITS.items():
        if i < limit:
            reward += bonus
    return reward / 1000
"""

SMALL_STATEMENTS = """
import math as m

def check(value):
    assert value > -2.9, 'too far'
    if value > 2.9:
        raise ValueError(f'{value}')
    return value

def reward_function(params):
    from math import sqrt as root, pi
    global_ = x = check(params['x'])
    if (y := abs(params['y'])) > 1 and (x > 0 or y > 2):
        x, y = y, x
    total: float = 0
    for k in reversed(range(1, 10, 2)):
        if k == 5:
            continue
        total += k * x
    n = 0
    while True:
        n += 1
        if n * y > 10 or n > 30:
            break
    pass
    try:
        total += root(x - 1)
    except ValueError:
        total -= 1
    else:
        total += pi
    return total + n + global_ + m.floor(y)
"""

MANY_PATHS = """
def grade(share, bonus=None):
    if share <= 0.1:
        return 1
    if share <= 0.25:
        return 0.5
    if bonus is None:
        return None
    return bonus

def reward_function(params):
    share = params['distance_from_center'] / params['track_width']
    found = grade(share)
    if found is None:
        found = grade(share, bonus=share > 0.4)
    return found or params['all_wheels_on_track']
"""

TEXTS = {
    "nested functions": NESTED_FUNCTIONS,
    "names that may not be bound": UNBOUND,
    "tables": TABLES,
    "small statements": SMALL_STATEMENTS,
    "many paths": MANY_PATHS,
}


@pytest.mark.parametrize("name", TEXTS)
def test_statements_do_what_they_do_in_python(agree, name):
    agree(TEXTS[name])


def test_only_calls_that_need_it_are_left_to_python(agree):
    comparison = agree(UNBOUND)
    n_failures = sum(isinstance(one, str) for one in comparison.compiled)
    assert 0 < comparison.n_interpreted == n_failures < len(comparison.compiled)

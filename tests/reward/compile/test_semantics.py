"""Compiled arithmetic is Python's: each rule where machine arithmetic differs has its test."""

DIVISIONS = [
    "p['x'] / p['y']",
    "1 / (p['closest_waypoints'][0] - 12)",
    "p['x'] / (p['steps'] - 4)",
    "int(p['x'] * 10) // 3 + int(p['y'] * 10) // -3",
    "int(p['x'] * 10) % 3 + int(p['y'] * 10) % -3",
    "int(p['x'] * 10) // p['closest_waypoints'][0]",
    "int(p['x'] * 10) % (p['closest_waypoints'][0] - 12)",
    "p['x'] // 0.3 + p['y'] // -0.3",
    "p['x'] % 0.3 + p['y'] % -0.3",
    "p['x'] % (p['steps'] - 4)",
    "p['x'] // (p['steps'] - 4)",
    "p['progress'] // 10 + (p['progress'] - 20) // 10.0",
    "math.fmod(p['x'], 0.7)",
    "0.0 / p['x'] + 0 // int(p['steps'])",
    "math.copysign(1, 0.0 // -p['steps']) + math.copysign(1, 0.0 % -p['steps'])",
]

HEADINGS = [
    "p['heading'] / (p['steps'] - 4)",
    "(p['steps'] - 4) / (p['heading'] * 0)",
    "float(p['heading']) / (p['steps'] - 4)",
    "p['heading'] % (p['steps'] - 4)",
    "p['heading'] // (p['steps'] - 4)",
    "1.0 if p['heading'] / 0 > 5 else 2.0",
    "(p['heading'] - p['heading'] + p['x'] * 0) ** -1",
    "(p['heading'] + 180.0) % 360.0 - 180.0",
    "p['heading'] // 7 + p['heading'] % -7",
    "round(p['heading'], 1) + round(p['heading'])",
    "p['heading'] * (p['heading'] > 0) * 0.5",
    "not p['heading'] > 0",
    "(p['heading'] > 0 and p['x'] > 0) or p['heading'] > 1",
    "p['heading'] > 0",
    "max(p['heading'], 0) / 360 + min(0, p['heading'])",
    "1.0 / (p['heading'] - p['heading'])",
    "1.0 / (max(p['heading'], 1000) - 1000)",
    "math.radians(p['heading']) + abs(p['heading'])",
]

POWERS = [
    "p['x'] ** 2 + p['y'] ** 0.5",
    "p['x'] ** 3 - p['y'] ** -1",
    "(p['x'] - 1.0) ** (1 / 3)",
    "p['x'] ** -1 + p['y'] ** -2 + p['x'] ** 4 + abs(p['y']) ** 0.25 + 2.0 ** p['x']",
    "abs(p['x']) ** 1.7 + p['x'] ** 2.0",
    "2 ** p['closest_waypoints'][0] / 1e12",
    "2 ** -p['closest_waypoints'][0]",
    "(p['steps'] - 4) ** 0.5",
    "0.0 ** (p['steps'] - 4)",
    "0 ** (p['closest_waypoints'][0] - 4)",
    "math.pow(-8, 1 / 3)",
    "math.pow(p['x'], 2) + math.pow(abs(p['y']), 0.5)",
    "pow(p['x'], 2)",
    "10.0 ** (p['steps'] * 10)",
    "(p['closest_waypoints'][0] - 20) ** 2 + (p['closest_waypoints'][0] - 20) ** 3",
]

WHOLE_NUMBERS = [
    "2 ** 62 / 2 ** 61",
    "2 ** 100 / 2.0 ** 99",
    "((p['closest_waypoints'][0] + 1) ** 40) % 7",
    "(p['closest_waypoints'][0] * 10 ** 14 * 10 ** 14) % 11",
    "((p['closest_waypoints'][0] + 2 ** 52) * 4 + 1) % 4",
    "round(p['x'] * 2) / 2 + round(2.5) + round(-0.5) + round(3.5)",
    "round(p['x'], 2)",
    "round(p['steps'] / 8 - 0.0625, 3)",
    "round(-0.001 * p['steps'], 1) + round(7, 1)",
    "int(-p['x'] * 3) + math.floor(p['y'] * 3) + math.ceil(p['y'] * 3) + math.trunc(p['x'])",
    "int(p['x'] * 1e300) % 5",
    "int(p['x'] * 1e308 * 1e308)",
    "p['closest_waypoints'][0] & 5 | 2 ^ p['closest_waypoints'][1]",
    "-p['closest_waypoints'][0] + +p['closest_waypoints'][1] - (-True)",
    "(1 if p['x'] > 0 else 0.5) // 0.3 + (2 if p['x'] > 0 else 0.5) * (3 if p['y'] > 0 else 1.5)",
    "math.copysign(1, (0 if p['x'] > 0 else 0.0) * -1)",
    "math.copysign(1, -(0 if p['x'] > 0 else 0.0))",
]

MATHS = [
    "math.sqrt(p['x'])",
    "math.log(p['x'])",
    "math.log(p['distance_from_center'] - 0.01, 10)",
    "math.log(0)",
    "math.log(5, 1)",
    "math.acos(p['x'])",
    "math.asin(p['y'] / 3.0)",
    "math.exp(p['x'] * 300)",
    "math.exp(-6 * p['distance_from_center'])",
    "math.tan(p['x']) + math.atan(p['y']) + math.sinh(p['x']) + math.tanh(p['y'])",
    "math.hypot(p['x'], p['y']) + math.hypot(0.0, p['y']) + math.hypot(0, 0)",
    "math.dist((p['x'], p['y']), p['waypoints'][3])",
    "math.degrees(math.atan2(p['y'], p['x'])) + math.radians(p['heading'])",
    "math.copysign(2.0, p['x']) + math.fabs(p['y'])",
    "math.isclose(p['x'], p['y'], rel_tol=0.5) + math.isnan(p['x']) + math.isinf(math.inf)",
    "math.log10(abs(p['x'])) + math.log2(abs(p['x'])) + math.log1p(abs(p['x']))",
    "math.sin(p['x'] * 1e308 * 10)",
    "float('inf') * 0 + p['x']",
    "math.pi * math.e + math.tau",
]

TRUTHS = [
    "max(p['x'], p['y'], 0) + min(1, p['x'])",
    "max(-1, min(1, p['x'] * 5))",
    "abs(p['x']) + abs(-3) + abs(p['closest_waypoints'][0] - 30)",
    "0.0 if max(float('nan'), p['x']) > 0 else max(p['x'], float('nan'))",
    "p['is_left_of_center'] + p['all_wheels_on_track'] * 2",
    "p['all_wheels_on_track'] and p['speed'] or 1e-3",
    "p['is_left_of_center'] or None",
    "(p['x'] > 0) + (p['y'] > 0)",
    "0.5 < p['x'] < 2.0 <= p['track_width'] * 4",
    "p['is_left_of_center'] == True",
    "not p['is_offtrack']",
    "p['is_left_of_center'] ^ p['all_wheels_on_track']",
    "p['all_wheels_on_track'] is True",
    "1.0 if p['progress'] == 100 else p['progress']",
    "(p['steps'] == 2) + (p['steps'] != 3.0)",
    "p['x'] > 0 and 1 / (p['steps'] - 4) > 0 or p['y']",
    "None if p['x'] > 2 else 1.0",
    "(None if p['x'] > 2 else 1.0) is None",
    "(None if p['x'] > 2 else 1.0) + 1",
]

PLACES = [
    "p['closest_waypoints'][1] in [1, 2, 3, 20, 21, 22]",
    "p['closest_waypoints'][1] in (5, 6.0, 7) or p['steps'] in {2, 3, 4}",
    "p['closest_waypoints'][1] in range(3, 30, 4)",
    "p['steps'] in range(2, 20, 3) and p['x'] not in range(9)",
    "5 not in [1, 2]",
    "p['closest_waypoints'][1] in list(range(3, 9)) + list(range(20, 35))",
    "'speed' in p and 'nothing' not in p",
    "p['waypoints'][-1][0] + p['waypoints'][p['closest_waypoints'][0] - 30][1]",
    "p['waypoints'][p['closest_waypoints'][1] + 3][0]",
    "p['waypoints'][-p['closest_waypoints'][1] - 3][0]",
    "p['waypoints'][(p['closest_waypoints'][1] + 3) % len(p['waypoints'])][0]",
    "[0.1, 0.5, 0.9][p['closest_waypoints'][0] % 3] + (1, 2.5)[p['is_left_of_center']]",
    "(1.0, 2.0)[int(p['steps']) - 4]",
    "p['waypoints'][p['closest_waypoints'][0]] == p['waypoints'][p['closest_waypoints'][1]]",
    "len(p['objects_location']) + len(p['waypoints']) + sum(p['closest_objects'])",
    "p.get('speed') + p.get('nothing', 2.0)",
    "p['track_length'] + p['projection_distance'] + p['sim_time'] + p['is_reversed']",
    "p['object_in_camera'] + p['is_crashed'] + p['is_offtrack'] + p['steering_angle']",
]

GENERATORS = [
    "min(math.dist(w, (p['x'], p['y'])) for w in p['waypoints'])",
    "max([w[0] for w in p['waypoints'] if w[1] > 0])",
    "max(w[0] for w in p['waypoints'] if w[1] > p['x'])",
    "sum((w[0] > p['x']) for w in p['waypoints'])",
    "any(x > p['x'] for x, y in p['waypoints'][3:5]) if False else 0.0",
    "any(x > p['x'] + 2 and y > 0 for x, y in p['waypoints'])",
    "all(abs(a - b) < p['steps'] for a in (1, 2, 3) for b in range(2))",
    "len([i for i in range(int(p['steps'])) if i % 3 == 0])",
]

NUMPY_EXACT = [
    "np.sqrt(p['x'])",
    "np.radians(p['steps']) + np.degrees(p['x']) + np.deg2rad(p['y']) + np.rad2deg(p['y'])",
]


def test_division_and_remainder(agree_each):
    agree_each(DIVISIONS)


def test_the_heading_is_a_numpy_number_and_divides_as_one(agree_each):
    agree_each(HEADINGS)


def test_powers(agree_each):
    agree_each(POWERS)


def test_whole_numbers_stay_whole_and_do_not_wrap_around(agree_each):
    agree_each(WHOLE_NUMBERS)


def test_functions_of_math_and_their_domains(agree_each):
    agree_each(MATHS)


def test_truth_comparison_and_the_value_of_and_and_or(agree_each):
    agree_each(TRUTHS)


def test_members_indices_and_keys(agree_each):
    agree_each(PLACES)


def test_generators_inside_min_max_sum_any_all(agree_each):
    agree_each(GENERATORS)


def test_functions_of_numpy_on_single_numbers(agree_each):
    agree_each(NUMPY_EXACT)


def test_racers_own_helpers_are_compiled_with_the_function(agree):
    agree(
        "from racer.reward.shaping import angle_difference, ramp, tolerance\n"
        "def reward_function(p):\n"
        "    near = tolerance(p['distance_from_center'], 0, 0.1, margin=0.2, shape='long')\n"
        "    fast = ramp(p['speed'], 0.5, 2.0)\n"
        "    turned = angle_difference(p['heading'], 30.0)\n"
        "    wide = tolerance(p['steps'], 5, p['speed'] * 4)\n"
        "    return near * fast + turned / 180 + wide\n"
    )

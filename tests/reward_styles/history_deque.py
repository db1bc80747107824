# Style: the last steps in a deque, bisect in a table of speeds, generators, zip and enumerate
import bisect
import itertools
from collections import defaultdict, deque

HISTORY = 15    # one second
history = deque(maxlen=HISTORY)
visits = defaultdict(int)

limits = [5, 15, 30, 60]                     # degrees of turn ahead
targets = [3.5, 2.5, 2.0, 1.5, 1.0]          # m/s


def turns(points):
    """degrees from one chord to the next"""
    import math
    chords = ((b[0] - a[0], b[1] - a[1]) for a, b in zip(points, points[1:]))
    angles = [math.degrees(math.atan2(dy, dx)) for dx, dy in chords if dx or dy]
    for first, second in zip(angles, angles[1:]):
        yield abs((second - first + 180) % 360 - 180)


def reward_function(params):
    steps = params["steps"]
    if history and steps <= history[-1][0]:
        history.clear()
        visits.clear()
    history.append((steps, params["x"], params["y"], params["progress"]))
    visits[params["closest_waypoints"][0]] += 1

    around = itertools.cycle(params["waypoints"])
    ahead = list(itertools.islice(around, params["closest_waypoints"][0],
                                  params["closest_waypoints"][0] + 8))
    target = targets[bisect.bisect(limits, sum(turns(ahead)))]

    # way made in the last second
    first, *_, last = history if len(history) > 1 else [history[0], history[0]]
    pace = (last[3] - first[3]) / 100 * params["track_length"]
    if any(count > 4 * HISTORY for count in visits.values()):
        return 0.0      # stuck

    weights = [0.9 ** i for i, _ in enumerate(history)]
    mean = sum(w * h[3] for w, h in zip(weights, reversed(history))) / sum(weights)
    trend = 1.0 if params["progress"] >= mean else 0.5

    reward = max(0.0, pace) * trend * (1.0 if params["speed"] <= target else 0.8)
    return reward if params["all_wheels_on_track"] else 0.1 * reward

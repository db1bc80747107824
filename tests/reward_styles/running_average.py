# Style: work done once on the first call, kept in module lists; a running average of the reward
import math
import statistics

calledOnce = False
SMOOTH = []
LINE = {}


class Average:
    total = 0.0
    count = 0
    last = []

    @staticmethod
    def add(value):
        Average.total += value
        Average.count += 1
        Average.last.append(value)
        if len(Average.last) > 30:
            Average.last.pop(0)
        return Average.total / Average.count


def prepare(waypoints):
    n = len(waypoints) - 1
    taps = 9
    for i in range(n):
        sx, sy = 0, 0
        for k in range(-taps, taps + 1):
            sx += waypoints[(i + k) % n][0]
            sy += waypoints[(i + k) % n][1]
        SMOOTH.append((sx / (2 * taps + 1), sy / (2 * taps + 1)))
    # straighten a piece by hand
    first, last = 2, 8
    for i in range(first, last + 1):
        share = (i - first) / (last - first)
        SMOOTH[i] = (SMOOTH[first][0] * (1 - share) + SMOOTH[last][0] * share,
                     SMOOTH[first][1] * (1 - share) + SMOOTH[last][1] * share)
    way = 0.0
    for i in range(n):
        LINE[way] = SMOOTH[i]
        way += math.dist(SMOOTH[i], SMOOTH[(i + 1) % n])


def reward_function(params):
    global calledOnce
    if not calledOnce:
        calledOnce = True
        prepare(params["waypoints"])
        print("smoothed waypoints:", SMOOTH)

    x, y = params["x"], params["y"]
    nearest = min(SMOOTH, key=lambda p: (p[0] - x) ** 2 + (p[1] - y) ** 2)
    off = math.hypot(nearest[0] - x, nearest[1] - y)

    reward = params["speed"] * max(0.05, 1.0 - off / params["track_width"])
    if params["is_offtrack"]:
        reward = 0.0

    mean = Average.add(reward)
    if len(Average.last) > 5 and statistics.median(Average.last) > mean:
        reward *= 1.1  # better than usual
    if params["progress"] >= 100:
        reward += len([d for d in sorted(LINE.keys()) if d < params["track_length"]]) / 10
    return float(reward)

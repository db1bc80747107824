"""A reward function that follows a line, as a text to begin with."""

import numpy as np

from racer.kernels.layout import Floats
from racer.optimal.line import RacingLine
from racer.track.arrays import arc_lengths

_SPACING = 0.1  # between the points that are written, about (m)

_TEXT = '''"""Follow a line: {name} of {track}, driven with up to {top:g} m/s.

What it pays: the way gained along the line in this step, in metres, the less the farther the car is
from it, and less again where it is slower than the line is here.

What to watch for: it belongs to this track, this direction and this size of it: elsewhere the
nearest point means nothing. It remembers the place of the last call; that ``steps`` does not go on
counting up tells that an episode has begun.

What goes wrong: the line is that of a driver with margins. A car that follows it to the letter does
not find a faster one: widen REACH, or pay for progress alone once it laps.
"""

import math

REACH = 0.3  # so far from the line (m) half is paid

LINE = [  # x (m), y (m), speed (m/s)
{rows}
]

last = {{"steps": None, "place": 0}}


def reward_function(params):
    x, y, steps = params["x"], params["y"], params["steps"]
    n = len(LINE)
    place = min(range(n), key=lambda i: math.hypot(LINE[i][0] - x, LINE[i][1] - y))

    is_first = last["steps"] is None or steps <= last["steps"]
    gained = 0 if is_first else (place - last["place"] + n // 2) % n - n // 2  # around the lap
    last["steps"], last["place"] = steps, place
    if params["is_offtrack"]:
        return 0.0

    line_x, line_y, line_speed = LINE[place]
    away = math.hypot(line_x - x, line_y - y) / REACH
    pace = min(params["speed"] / line_speed, 1.0)
    return float(gained * {spacing:.4f} * (0.5 + 0.5 * pace) / (1.0 + away * away))
'''


def reward_text(line: RacingLine, track: str) -> str:
    """Return a file with a reward function that follows a line with speeds.

    Args:
        line: of a loop.
        track: its name.
    """
    assert line.speed is not None
    s = arc_lengths(line.closed)
    n = max(round(s[-1] / _SPACING), 8)
    grid = np.arange(n) * (s[-1] / n)
    speed = np.append(line.speed, line.speed[:1])
    columns: list[Floats] = [np.interp(grid, s, one) for one in (*line.closed.T, speed)]
    rows = "\n".join(f"    ({x:.3f}, {y:.3f}, {v:.2f})," for x, y, v in zip(*columns, strict=True))
    return _TEXT.format(
        name=line.name, track=track, top=float(line.speed.max()), rows=rows, spacing=s[-1] / n
    )

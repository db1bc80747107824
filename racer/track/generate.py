"""Draws new tracks: a seed in, a closed road out that a DeepRacer can drive.

A level of difficulty says how long the lap is and how much it bends; ``random_loop`` draws lines
that way until one of them is a good road. The same seed is the same track: its points are whole
millimetres, so that rounding errors of another processor do not show.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from racer.errors import TrackError, unknown_name
from racer.naming import GENERATED
from racer.track.checks import check_outline
from racer.track.drawing import borders, trace_spline
from racer.track.files_toml import Drawing
from racer.track.random_loop import Wish, draw_loop
from racer.track.track import Track

MAX_SEED = 2**32 - 1
"""The largest seed."""

WIDTH = 0.76
"""Of the road, if none is asked for (m): that of ``reinvent_2018``."""

WIDTHS = (0.5, 1.2)
"""The narrowest and the widest road that can be asked for (m)."""

LENGTHS = (15.0, 60.0)
"""The shortest and the longest lap that can be asked for (m)."""

LEAST_LENGTH = 20.0
"""No lap is shorter than so many widths of its road: there is no room for a shape."""

LEAST_RADIUS = 0.6
"""Of the centre line (m). With its wheels at 30 degrees the default car turns in 0.45 m: its
wheelbase by the tangent of the angle and by its curvature gain. The rest is room for errors; the
tightest shipped tracks have the same."""

GAP = 0.5
"""At least so many widths of ground lie between two parts of the road."""

_SLACK = 0.01  # more than that gap, for what lies between the points that are checked (m)

MAX_ATTEMPTS = 1000
"""Drawings for a seed before giving up. A test holds how few are needed."""


class Level(NamedTuple):
    """How hard a track is to drive. What has two numbers is drawn between them."""

    length: tuple[float, float]  # of the lap, if none is asked for (m)
    square: tuple[float, float]  # side of a square of the grid (m): small ones make many turns
    dents: tuple[int, int]  # corners to the other side than the lap, at least
    radius: float  # the tightest one of the centre line (m)
    shift: float  # how far a corner is moved, in squares


LEVELS: Mapping[str, Level] = MappingProxyType(
    {
        "easy": Level((16.0, 23.0), square=(1.9, 2.5), dents=(0, 2), radius=0.9, shift=0.25),
        "medium": Level((19.0, 28.0), square=(1.75, 2.2), dents=(1, 3), radius=0.75, shift=0.25),
        "hard": Level(
            (24.0, 35.0), square=(1.6, 2.0), dents=(2, 6), radius=LEAST_RADIUS, shift=0.2
        ),
    }
)
"""The levels of difficulty."""


def generate_track(
    seed: int,
    *,
    length: float | None = None,
    width: float = WIDTH,
    difficulty: str | None = None,
) -> Track:
    """Return the track of a seed. Equal arguments give equal tracks.

    Args:
        seed: 0 to ``MAX_SEED``.
        length: of the lap (m), kept within 1 %; by default drawn from the range of the level.
        width: of the road (m).
        difficulty: a name of ``LEVELS``; by default drawn.

    Raises:
        TrackError: if an argument is out of its range.
    """
    drawing = generate_drawing(seed, length=length, width=width, difficulty=difficulty)
    return track_of(drawing, f"generated_{seed}")


def generate_drawing(
    seed: int,
    *,
    length: float | None = None,
    width: float = WIDTH,
    difficulty: str | None = None,
) -> Drawing:
    """Return the track of a seed as the contents of a track file.

    Args, Raises: as for ``generate_track``.
    """
    _check(seed, length, width, difficulty)
    rng = np.random.Generator(np.random.PCG64(seed))
    # every number is drawn, wanted or not: an option changes nothing but what it says
    drawn = list(LEVELS)[int(rng.random() * len(LEVELS))]
    difficulty = difficulty or drawn
    level = LEVELS[difficulty]
    drawn_lap = max(_between(rng, level.length), LEAST_LENGTH * width)
    lap = drawn_lap if length is None else length
    clockwise = rng.random() < 0.5
    dents = round(_between(rng, (level.dents[0] - 0.5, level.dents[1] + 0.5)))
    apart = (1.0 + GAP) * width + _SLACK
    radius = max(level.radius, apart / 2.0)  # a hairpin keeps the gap inside it
    for _ in range(MAX_ATTEMPTS):
        square = _between(rng, level.square) * radius / level.radius
        points = draw_loop(rng, Wish(lap, square, dents, level.shift, radius, apart))
        if points is None:
            continue
        drawing = Drawing(
            title=f"Generated {seed}",
            description=f"Drawn by racer from seed {seed}, {difficulty}.",
            direction="clockwise" if clockwise else "counter-clockwise",
            width=width,
            points=(np.roll(points[::-1], 1, axis=0) if clockwise else points).tolist(),
        )
        if _is_good(drawing, lap, radius):
            return drawing
    raise TrackError(
        f"{GENERATED}{seed}: no road of {lap:g} m was found that is {width:g} m wide: ask for a "
        "longer or a narrower one"
    )


def track_of(drawing: Drawing, name: str) -> Track:
    """Return the track that ``generate_drawing`` drew: the one that ``load_toml`` reads back.

    Args:
        drawing: a loop of points with one width.
        name: what the track is to be called.

    Raises:
        TrackError: if it is no road.
    """
    line, _ = trace_spline(np.array(drawing.points), is_loop=True)
    half = np.full(len(line.s), np.asarray(drawing.width) / 2.0)
    left, right = borders(line, half, half)
    inner, outer = (right, left) if drawing.direction == "clockwise" else (left, right)
    check_outline(name, line.points, inner, outer)
    return Track(name, line.points, inner, outer, drawing.title, drawing.description)


def _is_good(drawing: Drawing, lap: float, radius: float) -> bool:
    """Say whether it is a road with this lap (m, within 1 %), no bend tighter than a radius (m)."""
    try:
        track = track_of(drawing, drawing.title)
    except TrackError:
        return False
    return abs(track.length - lap) <= 0.01 * lap and track.tightest_radius >= radius


def seed_of(name: str) -> int | None:
    """Return the seed of a name such as ``generated:17``; None if it is another kind of name.

    Raises:
        TrackError: if what follows the colon is no seed.
    """
    if not name.startswith(GENERATED):
        return None
    text = name.removeprefix(GENERATED)
    if not re.fullmatch(f"[0-9]{{1,{len(str(MAX_SEED))}}}", text) or int(text) > MAX_SEED:
        raise TrackError(f"{name}: expected {GENERATED}SEED, a whole number of 0 to {MAX_SEED}")
    return int(text)


def toml_text(drawing: Drawing) -> str:
    """Return a loop of points and one width as the text of a track file."""
    rows = "".join(f"  [{x:.3f}, {y:.3f}],\n" for x, y in drawing.points or [])
    return (
        f'title = "{drawing.title}"\n'
        f'description = "{drawing.description}"\n'
        f'direction = "{drawing.direction}"\n'
        f"width = {drawing.width!r}\n"
        f"points = [\n{rows}]\n"
    )


def _check(seed: int, length: float | None, width: float, difficulty: str | None) -> None:
    """Check the arguments of ``generate_track``."""
    if not 0 <= seed <= MAX_SEED:
        raise TrackError(f"seed must be 0 to {MAX_SEED}, got {seed}")
    if difficulty is not None and difficulty not in LEVELS:
        raise TrackError(unknown_name("difficulty", difficulty, list(LEVELS)))
    if not WIDTHS[0] <= width <= WIDTHS[1]:
        raise TrackError(f"width must be {WIDTHS[0]:g} to {WIDTHS[1]:g} m, got {width:g}")
    least = max(LENGTHS[0], LEAST_LENGTH * width)
    if length is not None and not least <= length <= LENGTHS[1]:
        raise TrackError(
            f"length must be {least:g} to {LENGTHS[1]:g} m if the road is {width:g} m wide, "
            f"got {length:g}"
        )


def _between(rng: np.random.Generator, limits: tuple[float, float]) -> float:
    """Return a random number between two."""
    low, high = limits
    return low + (high - low) * rng.random()

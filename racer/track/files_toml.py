"""Tracks drawn in TOML: straights and arcs, or points that a smooth curve goes through."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from racer.errors import TrackError
from racer.foreign import parse_toml, read_text
from racer.kernels.layout import Floats
from racer.track.checks import check_outline
from racer.track.drawing import (
    Course,
    Line,
    borders,
    close_course,
    move,
    trace_course,
    trace_spline,
    widths_of_segments,
)
from racer.track.messages import first_problem
from racer.track.track import Track

_STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
_Positive = Annotated[float, Field(gt=0.0)]


class Straight(BaseModel):
    """A straight piece of road."""

    model_config = _STRICT
    straight: _Positive  # length (m)


class Arc(BaseModel):
    """A piece of a circle."""

    model_config = _STRICT
    turn: Literal["left", "right"]
    degrees: Annotated[float, Field(gt=0.0, le=360.0)]  # change of heading
    radius: _Positive  # of the centre line (m)


class Start(BaseModel):
    """Where waypoint 0 lies, and which way the road leads there."""

    model_config = _STRICT
    x: float = 0.0  # (m)
    y: float = 0.0  # (m)
    heading: float = 0.0  # (degrees), 0 is +x, counter-clockwise positive


def _kind_of_segment(segment: Any) -> str | None:
    """Return which kind of segment is meant, by its first key; None if by no key."""
    if isinstance(segment, dict):
        for key, kind in (("straight", "straight"), ("turn", "arc")):
            if key in segment:
                return kind
    return None


_Segment = Annotated[
    Annotated[Straight, Tag("straight")] | Annotated[Arc, Tag("arc")],
    Discriminator(
        _kind_of_segment,
        custom_error_type="segment_kind",
        custom_error_message="must have the key 'straight' or the key 'turn'",
    ),
]


_Width = Annotated[
    Annotated[_Positive, Tag("number")] | Annotated[list[_Positive], Tag("list")],
    Discriminator(lambda width: "list" if isinstance(width, list) else "number"),
]
_Point = Annotated[list[float], Field(min_length=2, max_length=2)]


class Drawing(BaseModel):
    """The contents of a track file."""

    model_config = _STRICT
    title: str  # for people
    description: str  # a sentence: what the track teaches
    width: _Width  # of the road (m), or one for each segment or point
    direction: Literal["counter-clockwise", "clockwise"] | None = None  # of a loop: checked
    open: bool = False  # whether the road ends somewhere else than it begins
    start: Start | None = None  # of a track of segments
    segments: list[_Segment] | None = None
    points: list[_Point] | None = None  # x, y (m)


def load_toml(path: Path) -> Track:
    """Return the track that a TOML file draws.

    Args:
        path: the file.

    Raises:
        TrackError: if the file cannot be read, or does not draw a road.
    """
    drawing = _read(path)
    where = path.name
    line, widths = _trace(drawing, where)
    left, right = borders(line, widths / 2.0, widths / 2.0)
    inner, outer = (right, left) if drawing.direction == "clockwise" else (left, right)
    check_outline(where, line.points, inner, outer)
    return Track(
        name=path.stem,
        title=drawing.title,
        description=drawing.description,
        center=line.points,
        inner=inner,
        outer=outer,
        source=path,
    )


def _read(path: Path) -> Drawing:
    """Return the checked contents of the file."""
    try:
        contents = parse_toml(read_text(path))
    except OSError as error:
        raise TrackError(f"{path.name}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrackError(f"{path.name}: is no TOML file: {error}") from error
    try:
        drawing = Drawing.model_validate(contents)
    except ValidationError as error:
        known: dict[str, type[BaseModel]] = {
            "straight": Straight,
            "arc": Arc,
            "start": Start,
            "": Drawing,
        }
        raise TrackError(f"{path.name}: {first_problem(error, known)}") from error
    _check_keys(drawing, path.name)
    return drawing


def _check_keys(drawing: Drawing, where: str) -> None:
    """Check what one key asks of another."""
    if (drawing.segments is None) == (drawing.points is None):
        got = "neither" if drawing.segments is None else "both"
        raise TrackError(f"{where}: either 'segments' or 'points' is needed, got {got}")
    if drawing.points is not None and drawing.start is not None:
        raise TrackError(f"{where}: start belongs to segments: points have a place already")
    if drawing.open != (drawing.direction is None):
        raise TrackError(
            f"{where}: direction must be left out of an open track"
            if drawing.open
            else f"{where}: direction is missing: 'counter-clockwise' or 'clockwise'"
        )
    name = "segment"
    parts: Sequence[object] = drawing.segments or []
    if drawing.points is not None:
        name, parts = "point", drawing.points
        least = 2 if drawing.open else 3
        if len(parts) < least:
            raise TrackError(f"{where}: at least {least} points are needed, got {len(parts)}")
    if not parts:
        raise TrackError(f"{where}: at least 1 segment is needed, got 0")
    if isinstance(drawing.width, list) and len(drawing.width) != len(parts):
        raise TrackError(
            f"{where}: width must have one number for each of the {len(parts)} {name}s, "
            f"got {len(drawing.width)}"
        )


def _trace(drawing: Drawing, where: str) -> tuple[Line, Floats]:
    """Return the centre line and the width at each of its points."""
    if drawing.points is not None:
        line, widths = _trace_points(drawing, drawing.points, where)
    else:
        line, widths = _trace_segments(drawing, drawing.segments or [], where)
    if not drawing.open:
        drawn = "counter-clockwise" if _area(line.points) > 0.0 else "clockwise"
        if drawn != drawing.direction:
            raise TrackError(
                f"{where}: direction says '{drawing.direction}', but the drawing runs {drawn}"
            )
    return line, widths


def _trace_segments(
    drawing: Drawing, segments: list[Straight | Arc], where: str
) -> tuple[Line, Floats]:
    """Return the centre line and its widths if the track is drawn in segments."""
    widths = np.broadcast_to(np.asarray(drawing.width, np.float64), len(segments))
    course = _course(segments, widths, where)
    if not drawing.open:
        course = close_course(course, where)
    line = trace_course(course, is_loop=not drawing.open)
    start = drawing.start or Start()
    heading = float(np.radians(start.heading))
    line = Line(move(line.points, start.x, start.y, heading), line.headings + heading, line.s)
    return line, widths_of_segments(line, course.lengths, widths, is_loop=not drawing.open)


def _course(segments: list[Straight | Arc], widths: Floats, where: str) -> Course:
    """Return the segments as a course; no arc may be tighter than half the road's width."""
    sizes, turns = [], []
    for number, (segment, width) in enumerate(zip(segments, widths, strict=True), 1):
        if isinstance(segment, Straight):
            sizes.append(segment.straight)
            turns.append(0.0)
            continue
        if segment.radius <= width / 2.0:
            raise TrackError(
                f"{where}: segment {number}: radius must be more than half the width "
                f"({width / 2.0:g} m), got {segment.radius:g}"
            )
        sizes.append(segment.radius)
        turns.append(np.radians(segment.degrees) * (1.0 if segment.turn == "left" else -1.0))
    return Course(np.array(sizes), np.array(turns))


def _trace_points(drawing: Drawing, points: list[list[float]], where: str) -> tuple[Line, Floats]:
    """Return the centre line and its widths if the track is a curve through points."""
    controls = np.array(points)
    joined = controls if drawing.open else np.concatenate((controls, controls[:1]))
    repeated = np.flatnonzero(np.all(np.diff(joined, axis=0) == 0.0, axis=1))
    if repeated.size:
        number = repeated[0] + 1
        raise TrackError(
            f"{where}: point {number} and the next one must differ, got {points[number - 1]} twice"
        )
    line, at = trace_spline(controls, is_loop=not drawing.open)
    widths = np.broadcast_to(np.asarray(drawing.width, np.float64), len(controls))
    if not drawing.open:
        widths = np.append(widths, widths[0])
    return line, np.interp(line.s, at, widths)


def _area(ring: Floats) -> float:
    """Return the area in a closed line (m2), positive if it runs counter-clockwise."""
    x, y = ring[:, 0], ring[:, 1]
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2.0)

"""Several tracks side by side, at one scale, each with its name and its size."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from racer.analysis.style import heading, new_figure, say_why_empty, styled
from racer.env.picture import FAINT_INK, draw_track, limits
from racer.errors import ConfigError

if TYPE_CHECKING:
    from racer.track import Track

MOST = 100
"""Tracks in a picture: of more nobody could read the names."""

_COLUMNS = 5
_SIDE = 3.2  # of the place of a track (inches)
_MARGIN = 0.35  # ground around a road (m)


@styled
def track_sheet(tracks: Sequence["Track"], *, title: str = "Tracks") -> Figure:
    """Draw tracks side by side: a metre is as long on each, so that their sizes compare.

    Args:
        tracks: what to draw, row by row.
        title: above all.

    Raises:
        ConfigError: if there are too many for a picture.
    """
    if len(tracks) > MOST:
        raise ConfigError(f"a picture holds at most {MOST} tracks, got {len(tracks)}")
    n_columns = max(min(_COLUMNS, len(tracks)), 1)
    n_rows = max(math.ceil(len(tracks) / n_columns), 1)
    figure = new_figure(max(_SIDE * n_columns, 5.0), (_SIDE + 0.5) * n_rows + 0.6)
    places = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    sizes = [high - low for low, high in (limits(track, _MARGIN) for track in tracks)]
    side = max((float(size.max()) for size in sizes), default=1.0)
    for axes, track in zip(places, tracks, strict=False):
        draw_track(axes, track, margin=_MARGIN)
        low, high = limits(track, _MARGIN)
        middle = (low + high) / 2.0
        axes.set_aspect("equal", adjustable="box")  # the limits are a square already
        axes.set_xlim(middle[0] - side / 2.0, middle[0] + side / 2.0)
        axes.set_ylim(middle[1] - side / 2.0, middle[1] + side / 2.0)
        axes.set_title(track.name, fontsize=13)
        axes.set_xlabel(_facts(track), fontsize=10.5, color=FAINT_INK)
    for axes in places[len(tracks) :]:
        axes.set_axis_off()
    if not tracks:
        say_why_empty(places[0], "no tracks")
    heading(figure, title)
    return figure


def _facts(track: "Track") -> str:
    """Return the length, the tightest radius and the turns of a track in a few words."""
    turns = f"{track.n_turns} turn" + ("" if track.n_turns == 1 else "s")
    radius = f", radius {track.tightest_radius:.2f} m" if track.n_turns else ""
    return f"{track.length:.1f} m, {turns}{radius}"

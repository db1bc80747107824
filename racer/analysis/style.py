"""One look for all figures: large text, a palette for all eyes, tracks drawn alike."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, PathPatch
from matplotlib.path import Path as Outline
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from racer.errors import RunError

if TYPE_CHECKING:
    from racer.track import Track

Floats = NDArray[np.float64]
Parameters = ParamSpec("Parameters")

# Okabe & Ito 2008, "Color universal design": told apart with every kind of colour vision
BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW = "#CC79A7", "#56B4E9", "#F0E442"
CYCLE = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY)

TRAINING_STEPS = "training steps"

PAGE = "#FFFFFF"
INK = "#1F2328"
FAINT_INK = "#626A73"
GRID = "#E3E6E9"
FIELD = "#E8EEE4"  # the ground beside the road
ASPHALT = "#4B5158"
BORDER = "#FFFFFF"
CENTER_LINE = ORANGE

# From dim to bright on asphalt and of rising lightness, so that they read without colour too.
RISING = LinearSegmentedColormap.from_list(
    "rising", ["#7B6FD0", "#4C9BE8", "#4CC9B0", "#B9DE5A", "#FFF176"]
)
# From one sign to the other, brightest in between.
SIGNED = LinearSegmentedColormap.from_list(
    "signed", ["#FF8A1F", "#FFD2A0", "#FFFFFF", "#9BD3FF", "#3AA0FF"]
)
# For values on the white page, from slow to fast.
DEEPENING = LinearSegmentedColormap.from_list("deepening", ["#9CCBEA", "#2F86C0", "#0B3C66"])

_LOOK: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same figure everywhere
    "font.size": 12,
    "axes.titlesize": 14,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.labelsize": 13,
    "axes.edgecolor": FAINT_INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.facecolor": PAGE,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "grid.linewidth": 1.0,
    "text.color": INK,
    "xtick.color": FAINT_INK,
    "ytick.color": FAINT_INK,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": PAGE,
    "figure.titlesize": 17,
    "figure.titleweight": "bold",
    "legend.frameon": False,
    "legend.fontsize": 11.5,
    "lines.linewidth": 2.4,
    "lines.solid_capstyle": "round",
}


def styled(draw: Callable[Parameters, Figure]) -> Callable[Parameters, Figure]:
    """Draw a figure in this look, whatever the user's matplotlib settings are."""

    @wraps(draw)
    def drawn(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Figure:
        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(_LOOK)
            return draw(*args, **kwargs)

    return drawn


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure that keeps its labels apart. Width and height are in inches."""
    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: Figure, path: str | Path, *, dpi: float = 120) -> Path:
    """Write a figure as PNG, PDF or SVG, as the name ends, and return where it is.

    Args:
        figure: what a figure function gave.
        path: where to; missing folders are made.
        dpi: pixels per inch of a PNG.

    Raises:
        RunError: if the file cannot be written or its ending is no known format.
    """
    path = Path(path).expanduser()
    known = figure.canvas.get_supported_filetypes()
    ending = path.suffix.lower().removeprefix(".")
    if ending not in known:
        raise RunError(f"{path}: expected a name ending in png, pdf or svg, got '{path.suffix}'")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=dpi)
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


def steps_axis(axes: Axes, end: float) -> None:
    """Make the x axis one of training steps, 0 to ``end``: 0, 20k, 40k, 1.5M."""
    axes.set_xlabel(TRAINING_STEPS)
    axes.set_xlim(0, 1.03 * end if end > 0 else 1)
    if end > 0:
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 2.5, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: short_number(x)))
    else:
        axes.set_xticks([])


def short_number(value: float) -> str:
    """Return a number as it is said: 950, 20k, 1.5M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def heading(figure: Figure, text: str) -> None:
    """Write the title of a figure at its left."""
    figure.suptitle(text, x=0.01, ha="left", color=INK)


def say(axes: Axes, text: str) -> None:
    """Write into empty axes why they are empty."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=FAINT_INK)


def map_axes(axes: Axes) -> None:
    """Make axes a map: one metre is as long in x as in y, the ground, no frame."""
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_facecolor(FIELD)
    axes.margins(0)
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def draw_track(axes: Axes, track: "Track", *, arrow: bool = True, margin: float = 0.35) -> None:
    """Draw a road: asphalt, white borders, dashed centre line, start line, driving direction.

    Args:
        axes: become a map of equal aspect that holds the whole road.
        track: what to draw.
        arrow: whether to show the driving direction behind the start line.
        margin: ground left and right of the road (m).
    """
    map_axes(axes)
    road = PathPatch(
        road_outline(track), facecolor=ASPHALT, edgecolor=ASPHALT, linewidth=7, zorder=1
    )
    road.set_gid("road")
    axes.add_patch(road)
    for border in (track.inner, track.outer):
        axes.plot(*closed(border, track.is_loop).T, color=BORDER, linewidth=1.8, zorder=2)
    axes.plot(*track.center.T, color=CENTER_LINE, linewidth=1.2, dashes=(4, 4), zorder=2, alpha=0.9)
    left, right = start_line(track)
    axes.plot(*np.array([left, right]).T, color=BORDER, linewidth=4, zorder=2.5)
    if arrow:
        _draw_direction(axes, track)
    points = np.concatenate([track.inner, track.outer])
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    axes.update_datalim(np.array([low, high]))  # and no fixed limits: the aspect widens one of them
    axes.autoscale_view()


def color_bar(figure: Figure, axes: Axes, drawn: Any, label: str, *, below: bool = False) -> None:
    """Add a colour bar beside or below axes; a pointed end says that values lie beyond it.

    Args:
        figure: of the axes.
        axes: what the bar is for.
        drawn: the coloured artist.
        label: what the colours are, with the unit; training steps are written as 20k.
        below: whether the bar lies below the axes.
    """
    values, norm = np.asarray(drawn.get_array(), dtype=np.float64), drawn.norm
    lower, higher = np.any(values < norm.vmin - 1e-9), np.any(values > norm.vmax + 1e-9)
    ends = {(False, False): "neither", (True, False): "min", (False, True): "max"}
    place: dict[str, Any] = {"shrink": 0.8, "aspect": 28}
    if below:
        place = {"orientation": "horizontal", "shrink": 0.75, "aspect": 34, "pad": 0.02}
    extend = ends.get((bool(lower), bool(higher)), "both")
    bar = figure.colorbar(drawn, ax=axes, label=label, extend=extend, **place)
    bar.outline.set_visible(False)
    if label == TRAINING_STEPS:
        bar.formatter = FuncFormatter(lambda x, _: short_number(x))
        bar.update_ticks()


def page_ratio(track: "Track") -> float:
    """Return height over width of a track, within what fits a page."""
    width, height = np.ptp(np.concatenate([track.inner, track.outer]), axis=0) + 0.8
    return float(np.clip(height / width, 0.3, 0.8))


def road_outline(track: "Track") -> Outline:
    """Return the road as a filled outline; the ground inside a loop is a hole in it."""
    if not track.is_loop:
        return _ring(np.concatenate([track.outer, track.inner[::-1]]))
    inner, outer = track.inner, track.outer
    if _area(inner) * _area(outer) > 0:  # a hole runs the other way round
        inner = inner[::-1]
    return Outline.make_compound_path(_ring(outer), _ring(inner))


def closed(points: Floats, is_loop: bool) -> Floats:
    """Return a border with its first point again at its end if it is a loop. (n, 2) in m."""
    return np.concatenate([points, points[:1]]) if is_loop else points


def start_line(track: "Track") -> tuple[Floats, Floats]:
    """Return the points of both borders that are nearest to the first waypoint, (2,) each (m)."""
    start = track.center[0]
    inner = nearest_point(closed(track.inner, track.is_loop), start)
    outer = nearest_point(closed(track.outer, track.is_loop), start)
    return inner, outer


def nearest_point(line: Floats, point: Floats) -> Floats:
    """Return the point of a polyline (n, 2) that is nearest to ``point`` (2,), in m."""
    first, along = line[:-1], np.diff(line, axis=0)
    squared = np.maximum(np.sum(along**2, axis=1), 1e-18)  # repeated points have no length
    t = np.clip(np.sum((point - first) * along, axis=1) / squared, 0, 1)
    candidates = first + t[:, None] * along
    best = np.argmin(np.sum((candidates - point) ** 2, axis=1))
    return np.asarray(candidates[best])


def along_center(track: "Track", s: float) -> tuple[Floats, Floats]:
    """Return the point (2,) of the centre line at arc length s (m), and its unit direction (2,)."""
    steps = np.hypot(*np.diff(track.center, axis=0).T)
    lengths = np.concatenate([[0.0], np.cumsum(steps)])
    s = s % lengths[-1] if track.is_loop else min(max(s, 0.0), lengths[-1])
    i = int(np.clip(np.searchsorted(lengths, s, side="right") - 1, 0, len(steps) - 1))
    direction = (track.center[i + 1] - track.center[i]) / max(steps[i], 1e-9)
    return track.center[i] + (s - lengths[i]) * direction, direction


def _draw_direction(axes: Axes, track: "Track") -> None:
    """Draw an arrow on the road just behind the start line."""
    tail, _ = along_center(track, 0.25 * track.width)
    tip, _ = along_center(track, 0.25 * track.width + max(0.7 * track.width, 0.03 * track.length))
    axes.add_patch(
        FancyArrowPatch(
            (tail[0], tail[1]),
            (tip[0], tip[1]),
            arrowstyle="-|>",
            mutation_scale=17,
            linewidth=2.4,
            color=BORDER,
            zorder=2.6,
        )
    )


def _ring(points: Floats) -> Outline:
    """Return a closed outline through the points."""
    return Outline(np.concatenate([points, points[:1]]), closed=True)


def _area(points: Floats) -> float:
    """Return the signed area of a ring (n, 2) in m2, positive if it runs counter-clockwise."""
    x, y = points.T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)

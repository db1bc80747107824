"""One look for all figures: large text, few lines, scales of colours for all eyes."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from racer.env.picture import (
    BLUE,
    FAINT_INK,
    GREEN,
    INK,
    ORANGE,
    PAGE,
    PURPLE,
    SKY,
    VERMILLION,
    limits,
    own_settings,
)
from racer.errors import RunError

if TYPE_CHECKING:
    from racer.track import Track

Parameters = ParamSpec("Parameters")

CYCLE = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY)
GRID = "#E3E6E9"
_LEFT = 0.01  # where the words of a figure begin, of its width

TRAINING_STEPS = "training steps"

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
        with own_settings(_LOOK):
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


def draw_line(axes: Axes, x: Any, y: Any, *, lone_marker: str = "o", **style: Any) -> None:
    """Draw a line; a point that no other one is joined to, and a short line's, get a marker."""
    known = np.pad(~np.isnan(np.asarray(y, np.float64)), 1)
    marked = known[1:-1]
    if np.count_nonzero(marked) > 3:
        marked = marked & ~known[:-2] & ~known[2:]
    lone = np.flatnonzero(marked).tolist()
    axes.plot(x, y, marker=lone_marker if lone else "", markevery=lone, **style)


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


def heading(figure: Figure, text: str, who: str = "") -> None:
    """Write the title of a figure at its left, and which car it shows."""
    figure.suptitle(f"{text}, {who}" if who else text, x=_LEFT, ha="left", color=INK)


def subtitle(axes: Axes, text: str) -> None:
    """Write what a figure shows above its first axes, where its title begins."""
    axes.set_title(" ", loc="center", fontsize=13)  # keeps the room
    title = axes.set_title(text, loc="left", fontsize=13, fontweight="normal", color=FAINT_INK)
    figure = axes.get_figure(root=True)
    assert figure is not None
    above = blended_transform_factory(figure.transFigure, axes.transAxes)
    title.set_transform(above + ScaledTranslation(0, _LOOK["axes.titlepad"] / 72,
                                                  figure.dpi_scale_trans))  # fmt: skip
    title.set_x(_LEFT)
    title.set_in_layout(False)


def say_why_empty(axes: Axes, text: str) -> None:
    """Write into empty axes why they are empty."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=FAINT_INK)


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
    low, high = limits(track, 0.4)
    width, height = high - low
    return float(np.clip(height / width, 0.3, 0.8))

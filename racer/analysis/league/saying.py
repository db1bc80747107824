"""What all these pictures share: a title, and below a sentence that says what was found."""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from racer.analysis.style import heading
from racer.env.picture import FAINT_INK
from racer.errors import RunError
from racer.kernels.layout import Floats

_LETTERS_AN_INCH = 9.5


class AbsentError(RunError):
    """A picture that cannot be drawn, because the run has not what it shows."""


def said(figure: Figure, title: str, sentence: str) -> Figure:
    """Give a figure its title and its sentence, and return it."""
    heading(figure, title)
    lines = textwrap.fill(sentence, int(figure.get_figwidth() * _LETTERS_AN_INCH))
    figure.supxlabel(lines, x=0.01, ha="left", fontsize=12.5, color=FAINT_INK)
    figure.set_label(sentence)
    return figure


def correlation(x: Floats, y: Floats) -> float:
    """Return Pearson's correlation of two columns (n,), nan left out; nan where one is constant."""
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if len(x) < 2 or np.ptp(x) < 1e-12 or np.ptp(y) < 1e-12:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def rank_correlation(x: Floats, y: Floats) -> float:
    """Return Spearman's correlation of two columns (n,): Pearson's of their ranks."""
    known = np.isfinite(x) & np.isfinite(y)
    return correlation(_ranks(x[known]), _ranks(y[known]))


def _ranks(values: Floats) -> Floats:
    """Return ranks (n,), equal values sharing the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: Floats = (ends - 0.5 * (counts - 1))[place]
    return ranks


def at_least(n: int, wanted: int, what: str) -> None:
    """Raise AbsentError where there are too few of something."""
    if n < wanted:
        raise AbsentError(f"expected at least {wanted} {what}, got {n}")


def among(values: Sequence[float] | NDArray[np.float64], name: Sequence[str]) -> tuple[str, str]:
    """Return the names of the lowest and of the highest value; nan left out."""
    numbers = np.asarray(values, np.float64)
    return name[int(np.nanargmin(numbers))], name[int(np.nanargmax(numbers))]

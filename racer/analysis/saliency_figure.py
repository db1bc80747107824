"""Which pixels decide: pictures of a lap with what the policy hangs on laid over them."""

import numpy as np
from matplotlib.figure import Figure

from racer.analysis.film_camera import as_rgb
from racer.analysis.style import RISING, heading, new_figure, styled
from racer.kernels.layout import Bytes, Floats

_COLUMNS = 4
_STRONG = 99.0  # percentile that is drawn fully


@styled
def saliency_maps(pictures: Bytes, saliency: Floats, words: list[str]) -> Figure:
    """Draw pictures, and below each one the pixels that decide.

    Args:
        pictures: (n, 1 or 3, height, width).
        saliency: (n, height, width), any scale.
        words: (n,) what the policy did there.
    """
    n = len(pictures)
    columns = min(_COLUMNS, n)
    rows = -(-n // columns)
    ratio = pictures.shape[2] / pictures.shape[3]
    figure = new_figure(2.9 * columns, rows * (2 * 2.7 * ratio + 0.7) + 0.6)
    heading(figure, "Which pixels decide: above the picture, below how much each one matters")
    axes = figure.subplots(2 * rows, columns, squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    for i in range(n):
        row, column = divmod(i, columns)
        picture = as_rgb(pictures[i])
        above, below = axes[2 * row, column], axes[2 * row + 1, column]
        above.imshow(picture, interpolation="nearest")
        above.set_title(words[i], fontsize=9)
        strength = np.clip(saliency[i] / max(np.percentile(saliency[i], _STRONG), 1e-12), 0, 1)
        faint = 0.35 * picture.mean(axis=2, keepdims=True) / 255.0
        heat = RISING(strength)[..., :3]
        below.imshow((1 - strength[..., None]) * faint + strength[..., None] * heat,
                     interpolation="nearest")  # fmt: skip
    return figure

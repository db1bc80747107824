"""The right half of a film: what the car sees, and how probable each of its actions is."""

import numpy as np
from PIL import Image, ImageDraw

from racer.env.picture import BLUE, FAINT_INK, INK, PAGE
from racer.env.scene import font, rgb
from racer.evaluation.sights_record import Sights
from racer.kernels.layout import Bytes

_MARGIN = 0.04  # of the panel's width
_BAR = "#C9D6E2"


class CameraPanel:
    """Draws the panel of each step beside a frame."""

    def __init__(self, sights: Sights, width: int, height: int) -> None:
        """Lay the panel out.

        Args:
            sights: what was seen.
            width: of the panel (pixels).
            height: of the film it stands beside (pixels); it grows if the panel needs more.
        """
        self._sights = sights
        k = width / 320
        self._margin = round(_MARGIN * width)
        self._font, self._line = font(11 * k), round(17 * k)
        rows, columns = sights.pictures.shape[2:]
        self._picture = (width - 2 * self._margin, (width - 2 * self._margin) * rows // columns)
        n = 0 if sights.probabilities is None else len(sights.actions)
        self._top = self._margin + self._line
        self._bars = self._top + self._picture[1] + self._margin
        needed = self._bars + (n + 1) * self._line + self._margin if n else self._bars
        self._size = width, max(height, needed)

    def beside(self, frame: Image.Image, step: int) -> Image.Image:
        """Return a frame with the panel of a step on its right."""
        step = min(step, len(self._sights.pictures) - 1)
        width, height = self._size
        image = Image.new("RGB", (frame.width + width, height), rgb(PAGE))
        image.paste(frame, (0, 0))
        draw = ImageDraw.Draw(image)
        left = frame.width + self._margin
        title = "what the car sees" if self._sights.is_seen else "its camera (it drives without)"
        draw.text((left, self._margin), title, fill=rgb(FAINT_INK), font=self._font)
        picture = Image.fromarray(as_rgb(self._sights.pictures[step]))
        image.paste(picture.resize(self._picture, Image.Resampling.NEAREST), (left, self._top))
        if self._sights.probabilities is not None:
            self._draw_bars(draw, left, self._sights.probabilities[step])
        return image

    def _draw_bars(self, draw: ImageDraw.ImageDraw, left: int, chances: np.ndarray) -> None:
        """Draw a bar for each action, the chosen one in blue."""
        names = self._sights.actions
        wide = max(draw.textlength(name, font=self._font) for name in names)
        start, length = left + wide + self._margin, self._picture[0] - wide - self._margin
        title = "how probable each action is"
        draw.text((left, self._bars), title, fill=rgb(FAINT_INK), font=self._font)
        for i, name in enumerate(names):
            y = self._bars + (i + 1) * self._line
            is_chosen = i == int(chances.argmax())
            draw.text((left, y), name, fill=rgb(INK if is_chosen else FAINT_INK), font=self._font)
            end = start + max(length * float(chances[i]), 1.0)
            box = (start, y + 0.15 * self._line, end, y + 0.75 * self._line)
            draw.rectangle(box, fill=rgb(BLUE if is_chosen else _BAR))


def as_rgb(picture: Bytes) -> Bytes:
    """Return a picture (1 or 3, height, width) as (height, width, 3)."""
    rgb_picture = np.repeat(picture, 3, axis=0) if len(picture) == 1 else picture
    return np.ascontiguousarray(np.moveaxis(rgb_picture, 0, -1))

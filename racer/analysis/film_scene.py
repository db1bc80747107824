"""What a film is drawn with: the track as a picture, cars, trails and the dashboard above them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from racer.analysis.style import FAINT_INK, GRID, INK, PAGE, RISING, draw_track, styled

if TYPE_CHECKING:
    from racer.track import Track

Floats = NDArray[np.float64]
Color = tuple[int, int, int]
Box = tuple[int, int, int, int]

_DPI = 100
_SUPERSAMPLING = 4  # what moves is drawn so many times larger and averaged: smooth edges
_MARGIN = 0.35  # ground around the road, more for a large track (m)
_TALLEST = 1.0  # height of the map over its width

# the car, seen from its nose (m): DEEPRACER.md §3, shell 0.324 × 0.188 m, nose point 0.14 m ahead
_BODY = np.array([[0.022, 0.05], [-0.06, 0.094], [-0.302, 0.094]])  # its left half, front to back
_WINDOW = np.array([[-0.11, 0.052], [-0.20, 0.062]])
_FRONT_AXLE, _REAR_AXLE = (-0.058, 0.0796), (-0.222, 0.0811)
_WHEEL = np.array([[0.036, 0.017], [0.036, -0.017], [-0.036, -0.017], [-0.036, 0.017]])
_LENGTH = 0.324
_SHORTEST = 24  # a car is drawn at least so long (pixels), its nose where it is


def rgb(color: str) -> Color:
    """Return a colour such as ``#0072B2`` as three numbers from 0 to 255."""
    red, green, blue = (round(255 * part) for part in to_rgb(color))
    return red, green, blue


@dataclass(frozen=True)
class Scene:
    """A track drawn once, and where its metres are on the picture."""

    background: Image.Image
    """The picture: room for the dashboard above the map."""
    scale: float
    """Pixels a metre."""
    left: float
    """x at the left edge (m)."""
    top: float
    """y at the upper edge of the map (m)."""
    dashboard: int
    """Height of the dashboard (pixels)."""

    @classmethod
    def of(cls, track: "Track", width: int) -> "Scene":
        """Draw a track so wide (pixels)."""
        points = np.concatenate([track.inner, track.outer])
        margin = max(_MARGIN, 0.03 * float(np.ptp(points, axis=0).max()))
        low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
        size = high - low
        height = round(width * min(float(size[1] / size[0]), _TALLEST))
        scale = min(width / size[0], height / size[1])
        middle, half = (low + high) / 2, np.array([width, height]) / scale / 2
        left, bottom = middle - half
        right, top = middle + half
        figure = _map(track, width, height, (left, right, bottom, top))
        buffer = BytesIO()
        figure.savefig(buffer, format="rgba", dpi=_DPI)
        picture = Image.frombytes("RGBA", (width, height), buffer.getvalue()).convert("RGB")
        dashboard = round(0.1 * width)
        background = Image.new("RGB", (width, height + dashboard), rgb(PAGE))
        background.paste(picture, (0, dashboard))
        return cls(background, float(scale), float(left), float(top), dashboard)

    def pixels(self, points: Floats) -> Floats:
        """Return where points (n, 2) in metres are on the picture, (n, 2) in pixels."""
        x = (points[:, 0] - self.left) * self.scale
        y = (self.top - points[:, 1]) * self.scale + self.dashboard
        return np.stack([x, y], axis=1)

    def draw_car(
        self, image: Image.Image, x: float, y: float, heading: float, steering: float, color: Color
    ) -> None:
        """Draw a car whose nose is at x, y (m), with its front wheels steered (rad)."""
        size = max(1.0, _SHORTEST / (_LENGTH * self.scale))

        def place(points: Floats) -> Floats:
            turned = _rotate(size * points, heading)
            return self.pixels(turned + np.array([x, y]))

        dark = rgb(INK)
        parts = [
            (place(_rotate(_WHEEL, angle) + np.array([ahead, side * beside])), dark)
            for (ahead, beside), angle in ((_FRONT_AXLE, steering), (_REAR_AXLE, 0.0))
            for side in (1.0, -1.0)
        ]
        parts += [(place(_mirrored(_BODY)), color), (place(_mirrored(_WINDOW)), dark)]

        def paint(draw: ImageDraw.ImageDraw, fit: Callable[[Floats], Sequence[float]]) -> None:
            for outline, fill in parts:
                draw.polygon(fit(outline), fill=fill)
            draw.line(fit(parts[-2][0]), fill=rgb(PAGE), width=3)

        _supersampled(image, np.concatenate([outline for outline, _ in parts]), 2, paint)

    def draw_trail(
        self, image: Image.Image, points: Floats, color: Color, width: float = 3.2
    ) -> None:
        """Draw a piece of trail through points (n, 2) in metres, so wide (pixels)."""
        line = self.pixels(points)

        def paint(draw: ImageDraw.ImageDraw, fit: Callable[[Floats], Sequence[float]]) -> None:
            thick = round(width * _SUPERSAMPLING)
            draw.line(fit(line), fill=color, width=thick, joint="curve")
            flat = np.reshape(fit(line), (-1, 2))
            for cx, cy in flat:
                r = thick / 2
                draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=color)

        _supersampled(image, line, width + 1, paint)


class Dashboard:
    """The strip above the map: clock, speed with its colours, progress."""

    def __init__(self, scene: Scene, title: str, speeds: tuple[float, float]) -> None:
        """Draw on a scene's background what never changes.

        Args:
            scene: whose background gets the labels.
            title: of the film.
            speeds: the lowest and highest speed, which have the first and last colour (m/s).
        """
        self._scene, self._speeds = scene, speeds
        width = scene.background.width
        k = width / 640
        self._small, self._large = (
            _font("DejaVuSans.ttf", 11 * k),
            _font("DejaVuSans-Bold.ttf", 20 * k),
        )
        self._columns = [round(part * width) for part in (0.025, 0.31, 0.69)]
        self._label_y, self._value_y, self._bar_y = 7 * k, 24 * k, 55 * k
        self._bar = (0.27 * width, max(3.0, 4 * k))  # length and height (pixels)
        draw = ImageDraw.Draw(scene.background)
        for x, label in zip(self._columns[1:], ("speed", "progress"), strict=True):
            draw.text((x, self._label_y), label, fill=rgb(FAINT_INK), font=self._small)
        draw.text(
            (width - self._columns[0], self._label_y),
            title,
            fill=rgb(FAINT_INK),
            font=self._small,
            anchor="ra",
        )
        self._draw_speed_scale(draw)

    def speed_color(self, speed: float) -> Color:
        """Return the colour of a speed (m/s)."""
        low, high = self._speeds
        red, green, blue, _ = RISING((speed - low) / max(high - low, 1e-9), bytes=True)
        return int(red), int(green), int(blue)

    def draw(
        self, image: Image.Image, label: str, time: float, speed: float, progress: float, color: str
    ) -> None:
        """Write the clock (s), the speed (m/s) and the progress (fraction) on a frame.

        Args:
            image: the frame.
            label: over the clock: ``time``, and at the end what came of it.
            time: since the first step (s).
            speed: measured (m/s).
            progress: fraction of the lap.
            color: of the clock.
        """
        draw = ImageDraw.Draw(image)
        first, second, third = self._columns
        digits = 1 if label == "time" else 2
        draw.text((first, self._label_y), label, fill=rgb(FAINT_INK), font=self._small)
        for x, text, fill in (
            (first, f"{time:.{digits}f} s", color),
            (second, f"{speed:.1f} m/s", INK),
            (third, f"{100 * min(max(progress, 0.0), 1.0):.0f} %", INK),
        ):
            draw.text((x, self._value_y), text, fill=rgb(fill), font=self._large)
        length, height = self._bar
        y = self._bar_y
        done = length * min(max(progress, 0.0), 1.0)
        draw.rectangle((third, y, third + length, y + height), fill=rgb(GRID))
        draw.rectangle((third, y, third + done, y + height), fill=rgb(INK))
        low, high = self._speeds
        at = second + length * float(np.clip((speed - low) / max(high - low, 1e-9), 0, 1))
        draw.polygon(
            [(at - height, y - 1.6 * height), (at + height, y - 1.6 * height), (at, y - 1)],
            fill=rgb(INK),
        )

    def _draw_speed_scale(self, draw: ImageDraw.ImageDraw) -> None:
        """Draw the colours of the speeds from the lowest to the highest."""
        low, high = self._speeds
        length, height = self._bar
        for k in range(int(length)):
            color = self.speed_color(low + (high - low) * k / length)
            x = self._columns[1] + k
            draw.rectangle((x, self._bar_y, x + 1, self._bar_y + height), fill=color)


@styled
def _map(track: "Track", width: int, height: int, limits: tuple[float, ...]) -> Figure:
    """Draw a track on a figure of so many pixels that shows exactly these limits (m)."""
    # a quarter of a pixel more, since matplotlib rounds down
    figure = Figure(figsize=((width + 0.25) / _DPI, (height + 0.25) / _DPI), dpi=_DPI)
    axes = figure.add_axes((0, 0, 1, 1))
    draw_track(axes, track)
    axes.set_aspect("auto")
    axes.set_xlim(limits[0], limits[1])
    axes.set_ylim(limits[2], limits[3])
    return figure


def _font(name: str, size: float) -> ImageFont.FreeTypeFont:
    """Return a font that comes with matplotlib."""
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size)


def _rotate(points: Floats, angle: float) -> Floats:
    """Turn points (n, 2) about the origin, counter-clockwise (rad)."""
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array([[cos, sin], [-sin, cos]])


def _mirrored(left: Floats) -> Floats:
    """Return a whole outline from its left half."""
    return np.concatenate([left, left[::-1] * (1.0, -1.0)])


def _supersampled(
    image: Image.Image,
    points: Floats,
    margin: float,
    paint: Callable[[ImageDraw.ImageDraw, Callable[[Floats], Sequence[float]]], None],
) -> None:
    """Paint on the part of an image around some points, several times larger, and average it."""
    low = np.floor(points.min(axis=0) - margin).astype(int)
    high = np.ceil(points.max(axis=0) + margin).astype(int)
    low, high = np.maximum(low, 0), np.minimum(high, image.size)
    if np.any(high <= low):
        return
    box: Box = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    part = image.crop(box)
    n = _SUPERSAMPLING
    large = part.resize((part.width * n, part.height * n), Image.Resampling.NEAREST)

    def fit(outline: Floats) -> Sequence[float]:
        flat: list[float] = ((outline - low) * n).ravel().tolist()
        return flat

    paint(ImageDraw.Draw(large), fit)
    image.paste(large.reduce(n), box)

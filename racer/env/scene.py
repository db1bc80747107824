"""A track as a picture, and cars and trails on it: what frames and films are drawn with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

from racer.env.picture import INK, MARGIN, PAGE, draw_track, limits, own_settings
from racer.kernels.layout import Floats, VehicleParams
from racer.kernels.vehicle import wheel_centers
from racer.track import Track

Color = tuple[int, int, int]
Box = tuple[int, int, int, int]

_DPI = 100
_SUPERSAMPLING = 4  # what moves is drawn so many times larger and averaged: smooth edges
_TALLEST = 1.0  # height of the map over its width
_SHORTEST = 24  # a car is drawn at least so long (pixels), its nose where it is

# the shell around the wheels: of the DeepRacer it is 0.324 × 0.188 m (its visual shell, URDF)
_OVERHANG = 0.08  # before the front axle and behind the rear axle (m)
_BESIDE = 0.013  # beside the wheel centres (m)
_WHEEL = np.array([[0.036, 0.017], [0.036, -0.017], [-0.036, -0.017], [-0.036, 0.017]])  # (m)


def rgb(color: str) -> Color:
    """Return a colour such as ``#0072B2`` as three numbers from 0 to 255."""
    red, green, blue = (round(255 * part) for part in to_rgb(color))
    return red, green, blue


def font(size: float, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return a font of this size (pixels); it comes with matplotlib, so it is everywhere."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size)


@dataclass(frozen=True)
class Scene:
    """A track drawn once, and where its metres are on the picture."""

    background: Image.Image
    """The picture: a strip for text, and below it the map."""
    vehicle: VehicleParams
    """The cars that drive here: their geometry (m)."""
    scale: float
    """Pixels a metre."""
    left: float
    """x at the left edge (m)."""
    top: float
    """y at the upper edge of the map (m)."""
    header: int
    """Height of the strip above the map (pixels)."""

    @classmethod
    def of(cls, track: Track, vehicle: VehicleParams, width: int, *, header: int = 0) -> "Scene":
        """Draw a track.

        Args:
            track: what to draw.
            vehicle: the cars that will drive on it.
            width: of the picture (pixels); its height follows the track, up to a square.
            header: height of a strip above the map, for text that covers no road (pixels).
        """
        low, high = limits(track, 0.0)
        margin = max(MARGIN, 0.03 * float((high - low).max()))  # more for a large track
        low, high = low - margin, high + margin
        size = high - low
        height = round(width * min(float(size[1] / size[0]), _TALLEST))
        scale = min(width / size[0], height / size[1])
        middle, half = (low + high) / 2, np.array([width, height]) / scale / 2
        left, bottom = middle - half
        right, top = middle + half
        background = Image.new("RGB", (width, height + header), rgb(PAGE))
        background.paste(_map(track, width, height, (left, right, bottom, top)), (0, header))
        return cls(background, vehicle, float(scale), float(left), float(top), header)

    def pixels(self, points: Floats) -> Floats:
        """Return where points (n, 2) in metres are on the picture, (n, 2) in pixels."""
        x = (points[:, 0] - self.left) * self.scale
        y = (self.top - points[:, 1]) * self.scale + self.header
        return np.stack([x, y], axis=1)

    def draw_car(
        self, image: Image.Image, x: float, y: float, heading: float, steering: float, color: Color
    ) -> None:
        """Draw a car into a picture.

        Args:
            image: of the size of ``background``.
            x: of the point that the reward params name, ``vehicle.nose_x`` before the base (m).
            y: of the same point (m).
            heading: (rad).
            steering: angle of the front wheels (rad).
            color: of the body.
        """
        wheels, body, window = car_outlines(self.vehicle, steering)
        length = float(np.ptp(body[:, 0]))
        size = max(1.0, _SHORTEST / (length * self.scale))
        nose = np.array([x, y])

        def place(outline: Floats) -> Floats:
            return self.pixels(_rotate(size * outline, heading) + nose)

        dark = rgb(INK)
        parts = [(place(wheel), dark) for wheel in wheels]
        parts += [(place(body), color), (place(window), dark)]

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


def car_outlines(vehicle: VehicleParams, steering: float) -> tuple[list[Floats], Floats, Floats]:
    """Return the outlines (n, 2) of a car that heads along x with its nose point at 0, 0 (m).

    Args:
        vehicle: axles, half tracks and nose.
        steering: angle of the front wheels (rad).

    Returns:
        The wheels (left rear, left front, right rear, right front), the body and the window.
    """
    centers = np.reshape(wheel_centers(vehicle, -vehicle.nose_x, 0.0, 0.0), (4, 2))
    angles = (0.0, steering, 0.0, steering)
    wheels = [
        _rotate(_WHEEL, angle) + center for angle, center in zip(angles, centers, strict=True)
    ]
    (rear, _), (front, _), *_ = centers
    side = float(np.abs(centers[:, 1]).max()) + _BESIDE
    body = [[front + _OVERHANG, 0.53 * side], [front, side], [rear - _OVERHANG, side]]
    window = [[front - 0.052, 0.55 * side], [rear + 0.022, 0.66 * side]]
    return wheels, _mirrored(np.array(body)), _mirrored(np.array(window))


def _map(track: Track, width: int, height: int, edges: tuple[float, ...]) -> Image.Image:
    """Draw a track into a picture of so many pixels that shows exactly these edges (m)."""
    with own_settings():
        # a quarter of a pixel more, since matplotlib rounds down
        size = (width + 0.25) / _DPI, (height + 0.25) / _DPI
        figure = Figure(figsize=size, dpi=_DPI)
        axes = figure.add_axes((0, 0, 1, 1))
        draw_track(axes, track)
        axes.set_aspect("auto")
        axes.set_xlim(edges[0], edges[1])
        axes.set_ylim(edges[2], edges[3])
        buffer = BytesIO()
        figure.savefig(buffer, format="rgba", dpi=_DPI)
    return Image.frombytes("RGBA", (width, height), buffer.getvalue()).convert("RGB")


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

"""Pictures of a car on its track: the background is drawn once, the car on each frame."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from racer.kernels.layout import VehicleParams
from racer.kernels.vehicle import wheel_centers
from racer.track import Track

GROUND, ASPHALT, BORDER, CENTER = (238, 240, 236), (74, 78, 84), (252, 252, 252), (240, 160, 40)
BODY, CABIN, TYRE, INK = (196, 49, 48), (250, 236, 220), (24, 24, 26), (40, 42, 46)
BODY_LENGTH, BODY_WIDTH = 0.324, 0.188  # the visual shell (m), DEEPRACER's URDF
TYRE_LENGTH, TYRE_WIDTH = 0.072, 0.034  # (m)
SUPERSAMPLING = 2  # drawn larger by this and shrunk: smooth edges

Color = tuple[int, int, int]


class Renderer:
    """Draws frames of one track, seen from above, x to the right and y up."""

    def __init__(
        self, track: Track, vehicle: VehicleParams, *, width: int = 640, margin: float = 0.35
    ) -> None:
        """Prepare the background.

        Args:
            track: what to draw.
            vehicle: geometry of the car (m).
            width: of the frame (pixels); the height follows from the track's shape.
            margin: ground around the road (m).
        """
        self.vehicle = vehicle
        border = np.concatenate([track.inner, track.outer])
        low, high = border.min(axis=0) - margin, border.max(axis=0) + margin
        self._scale = SUPERSAMPLING * width / (high[0] - low[0])
        self._low, self._height = low, math.ceil((high[1] - low[1]) * self._scale / 2) * 2
        self.size = (width, self._height // SUPERSAMPLING)
        self._background = self._draw_track(track, SUPERSAMPLING * width)
        self._font = ImageFont.load_default(size=15)
        self._window: Any = None

    def pixels(self, points: NDArray[np.float64]) -> list[tuple[float, float]]:
        """Return where points (n, 2) of the world (m) lie in the supersampled picture."""
        xy = (points - self._low) * self._scale
        return [(x, self._height - y) for x, y in xy.tolist()]

    def picture(self, trail: NDArray[np.float64] | None = None) -> Image.Image:
        """Return a fresh copy of the background to draw on, supersampled."""
        image = self._background.copy()
        if trail is not None and len(trail) > 1:
            draw = ImageDraw.Draw(image)
            draw.line(self.pixels(trail), fill=BODY, width=2 * SUPERSAMPLING, joint="curve")
        return image

    def draw_car(
        self,
        image: Image.Image,
        nose_x: float,
        nose_y: float,
        heading: float,
        steering: float,
        color: Color = BODY,
    ) -> None:
        """Draw a car into a supersampled picture.

        Args:
            image: from ``picture``.
            nose_x: (m).
            nose_y: (m).
            heading: (rad).
            steering: angle of the front wheels (rad).
            color: of the body.
        """
        draw = ImageDraw.Draw(image)
        car = self.vehicle
        x = nose_x - car.nose_x * math.cos(heading)
        y = nose_y - car.nose_x * math.sin(heading)
        wheels = np.asarray(wheel_centers(car, x, y, heading)).reshape(4, 2)
        for k, center in enumerate(wheels):  # left rear, left front, right rear, right front
            angle = heading + (steering if k in (1, 3) else 0.0)
            self._rectangle(draw, center, angle, TYRE_LENGTH, TYRE_WIDTH * 1.4, TYRE)
        self._rectangle(draw, np.array([x, y]), heading, BODY_LENGTH, BODY_WIDTH * 0.72, color)
        ahead = np.array([math.cos(heading), math.sin(heading)])
        self._rectangle(draw, [x, y] + 0.05 * ahead, heading, 0.06, BODY_WIDTH * 0.5, CABIN)

    def finish(self, image: Image.Image, caption: str = "") -> Image.Image:
        """Shrink a supersampled picture to the frame's size and write the caption."""
        frame = image.resize(self.size, Image.Resampling.BOX)
        if caption:
            ImageDraw.Draw(frame).text((10, 6), caption, fill=INK, font=self._font)
        return frame

    def frame(
        self, nose_x: float, nose_y: float, heading: float, steering: float, caption: str = ""
    ) -> NDArray[np.uint8]:
        """Return one frame with one car: (height, width, 3) uint8. Arguments as ``draw_car``."""
        image = self.picture()
        self.draw_car(image, nose_x, nose_y, heading, steering)
        return np.asarray(self.finish(image, caption))

    def show(self, frame: NDArray[np.uint8], fps: float) -> None:
        """Show a frame in a window, for as long as it lasts at ``fps``."""
        from matplotlib import pyplot as plt  # a window toolkit is looked for on import

        if self._window is None:
            figure, axes = plt.subplots(figsize=(8, 8 * self.size[1] / self.size[0]))
            axes.set_axis_off()
            figure.tight_layout(pad=0)
            self._window = (figure, axes.imshow(frame))
        self._window[1].set_data(frame)
        self._window[0].canvas.draw_idle()
        self._window[0].canvas.start_event_loop(1.0 / fps)

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._window is not None:
            from matplotlib import pyplot as plt

            plt.close(self._window[0])
            self._window = None

    def _draw_track(self, track: Track, width: int) -> Image.Image:
        image = Image.new("RGB", (width, self._height), GROUND)
        draw = ImageDraw.Draw(image)
        inner, outer = self.pixels(track.inner), self.pixels(track.outer)
        if track.is_loop:
            rings = sorted((inner, outer), key=lambda ring: np.ptp(np.asarray(ring), axis=0).sum())
            draw.polygon(rings[1], fill=ASPHALT)
            draw.polygon(rings[0], fill=GROUND)
        else:
            draw.polygon(outer + inner[::-1], fill=ASPHALT)
        line_width = max(2, round(0.03 * self._scale))
        for ring in (inner, outer):
            draw.line(ring, fill=BORDER, width=line_width, joint="curve")
        for start in np.arange(0.0, track.length, 0.3):
            stops = np.linspace(start, min(start + 0.15, track.length), 4)
            dash = np.array([track.position(float(s)) for s in stops])
            draw.line(self.pixels(dash), fill=CENTER, width=max(1, line_width // 2))
        self._draw_start_line(draw, track, line_width)
        return image

    def _draw_start_line(self, draw: ImageDraw.ImageDraw, track: Track, width: int) -> None:
        half = 0.5 * float(track.width_at(0.0))
        ends = np.array([track.position(0.0, -half), track.position(0.0, half)])
        draw.line(self.pixels(ends), fill=BORDER, width=2 * width)

    def _rectangle(
        self,
        draw: ImageDraw.ImageDraw,
        center: NDArray[np.float64],
        angle: float,
        length: float,
        width: float,
        color: Color,
    ) -> None:
        along = 0.5 * length * np.array([math.cos(angle), math.sin(angle)])
        across = 0.5 * width * np.array([-math.sin(angle), math.cos(angle)])
        corners = [along + across, along - across, -along - across, -along + across]
        draw.polygon(self.pixels(center + np.array(corners)), fill=color)

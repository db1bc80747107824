"""The dashboard of a film: a strip above the map with the clock, the speed and the progress."""

import numpy as np
from PIL import Image, ImageDraw

from racer.analysis.style import GRID, RISING
from racer.env.picture import FAINT_INK, INK
from racer.env.scene import Color, Scene, font, rgb
from racer.kernels.layout import VehicleParams
from racer.track import Track

_HEIGHT = 0.1  # of the dashboard over the width of the film


def film_scene(track: Track, vehicle: VehicleParams, width: int) -> Scene:
    """Draw a track so wide (pixels), with room for a dashboard."""
    return Scene.of(track, vehicle, width, header=round(_HEIGHT * width))


class Dashboard:
    """The strip above the map: clock, speed with its colours, progress."""

    def __init__(self, scene: Scene, title: str, top_speed: float) -> None:
        """Draw on a scene's background what never changes.

        Args:
            scene: whose background gets the labels.
            title: of the film.
            top_speed: what has the last colour (m/s); standing still has the first one. A range of
                this lap's own would paint every lap alike, however slow.
        """
        self._scene, self._top_speed = scene, top_speed
        width = scene.background.width
        k = width / 640
        self._small, self._large = (
            font(11 * k),
            font(20 * k, bold=True),
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
        red, green, blue, _ = RISING(self._share(speed), bytes=True)
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
        at = second + length * self._share(speed)
        draw.polygon(
            [(at - height, y - 1.6 * height), (at + height, y - 1.6 * height), (at, y - 1)],
            fill=rgb(INK),
        )

    def _draw_speed_scale(self, draw: ImageDraw.ImageDraw) -> None:
        """Draw the colours of the speeds from standing still to the highest, with numbers."""
        length, height = self._bar
        first = self._columns[1]
        for k in range(int(length)):
            color = self.speed_color(self._top_speed * k / length)
            draw.rectangle(
                (first + k, self._bar_y, first + k + 1, self._bar_y + height), fill=color
            )
        y, gap = self._bar_y + height / 2, 1.5 * height
        draw.text((first - gap, y), "0", fill=rgb(FAINT_INK), font=self._small, anchor="rm")
        draw.text(
            (first + length + gap, y), f"{self._top_speed:.3g}", fill=rgb(FAINT_INK),
            font=self._small, anchor="lm",
        )  # fmt: skip

    def _share(self, speed: float) -> float:
        """Return where a speed (m/s) stands between standing still and the highest."""
        return float(np.clip(speed / self._top_speed, 0.0, 1.0))

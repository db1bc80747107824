"""What ``RacerEnv.render`` gives: frames of one car on its track, and a window that shows them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw

from racer.kernels.layout import VehicleParams
from racer.track import Track

# racer.env.scene and pyplot are imported by those who draw: matplotlib adds a tenth to the time
# and a fifth to the memory of `import racer.env`, and most environments only train.

_STRIP = 0.0375  # height of the caption's strip over the width of the frame


class Renderer:
    """Draws frames of one track, seen from above, x to the right and y up."""

    def __init__(self, track: Track, vehicle: VehicleParams, *, width: int = 640) -> None:
        """Draw the track, once.

        Args:
            track: what to draw.
            vehicle: geometry of the car (m).
            width: of the frame (pixels); the height follows from the track's shape.
        """
        from racer.env.picture import BLUE, FAINT_INK
        from racer.env.scene import Scene, font, rgb

        self.scene = Scene.of(track, vehicle, width, header=round(_STRIP * width))
        self._car, self._ink = rgb(BLUE), rgb(FAINT_INK)
        self._font = font(0.55 * self.scene.header)
        self._window: Any = None

    def frame(
        self, nose_x: float, nose_y: float, heading: float, steering: float, caption: str = ""
    ) -> NDArray[np.uint8]:
        """Return one frame with one car: (height, width, 3) uint8.

        Args:
            nose_x: (m).
            nose_y: (m).
            heading: (rad).
            steering: angle of the front wheels (rad).
            caption: a few words above the map.
        """
        image = self.scene.background.copy()
        self.scene.draw_car(image, nose_x, nose_y, heading, steering, self._car)
        if caption:
            strip = self.scene.header
            place = (0.4 * strip, 0.5 * strip)
            draw = ImageDraw.Draw(image)
            draw.text(place, caption, fill=self._ink, font=self._font, anchor="lm")
        return np.array(image)

    def show(self, frame: NDArray[np.uint8], fps: float) -> None:
        """Show a frame in a window for 1 / fps seconds; a window that the user closed stays so."""
        from matplotlib import pyplot as plt  # a window toolkit is looked for on import

        if self._window is None:
            figure = plt.figure(figsize=(frame.shape[1] / 100, frame.shape[0] / 100), dpi=100)
            axes = figure.add_axes((0, 0, 1, 1))
            axes.set_axis_off()
            self._window = figure, axes.imshow(frame)
            figure.show()
        figure, picture = self._window
        if plt.fignum_exists(figure.number):
            picture.set_data(frame)
            figure.canvas.draw_idle()
            figure.canvas.start_event_loop(1.0 / fps)

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._window is not None:
            from matplotlib import pyplot as plt

            plt.close(self._window[0])
            self._window = None

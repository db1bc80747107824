"""Draws docs/images/random_elements.png: what cars at one place see, everything random.

python benchmarks/pictures_of_elements.py
"""

from pathlib import Path

import numpy as np
from PIL import Image

from racer.env import World
from racer.sensors import CameraSensor
from racer.track import load_track

ROWS, COLUMNS = 3, 4
OUT = Path(__file__).parents[1] / "docs" / "images" / "random_elements.png"


def main() -> None:
    """Draw and write."""
    sensor = CameraSensor(160, 120, rgb=True)
    n = ROWS * COLUMNS
    starts = np.full(n, 0.31)
    world = World(
        load_track("reinvent_2018"), n_cars=n, sensor=sensor, starts=starts, randomize=1.0
    )
    pictures = world.observation.transpose(0, 2, 3, 1)
    rows = [np.concatenate(pictures[k : k + COLUMNS], axis=1) for k in range(0, n, COLUMNS)]
    Image.fromarray(np.concatenate(rows)).save(OUT, optimize=True)


if __name__ == "__main__":
    main()

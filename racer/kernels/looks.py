"""What differs from car to car in what a camera sees: columns by name, a unit for each.

``racer/env/car_looks.py`` fills the arrays; ``shade.py``, ``things.py`` and ``lens.py`` read them.
"""

# columns of effects (n_cars, EFFECT_SIZE) float64
GRADIENT_X = 0  # what the light gains from the middle of a picture to its right edge (share)
GRADIENT_Y = 1  # likewise to its lower edge (share)
SHADOW_DEPTH = 2  # light that bands of shadow on the ground take away (share)
SHADOW_PERIOD = 3  # from one band to the next (m)
SHADOW_DIRECTION = 4  # across the bands (rad)
SHADOW_PHASE = 5  # where the first one lies (periods)
TEXTURE_DEPTH = 6  # standard deviation of the ground's spots (share of its light)
TEXTURE_SPOT = 7  # size of a spot (m)
TEXTURE_X = 8  # where the pattern begins (sides of the pattern)
TEXTURE_Y = 9  # likewise
NOISE = 10  # standard deviation of a pixel (grey levels of 255)
BLUR = 11  # standard deviation of a point's picture (widths of the picture)
EFFECT_SIZE = 12

# columns of things (n_cars, MAX_THINGS, THING_SIZE) float64: lines on the ground, upright boards
THING_X = 0  # one end of a line, or the foot of a board (m)
THING_Y = 1  # likewise
END_X = 2  # the other end of a line (m)
END_Y = 3  # likewise
THING_WIDTH = 4  # (m); 0 if it is not there
THING_HEIGHT = 5  # of a board (m); 0 of a line
THING_SIZE = 6

MAX_LINES = 48
"""Lines come first in ``things``."""
MAX_BOARDS = 48
"""Boards come after them."""
MAX_THINGS = MAX_LINES + MAX_BOARDS

N_THING_DRAWS = 10
"""How many numbers a thing draws."""

"""Small helpers for writing reward functions: plain Python, no state.

``from racer.reward.shaping import tolerance`` ties a reward function to racer: the real DeepRacer
does not have this module. To take a file there, copy the helper into it.
"""

import math
from collections.abc import Callable

_SHAPES: dict[str, Callable[[float, float], float]] = {
    "linear": lambda distance, scale: max(0.0, 1.0 - distance * scale),
    "bell": lambda distance, scale: math.exp(-((distance * scale) ** 2)),
    "long": lambda distance, scale: 1.0 / (1.0 + (distance * scale) ** 2),
}
"""How a tolerance falls with the distance from its bounds; each is 1 at distance 0."""

_SCALES: dict[str, Callable[[float], float]] = {
    "linear": lambda at_margin: 1.0 - at_margin,
    "bell": lambda at_margin: math.sqrt(-math.log(at_margin)),
    "long": lambda at_margin: math.sqrt(1.0 / at_margin - 1.0),
}
"""What the distance in margins is multiplied by, so that ``at_margin`` is paid at one margin."""


def tolerance(
    x: float,
    low: float,
    high: float,
    margin: float = 0.0,
    *,
    at_margin: float = 0.1,
    shape: str = "bell",
) -> float:
    """Return 1 where ``low <= x <= high``, and less the further ``x`` lies outside.

    Args:
        x: the value to judge, in any unit.
        low: lower end of what is right; ``-math.inf`` for none.
        high: upper end of what is right; ``math.inf`` for none.
        margin: distance from the ends at which ``at_margin`` is left; with 0 nothing is left.
        at_margin: value at that distance, between 0 and 1.
        shape: ``bell`` (smooth, soon nothing), ``long`` (smooth, far out still a little, so that a
            learner knows the way), ``linear`` (straight down, 0 from some distance on).

    Returns:
        a number from 0 to 1.

    Raises:
        ValueError: if the ends are the wrong way round, or another argument is out of range.
    """
    if not low <= high:
        raise ValueError(f"tolerance: expected low <= high, got low {low} and high {high}")
    if not margin >= 0.0:
        raise ValueError(f"tolerance: margin must not be negative, got {margin}")
    if shape not in _SHAPES:
        raise ValueError(f"tolerance: unknown shape '{shape}', known: {', '.join(sorted(_SHAPES))}")
    if not (0.0 < at_margin < 1.0 or (shape == "linear" and at_margin == 0.0)):
        raise ValueError(f"tolerance: at_margin must lie between 0 and 1, got {at_margin}")
    if low <= x <= high:
        return 1.0
    if margin == 0.0 or math.isinf(x):
        return 0.0
    distance = (low - x if x < low else x - high) / margin
    return _SHAPES[shape](distance, _SCALES[shape](at_margin))


def ramp(x: float, start: float, end: float) -> float:
    """Return 0 up to ``start``, 1 from ``end`` on, and straight in between.

    ``start`` may lie above ``end``: then the ramp falls.

    Args:
        x: the value to judge, in any unit.
        start: where the ramp leaves 0.
        end: where the ramp reaches 1.

    Raises:
        ValueError: if ``start`` equals ``end``.
    """
    if start == end:
        raise ValueError(f"ramp: start and end must differ, both are {start}")
    return min(1.0, max(0.0, (x - start) / (end - start)))


def angle_difference(a: float, b: float) -> float:
    """Return how far ``a`` is turned to the left of ``b``, the short way round.

    Args:
        a: an angle (degrees), in any turn.
        b: an angle (degrees), in any turn.

    Returns:
        the difference (degrees), in (-180, 180].
    """
    return 180.0 - (180.0 - a + b) % 360.0

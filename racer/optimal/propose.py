"""Discrete actions that suit a lap: few commands that come near to all that it gives."""

import numpy as np

from racer.errors import ConfigError
from racer.kernels.layout import Floats
from racer.optimal.lap import OptimalLap
from racer.vehicle import DiscreteActions

FEWEST, MOST = 3, 50
"""How many actions can be proposed."""

_STEP = 1.0 / 60.0  # between the moments of the lap that are looked at (s)
_ROUNDS = 100


def propose_actions(lap: OptimalLap, n: int) -> DiscreteActions:
    """Return actions that suit a lap, from right to left, the slower ones first.

    Two are for corrections: as far as the car steers to each side, at the lap's slowest command.
    The others are the centres of groups of the lap's commands, so that these lie near to one
    (Lloyd, "Least squares quantization in PCM", 1982), where the whole range of steering counts as
    much as the whole top speed. The first centres are the commands farthest from those before.

    Args:
        lap: for example the reference.
        n: how many; fewer come where the lap has not so many different commands.

    Raises:
        ConfigError: if n is out of range.
    """
    if not FEWEST <= n <= MOST:
        raise ConfigError(f"actions for a track: expected {FEWEST} to {MOST}, got {n}")
    car = lap.car
    moments = np.arange(0.0, lap.lap_time, _STEP)
    rows = np.searchsorted(lap.time, moments, side="right") - 1
    scale = np.array([2.0 * car.steering_limit, lap.top_speed])
    commands = np.stack([lap.steering_command, lap.speed_command], axis=1)[rows] / scale
    centres = _centres(commands, n - 2) * scale
    slow, most = float(centres[:, 1].min()), car.steering_limit
    both = np.vstack([centres, [[-most, slow], [most, slow]]])
    rounded = np.stack([np.round(np.degrees(both[:, 0]), 1), np.round(both[:, 1], 2)], axis=1)
    return DiscreteActions.from_list((float(a), float(v)) for a, v in np.unique(rounded, axis=0))


def _centres(points: Floats, k: int) -> Floats:
    """Return the centres of at most k groups of points (m, 2): (k, 2)."""
    first = [points[np.argmin(points[:, 1])]]
    while len(first) < k:
        away = np.min([np.sum((points - one) ** 2, axis=1) for one in first], axis=0)
        if away.max() < 1e-9:
            break
        first.append(points[np.argmax(away)])
    centres = np.array(first)
    for _ in range(_ROUNDS):
        group = np.argmin(np.sum((points[:, None] - centres) ** 2, axis=2), axis=1)
        moved = np.array([points[group == j].mean(axis=0) if np.any(group == j) else centres[j]
                          for j in range(len(centres))])  # fmt: skip
        if np.allclose(moved, centres, atol=1e-9):
            break
        centres = moved
    return centres

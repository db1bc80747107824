"""Where a lap is cut into intervals, and how a standing one begins."""

from typing import NamedTuple

import numpy as np

from racer.kernels.layout import Floats, VehicleParams
from racer.optimal.corridor import Corridor

_FIRST = 0.125  # spacing where a car starts from rest, as a share: there a metre takes longest
_GROWTH = 1.25  # of the spacing from there, from node to node
_LAST = 0.15  # about the last interval of a standing lap (m)


class Nodes(NamedTuple):
    """Nodes of a lap along the line of a corridor."""

    s: Floats
    """(n + 1,) arc lengths (m), rising; the last one of a standing lap may move."""
    first: Floats | None
    """(4,) n, alpha, v and d at the start; None: the lap is flying, its end is its beginning."""
    finish: float
    """Arc length at which a standing lap ends when the nose is there (m)."""


def flying_nodes(corridor: Corridor, spacing: float) -> Nodes:
    """Return the nodes of a flying lap, equally spaced.

    Args:
        corridor: of the track.
        spacing: about the distance between nodes (m).
    """
    n = round(corridor.length / spacing)
    return Nodes(np.linspace(0.0, corridor.length, n + 1), None, corridor.length)


def standing_nodes(corridor: Corridor, car: VehicleParams, start: float, spacing: float) -> Nodes:
    """Return the nodes of a standing lap: as an episode begins, and as ``racer`` times it.

    The base link stands on the centre line, so the nose is past the start line already.

    Args:
        corridor: of the track.
        car: its parameters.
        start: as a fraction of the lap.
        spacing: about the distance between nodes (m); less where the car is slow.
    """
    track = corridor.track
    along = start % 1.0 * track.length
    (x, y), heading = track.position(along), float(track.heading(along))
    at, beside = corridor.project(
        x + car.rotation_x * np.cos(heading), y + car.rotation_x * np.sin(heading)
    )
    begin, n, line = float(at), float(beside), float(corridor.project(x, y)[0])
    if begin > line:  # the seam of the arc lengths is between them
        begin -= corridor.length
    alpha = heading - float(corridor.heading(np.asarray(begin)))
    first = np.array([n, (alpha + np.pi) % (2.0 * np.pi) - np.pi, 0.0, 0.0])
    steps = [_FIRST * spacing]
    while steps[-1] * _GROWTH < spacing:
        steps.append(steps[-1] * _GROWTH)
    finish = line + corridor.length
    rest = finish - (car.nose_x - car.rotation_x) - _LAST - begin - sum(steps)
    n_rest = max(round(rest / spacing), 1)
    steps += [rest / n_rest] * n_rest + [_LAST]
    return Nodes(begin + np.concatenate([[0.0], np.cumsum(steps)]), first, finish)

"""Where on the track cars fail, and how tightly a car can turn there."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from racer.analysis.statistics import Floats
from racer.kernels.layout import VehicleParams
from racer.vehicle import ContinuousActions, DiscreteActions

if TYPE_CHECKING:
    from racer.track import Track

_BINS = 200  # of a lap, where failures are counted
_REACH = 0.04  # of the lap: failures this near to a peak belong to it
_LOOK_BACK = 1.5  # a car leaves the road up to this far after the bend that throws it out (m)
_BEND_WIDTHS = 4.0  # a bend is where the radius is below this many widths of the road


@dataclass(frozen=True)
class Place:
    """A stretch of the track where cars fail."""

    s: float
    """Arc length of its middle, from waypoint 0 (m)."""
    share: float
    """Of all failures, in [0, 1]."""
    count: int
    """Failures there."""
    radius: float
    """Smallest radius of the centre line there or just before (m)."""
    name: str
    """In words: ``the left bend at 12.3 m``."""


def failure_places(track: "Track", x: ArrayLike, y: ArrayLike, most: int = 3) -> list[Place]:
    """Return the stretches where failures gather, the worst first.

    Args:
        track: what was driven.
        x: (n,) where the car left the track (m); nan rows are left out.
        y: (n,) likewise.
        most: how many stretches.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return []
    along = np.atleast_1d(np.asarray(track.project(x[known], y[known]).s, np.float64))
    left = along
    places: list[Place] = []
    while len(left) and len(places) < most:
        near = _nearby(left, _peak(left, track), track)
        if near.sum() < max(3, 0.05 * len(along)):
            break
        places.append(_place(track, left[near], len(along)))
        left = left[~near]
    return places


def _peak(along: Floats, track: "Track") -> float:
    """Return the arc length around which most failures are (m)."""
    counts, edges = np.histogram(along, _BINS, (0.0, track.length))
    half = int(_REACH * _BINS)
    kernel = half + 1.0 - np.abs(np.arange(-half, half + 1))  # a triangle: its peak is the middle
    padded = np.pad(counts, len(kernel) // 2, mode="wrap" if track.is_loop else "constant")
    best = int(np.argmax(np.convolve(padded, kernel, mode="valid")))
    return float((edges[best] + edges[best + 1]) / 2.0)


def _nearby(along: Floats, middle: float, track: "Track") -> NDArray[np.bool_]:
    """Return which arc lengths are near one (m), (n,)."""
    gaps = np.abs(along - middle)
    if track.is_loop:
        gaps = np.minimum(gaps, track.length - gaps)
    return gaps <= _REACH * track.length


def _place(track: "Track", along: Floats, total: int) -> Place:
    """Return the place around failures at some arc lengths (m)."""
    middle = float(along[np.argmin(np.abs(along - np.median(along)))])
    s, radius, side = tightest_near(track, middle)
    if radius < _BEND_WIDTHS * track.width:
        name = f"the {side} bend at {s:.1f} m"
    else:
        name = f"the straight at {middle:.1f} m"
        s = middle
    return Place(s, len(along) / total, len(along), radius, name)


def tightest_near(track: "Track", s: float, behind: float = _LOOK_BACK) -> tuple[float, float, str]:
    """Return where the road bends most at an arc length or shortly before.

    Args:
        track: the road.
        s: arc length (m).
        behind: how far back to look (m).

    Returns:
        arc length (m), radius of the centre line there (m), and ``left`` or ``right``.
    """
    at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(track.center, axis=0).T))])
    gap = s - at
    if track.is_loop:
        gap = gap % track.length
    near = np.flatnonzero((gap >= -0.2) & (gap <= behind))
    if len(near) == 0:
        near = np.array([int(np.argmin(np.abs(s - at)))])
    index = int(near[np.argmax(np.abs(track.curvature[near]))])
    curvature = float(track.curvature[index])
    radius = 1.0 / abs(curvature) if abs(curvature) > 1e-6 else math.inf
    return float(at[index]), radius, "left" if curvature > 0.0 else "right"


def turning_radius(car: VehicleParams, steering: ArrayLike, speed: ArrayLike) -> Floats:
    """Return the radius of the steady circle that a command leads to (m).

    The equations of docs/car.md in a steady state (q = 1): curvature ``gain tan d / wheelbase``,
    yaw rate ``v k / √(1 + (v² k / grip)²)``, with the speed that the steering leaves.

    Args:
        car: its parameters.
        steering: (n,) commanded (rad).
        speed: (n,) commanded (m/s).
    """
    angle = np.clip(np.abs(np.asarray(steering, np.float64)), 0.0, car.steering_limit)
    wanted = np.clip(np.asarray(speed, np.float64), car.speed_min, car.speed_max)
    reached = car.speed_gain * wanted * (1.0 - car.steering_loss * angle**2)
    curvature = car.curvature_gain * np.tan(angle) / car.wheelbase
    with np.errstate(divide="ignore"):
        return np.sqrt(1.0 + (reached**2 * curvature / car.grip) ** 2) / curvature


def least_radius(
    car: VehicleParams, actions: DiscreteActions | ContinuousActions, side: str
) -> float:
    """Return the tightest steady circle that an action space can drive to one side (m).

    Args:
        car: its parameters.
        actions: what the policy can choose.
        side: left or right.
    """
    sign = 1.0 if side == "left" else -1.0
    if isinstance(actions, ContinuousActions):
        steering = np.array([actions.steering_low, actions.steering_high])
        speed = np.full(2, actions.speed_low)
    else:
        steering, speed = actions.steering, actions.speed
    turning = sign * steering > 1e-6
    if not turning.any():
        return math.inf
    return float(turning_radius(car, steering[turning], speed[turning]).min())

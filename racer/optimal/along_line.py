"""A lap along a line of somebody else: how the car has to be steered and driven to stay on it."""

from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d

from racer.errors import TrackError
from racer.kernels.layout import Floats, VehicleParams
from racer.optimal.corridor import Corridor
from racer.optimal.equations import usable
from racer.optimal.lap import OptimalLap, flying_lap
from racer.optimal.line import RacingLine
from racer.optimal.reference import MARGINS
from racer.optimal.solve import check
from racer.track import Track
from racer.track.arrays import arc_lengths

_FINE = 0.01  # spacing of the points between those of the line (m)
_SMOOTHING = 0.08  # standard deviation of the Gaussian that takes the corners off a line (m)
_SPACING = 0.1  # of the nodes of the lap (m)
_SLOWEST = 0.4  # where a line is too tight for any speed, that of the car (m/s)
_TOO_TIGHT = 1.25  # so much more curvature than the car has is refused
_ROUNDS = 3  # of speeds and steering: each depends on the other
_SATURATED = 0.95  # most that is asked for, as a share of the limits that no change reaches


class _Path(NamedTuple):
    """Where the rotation centre goes, at nodes along the road; the first comes again at the end."""

    offset: Floats
    """(n + 1,) to the left of the corridor's line (m)."""
    aside: Floats
    """(n + 1,) heading less that of the corridor's line (rad)."""
    curvature: Floats
    """(n + 1,) of the path (1/m), left positive."""
    metres: Floats
    """(n,) of the path from node to node."""
    speed: Floats | None
    """(n + 1,) that the line wants (m/s)."""


def lap_along(line: RacingLine, track: Track, car: VehicleParams, top_speed: float) -> OptimalLap:
    """Return the flying lap that follows a line: to be driven like the reference.

    The point that reward functions see is on the line, smoothed a little. Where the line has
    speeds, they are the highest: the car brakes in time for a lower one. Without, it is as fast as
    the car can hold, with the reference's margins of grip, steering and speed.

    Args:
        line: closed, once around the track in the direction that is driven.
        track: in the direction it is driven.
        car: its parameters.
        top_speed: the highest speed of the actions (m/s).

    Raises:
        TrackError: if there is no lap of such a track, the line leaves the road, is open, does not
            go once around or not this way, or turns tighter than the car.
        ConfigError: if the car has no finite grip, or the top speed is out of its range.
    """
    fastest = min(top_speed, car.speed_max)
    check(track, car, fastest)
    line.check_on(track)
    if not line.is_loop:
        raise TrackError(f"{line.name}: its end is not its beginning: no line for a lap")
    corridor, usual = Corridor.of(track), usable(car)
    path = _path(line, corridor, usual)
    speed, steering = _speeds(path, usual, fastest)
    seconds = 2.0 * path.metres / (speed[1:] + speed[:-1])
    between = (steering[1:] + steering[:-1]) / 2.0
    angle = between + usual.steering_lag * np.diff(steering) / seconds - car.steering_bias
    kept = usual.speed_gain * (1.0 - usual.steering_loss * between**2)
    wanted = _wanted(np.diff(speed) / seconds, usual)
    command = ((speed[1:] + speed[:-1]) / 2.0 + wanted * usual.speed_lag) / kept
    limit = car.steering_limit
    return flying_lap(
        corridor,
        car,
        fastest,
        offset=path.offset,
        aside=path.aside,
        speed=speed,
        steering=steering,
        steering_command=_closed(np.clip(angle, -limit, limit)),
        speed_command=_closed(np.clip(command, car.speed_min, fastest)),
    )


def _path(line: RacingLine, corridor: Corridor, car: VehicleParams) -> _Path:
    """Return how the car has to move so that its nose is on a line.

    The nose draws the rotation centre behind it, as a trailer is drawn: the centre moves along the
    heading. Beyond a straight piece the angle between both has become smaller by a known share
    (the tractrix: Lockwood, "A Book of Curves", chapter 13).
    """
    nose, wanted = _smooth(line)
    moves = np.diff(np.vstack([nose, nose[:1]]), axis=0)
    lengths, ways = np.hypot(*moves.T), np.arctan2(moves[:, 1], moves[:, 0])
    arm = car.nose_x - car.rotation_x
    heading, angles, n = float(ways[0]), np.empty(len(nose)), len(nose)
    for i in range(2 * n):  # the first time around only to forget how it began
        k = i % n
        angles[k] = heading
        half = np.tan(_wrapped(ways[k] - heading) / 2.0) * np.exp(-lengths[k] / arm)
        heading = float(ways[k] - 2.0 * np.arctan(half))
    turned = _wrapped(np.roll(angles, -1) - angles)
    centre = nose - arm * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    s, offset = corridor.project(*centre.T)
    _check_once_around(line, s, corridor)
    grid = np.linspace(0.0, corridor.length, round(corridor.length / _SPACING) + 1)

    def at_nodes(values: Floats) -> Floats:
        return np.interp(grid, s, values, period=corridor.length)

    away = at_nodes(offset)
    places = corridor.place(grid, away)
    path = _Path(
        offset=away,
        aside=at_nodes(_wrapped(angles - corridor.heading(s))),
        curvature=at_nodes(np.tan(_wrapped(ways - angles) - turned / 2.0) / arm),
        metres=np.hypot(*np.diff(places, axis=0).T),
        speed=None if wanted is None else at_nodes(wanted),
    )
    _check_curvature(line, path.curvature, places, car)
    return path


def _smooth(line: RacingLine) -> tuple[Floats, Floats | None]:
    """Return a line without corners as many points (m, 2), and its speeds there."""
    along = arc_lengths(line.closed)
    n = max(round(along[-1] / _FINE), 3)
    grid = np.arange(n) * (along[-1] / n)
    sigma = _SMOOTHING * n / along[-1]
    points = CubicSpline(along, line.closed, bc_type="periodic")(grid)
    speed = None
    if line.speed is not None:
        speed = np.interp(grid, along, np.append(line.speed, line.speed[:1]))
    return gaussian_filter1d(points, sigma, axis=0, mode="wrap"), speed


def _check_once_around(line: RacingLine, s: Floats, corridor: Corridor) -> None:
    """Raise an error if a line does not go once around a track, this way and never back.

    Raises:
        TrackError: it says where it goes.
    """
    length = corridor.length
    steps = (np.diff(np.append(s, s[:1])) + 0.5 * length) % length - 0.5 * length
    laps = round(float(steps.sum()) / length)
    where = f"{line.name}: expected a line once around {corridor.track.name}"
    if laps == -1:
        raise TrackError(f"{where}, this one goes the other way: reverse the track or the line")
    if laps != 1:
        raise TrackError(f"{where}, this one goes {laps} times around")
    if len(back := np.flatnonzero(steps <= 0.0)):
        x, y = corridor.line(s[back[0]])
        raise TrackError(f"{where}, this one turns back near ({x:.2f}, {y:.2f})")


def _check_curvature(line: RacingLine, curvature: Floats, at: Floats, car: VehicleParams) -> None:
    """Raise an error if a line is much too tight for a car.

    Raises:
        TrackError: it names the place, and how tight the car can turn.
    """
    most, i = _most_bend(car), int(np.argmax(np.abs(curvature)))
    if abs(curvature[i]) > _TOO_TIGHT * most:
        raise TrackError(
            f"{line.name}: turns with a radius of {1.0 / abs(curvature[i]):.2f} m near "
            f"({at[i, 0]:.2f}, {at[i, 1]:.2f}): this car needs {1.0 / most:.2f} m"
        )


def _speeds(path: _Path, car: VehicleParams, top_speed: float) -> tuple[Floats, Floats]:
    """Return the speeds (m/s) and the angles of the front wheels (rad) at the nodes of a path."""
    top = car.speed_gain * top_speed * (1.0 - MARGINS.speed)
    steering = np.zeros(len(path.offset))
    grip = np.full(len(steering), car.grip)
    most = speed = np.full(len(steering), top)
    for _ in range(_ROUNDS):
        kept = 1.0 - car.steering_loss * steering**2
        most = top * kept
        if path.speed is None:
            most = np.minimum(most, np.maximum(_cornering(path, car, grip), min(_SLOWEST, top)))
        else:
            most = np.minimum(most, path.speed)
        speed = _within_reach(most, path.metres, car, top)
        change = _closed(np.diff(speed**2) / (2.0 * path.metres))
        braking = np.maximum(-change, 0.0) / car.deceleration_limit
        grip = car.grip / (1.0 + car.braking_loss * steering**2 * braking)
        steering = _angles(path, car, speed, change, grip)
    return speed, steering


def _cornering(path: _Path, car: VehicleParams, grip: Floats) -> Floats:
    """Return the highest speeds (m/s) at which grip and steering suffice for a path."""
    bend = np.maximum(np.abs(path.curvature), 1e-3)
    demand = MARGINS.demand or np.inf
    most = _most_bend(car) * np.tan(car.steering_limit * (1.0 - MARGINS.steering))
    most /= np.tan(car.steering_limit)
    # near the grip a wheel has to be turned farther: what is left of its range limits that too
    by_steering = np.sqrt(np.maximum(1.0 - (bend / most) ** 2, 0.0))
    share = np.minimum(demand / np.hypot(1.0, demand), by_steering)
    return np.sqrt(share * grip / bend)


def _within_reach(most: Floats, metres: Floats, car: VehicleParams, top: float) -> Floats:
    """Return the highest speeds (m/s) that the car can reach and brake to, each below ``most``."""
    speed, n = most.copy(), len(metres)
    for i in reversed(range(2 * n)):
        k = i % n
        command = max(car.speed_gain * MARGINS.braking * speed[k + 1], 0.0)
        rate = _rate((speed[k + 1] - command) / car.speed_lag, car.deceleration_limit)
        speed[k] = min(speed[k], np.sqrt(speed[k + 1] ** 2 + 2.0 * rate * metres[k]))
        if k == 0:
            speed[n] = speed[0]
    for i in range(2 * n):
        k = i % n
        rate = _rate(max(top - speed[k], 0.0) / car.speed_lag, car.acceleration_limit)
        speed[k + 1] = min(speed[k + 1], np.sqrt(speed[k] ** 2 + 2.0 * rate * metres[k]))
        if k == n - 1:
            speed[0] = speed[n]
    return speed


def _angles(path: _Path, car: VehicleParams, speed: Floats, change: Floats, grip: Floats) -> Floats:
    """Return the angles of the front wheels (rad) at which the car turns as a path does.

    It is the kernel's curvature (``racer/kernels/vehicle.py``) solved for the steering.
    """
    share = np.clip(speed**2 * path.curvature / grip, -_SATURATED, _SATURATED)
    hold = np.sqrt(1.0 - _share_of_limit(change, car) ** 2)
    bend = path.curvature / np.sqrt(1.0 - share**2)
    bend *= (1.0 + car.scrub * hold**3) / (1.0 + car.scrub)
    angles = np.arctan(bend * car.wheelbase / car.curvature_gain)
    return np.clip(angles, -car.steering_limit, car.steering_limit)


def _wanted(change: Floats, car: VehicleParams) -> Floats:
    """Return the changes of speed (m/s2) that have to be wanted for some to come about."""
    return change / np.sqrt(1.0 - _share_of_limit(change, car) ** 2)


def _share_of_limit(change: Floats, car: VehicleParams) -> Floats:
    """Return changes of speed (m/s2) as shares of the car's limits, below 1."""
    limit = np.where(change > 0.0, car.acceleration_limit, car.deceleration_limit)
    return np.clip(change / limit, -_SATURATED, _SATURATED)


def _rate(wanted: float, limit: float) -> float:
    """Return what comes about of a wanted change of speed (m/s2)."""
    return float(wanted / np.hypot(1.0, wanted / limit))


def _most_bend(car: VehicleParams) -> float:
    """Return the largest curvature of a slow car at a steady speed (1/m)."""
    return float(car.curvature_gain * np.tan(car.steering_limit) / car.wheelbase)


def _closed(values: Floats) -> Floats:
    """Return values (n,) with the first one again at the end."""
    return np.append(values, values[:1])


def _wrapped(angles: Floats) -> Floats:
    """Return angles in [-pi, pi) (rad)."""
    return (angles + np.pi) % (2.0 * np.pi) - np.pi

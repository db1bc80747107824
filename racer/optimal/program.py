"""A lap as a nonlinear program: symbols once for a number of nodes, numbers for each lap."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from racer.kernels.layout import Floats, VehicleParams
from racer.optimal.corridor import Corridor
from racer.optimal.equations import casadi, excesses, rates, reach, usable
from racer.optimal.nodes import Nodes

_SMOOTH_STEERING = 3e-4  # seconds that a change of u costs: per rad2, times the spacing in metres
_SMOOTH_SPEED = 1e-5  # likewise of rise - fall, per (m/s2)2: else it could alternate
_PRICE_OF_FALL = 1e-7  # seconds a (m/s2)2: where it matters little how rise and fall share a change
_GREATEST_WANT = 60.0  # largest rise and fall (m/s2)
_GREATEST_ALPHA = 1.2  # (rad)
_LEAST_SPEED = 0.05  # of a car that does not stand (m/s): it keeps the time a metre finite
_LAST_CHANGE = (-0.1, 0.3)  # by how much the last interval of a standing lap may change (m)


@dataclass(frozen=True)
class Margins:
    """How far from the edge a lap stays. The default is not at all: the optimum."""

    road: float = 0.0
    """How far inside the borders the last wheel centre stays (m)."""
    steering: float = 0.0
    """Share of the steering's range that is left for corrections."""
    demand: float | None = None
    """Most lateral acceleration that is asked for, as a share of the grip; None: any."""
    speed: float = 0.0
    """Share of the top speed that is left for corrections."""
    braking: float = 0.0
    """The lowest speed that is commanded, as a share of the speed at the time."""


class Place(NamedTuple):
    """A column a node, or a symbol each: what the program has to know of the road."""

    curvature: Any  # (1/m), bent a little where it is straight
    rear_left: Any  # free width beside the rear wheels (m)
    rear_right: Any
    front_left: Any
    front_right: Any
    front_counts_left: (
        Any  # 1: beyond the left border the front wheel is to be on the road; 0: rear
    )
    front_counts_right: Any


class Symbols(NamedTuple):
    """The program of all laps with so many nodes; what a lap is comes in as parameters."""

    variables: Any
    """States at the nodes (the last of a flying lap is the first), controls between them, and the
    change of the last interval."""
    parameters: Any
    cost: Any
    constraints: Any
    """In this order: 4 n equations of motion, n speed commands, the same by
    the speed, n demands, 2 (n + 1) borders, and of a standing lap where the nose is at the end."""
    results: list[Any]
    """What is read off: states (4, n + 1), controls (3, n), speed commands and seconds (n, 1) of
    each interval, the change of the last one; left and right (n + 1, 1) by how much less the front
    wheel is on the road than the rear one (m)."""


class Numbers(NamedTuple):
    """What makes the program a lap. At first the rear wheels are to be on the road everywhere."""

    parameters: Floats
    guess: Floats
    low: Floats
    """Of the variables."""
    high: Floats
    least: Floats
    """Of the constraints."""
    most: Floats


@lru_cache(maxsize=4)
def symbols(n: int, *, is_flying: bool) -> Symbols:
    """Return the program of laps with n intervals.

    It takes CasADi a second to differentiate, and a lap less than that to be found: so it is kept.
    """
    ca = casadi()
    car_symbols = ca.SX.sym("car", len(VehicleParams._fields))
    car = VehicleParams(*(car_symbols[i] for i in range(car_symbols.numel())))
    road = ca.SX.sym("road", n + 1, len(Place._fields))
    at = Place(*(road[:, i] for i in range(len(Place._fields))))
    between = ca.SX.sym("between", n)  # curvature in the middle of the intervals
    lengths = ca.SX.sym("lengths", n)
    free = ca.SX.sym("x", 4, n if is_flying else n + 1)
    states = ca.horzcat(free, free[:, 0]) if is_flying else free
    controls = ca.SX.sym("u", 3, n)
    change = ca.SX.sym("change")

    steps = ca.vertcat(lengths[: n - 1], lengths[n - 1] + change)
    here = [states[i, :].T for i in range(4)]
    middle = [0.5 * (row[1:] + row[:-1]) for row in here]
    found = rates(middle, [controls[i, :].T for i in range(3)], between, car)
    constraints = [
        row[1:] - row[:-1] - steps * rate for row, rate in zip(here, found.by_metre, strict=True)
    ]
    constraints += [found.speed_command, found.speed_command / middle[2], found.demand]
    left = excesses(here, at.curvature, (at.rear_left, at.front_left), car, 1)
    right = excesses(here, at.curvature, (at.rear_right, at.front_right), car, -1)
    for (rear, front), counts in (
        (left, at.front_counts_left),
        (right, at.front_counts_right),
    ):
        constraints.append(rear + counts * (front - rear))
    if not is_flying:
        constraints.append(change + reach([row[n] for row in here], at.curvature[n], car))
    seconds = found.seconds * steps
    return Symbols(
        variables=ca.vertcat(ca.vec(free), ca.vec(controls), change),
        parameters=ca.vertcat(car_symbols, ca.vec(road), between, lengths),
        cost=ca.sum1(seconds) + _roughness(controls, steps, is_flying),
        constraints=ca.vertcat(*constraints),
        results=[states, controls, found.speed_command, seconds, change]
        + [front - rear for rear, front in (left, right)],
    )


def _roughness(controls: Any, steps: Any, is_flying: bool) -> Any:
    """Return the small price of changing the controls (s), which makes the solution unique."""
    ca = casadi()
    total = ca.SX(0.0)
    rise, fall, u = (controls[i, :].T for i in range(3))
    for row, price in ((rise - fall, _SMOOTH_SPEED), (u, _SMOOTH_STEERING)):
        before = ca.vertcat(row[-1] if is_flying else row[0], row[:-1])
        total += price * ca.sum1((row - before) ** 2 / steps)
    return total + _PRICE_OF_FALL * ca.sumsqr(fall)


def numbers(
    corridor: Corridor, car: VehicleParams, top_speed: float, margins: Margins, nodes: Nodes
) -> Numbers:
    """Return what makes the program a lap.

    Args:
        corridor: of the track.
        car: its parameters.
        top_speed: the highest command (m/s).
        margins: how far from the edge to stay.
        nodes: where the lap is cut.
    """
    s, n = nodes.s, len(nodes.s) - 1
    bend = corridor.curvature(s)
    rear, front = (corridor.widths(s + x - car.rotation_x) for x in (car.rear_x, car.front_x))
    rear_counts = np.zeros(n + 1)
    straight = np.abs(bend) < 1e-6
    road = Place(np.where(straight, 1e-6, bend), *rear, *front, rear_counts, rear_counts)
    between = corridor.curvature((s[1:] + s[:-1]) / 2.0)
    low, high = _bounds(bend, car, top_speed, margins, nodes)
    fastest = top_speed * (1.0 - margins.speed)
    demand = np.inf if margins.demand is None else margins.demand
    least = [np.zeros(4 * n), np.full(n, car.speed_min)]
    least += [np.full(n, margins.braking), np.full(n, -demand)]
    most = [np.zeros(4 * n), np.full(n, fastest)]
    most += [np.full(n, np.inf), np.full(n, demand)]
    least.append(np.full(2 * n + 2, -np.inf))
    most.append(np.full(2 * n + 2, -margins.road))
    if nodes.first is not None:
        least.append(np.array([nodes.finish - s[-1]]))
        most.append(np.array([nodes.finish - s[-1]]))
    return Numbers(
        parameters=np.concatenate([np.array(usable(car)), *road, between, np.diff(s)]),
        guess=_guess(bend, car, top_speed, margins, nodes),
        low=low,
        high=high,
        least=np.concatenate(least),
        most=np.concatenate(most),
    )


def with_wheels(lap: Numbers, left: NDArray[np.bool_], right: NDArray[np.bool_]) -> Numbers:
    """Return the numbers with other wheels that are to be on the road.

    Args:
        lap: the numbers.
        left: (n + 1,) beyond the left border: whether the front wheel counts, else the rear one.
        right: the same beyond the right border.
    """
    n = len(left) - 1
    end = len(lap.parameters) - 2 * n  # the wheels are the last of the road's columns
    parameters = lap.parameters.copy()
    parameters[end - 2 * (n + 1) : end] = np.concatenate([left, right])
    return lap._replace(parameters=parameters)


def with_pace(guess: Floats, pace: float, n_states: int) -> Floats:
    """Return a guess with its speeds multiplied.

    Args:
        guess: of the variables.
        pace: what the speeds are multiplied by.
        n_states: how many nodes have states of their own.
    """
    slower = guess.copy()
    slower[: 4 * n_states].reshape(n_states, 4)[:, 2] *= pace
    return slower


def _bounds(
    bend: Floats, car: VehicleParams, top_speed: float, margins: Margins, nodes: Nodes
) -> tuple[Floats, Floats]:
    """Return the bounds of all variables."""
    n = len(nodes.s) - 1
    m = n if nodes.first is None else n + 1
    room = 0.9 / np.maximum(np.abs(bend[:m]), 1e-3)  # stay short of the centre of curvature
    fastest = 1.05 * car.speed_gain * top_speed
    high = np.empty((m, 4))
    high[:] = [0.0, _GREATEST_ALPHA, fastest, car.steering_limit + abs(car.steering_bias)]
    low = -high
    low[:, 2] = _LEAST_SPEED
    high[:, 0] = np.where(bend[:m] > 0.0, room, 1e3)
    low[:, 0] = -np.where(bend[:m] < 0.0, room, 1e3)
    if nodes.first is not None:
        low[0] = high[0] = nodes.first
    limit = car.steering_limit * (1.0 - margins.steering)
    controls = np.tile([_GREATEST_WANT, _GREATEST_WANT, limit], n)
    least_controls = np.tile([0.0, 0.0, -limit], n)
    least, most = (0.0, 0.0) if nodes.first is None else _LAST_CHANGE
    return (
        np.concatenate([low.ravel(), least_controls, [least]]),
        np.concatenate([high.ravel(), controls, [most]]),
    )


def _guess(
    bend: Floats, car: VehicleParams, top_speed: float, margins: Margins, nodes: Nodes
) -> Floats:
    """Return where the search begins: on the line, at a modest speed."""
    n = len(nodes.s) - 1
    m = n if nodes.first is None else n + 1
    limit = 0.9 * car.steering_limit * (1.0 - margins.steering)
    calm = np.maximum(np.abs(gaussian_filter1d(bend[:m], 3, mode="wrap")), 1e-3)
    slow, fast = min(0.8, 0.8 * top_speed), min(2.5, 0.9 * top_speed)
    states = np.zeros((m, 4))
    states[:, 2] = np.clip(np.sqrt(0.4 * car.grip / calm), slow, fast)
    wanted = np.arctan(bend[:m] * car.wheelbase / car.curvature_gain)
    states[:, 3] = np.clip(wanted, -limit, limit)
    controls = np.full((n, 3), 0.1)
    controls[:, 2] = states[:n, 3]
    if nodes.first is not None:
        states[0] = nodes.first
    return np.concatenate([states.ravel(), controls.ravel(), [0.0]])

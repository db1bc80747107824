"""The time-optimal lap: direct transcription to a nonlinear program, solved by IPOPT.

Betts, "Practical Methods for Optimal Control", chapter 4: states at nodes along the road, controls
constant in between, the implicit midpoint rule as constraint; time is what is minimised.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from racer.errors import ConfigError, LimitError
from racer.kernels.layout import Floats, VehicleParams
from racer.optimal.corridor import Corridor
from racer.optimal.equations import casadi
from racer.optimal.lap import OptimalLap
from racer.optimal.nodes import Nodes, flying_nodes, standing_nodes
from racer.optimal.program import Margins, Numbers, numbers, symbols, with_pace, with_wheels
from racer.track import Track

SPACING = 0.1  # between nodes (m): halving it changes lap times by less than 0.1 %

_ATTEMPTS = (("adaptive", 1.0), ("adaptive", 0.6), ("monotone", 1.0), ("monotone", 0.6))
"""IPOPT's ways to lower the barrier, and by what the guessed speeds are multiplied: one after the
other until one finds a lap. The first is the quickest, and enough for most."""
_ROUNDS = 8  # of choosing which wheels are to be on the road
_GAIN = 1e-4  # a round that gains a smaller share is the last
_OPTIONS = {"print_level": 0, "sb": "yes", "max_iter": 300, "tol": 1e-6, "acceptable_tol": 1e-4}


def solve_lap(
    track: Track,
    car: VehicleParams,
    top_speed: float,
    *,
    standing: bool = False,
    start: float = 0.0,
    margins: Margins | None = None,
    spacing: float = SPACING,
) -> OptimalLap:
    """Return the fastest lap that a car can drive on a closed track, by its own equations.

    The rules are those of an episode: one wheel centre is on the road at all times. Commands may
    change at any time, within the car's limits; a driver that decides 15 times a second has less.

    Args:
        track: in the direction it is driven; ``track.reversed()`` is the other one.
        car: with lags, grip, scrub, losses and limits. Its dead time costs a standing start only.
        top_speed: the highest speed that may be commanded (m/s).
        standing: begin at rest on the centre line, as an episode does; else a flying lap.
        start: where a standing lap begins, as a fraction of the lap.
        margins: how far to stay from the edge; by default not at all, which is the optimum.
        spacing: between nodes (m).

    Raises:
        TrackError: if the track is open or crosses itself.
        ConfigError: if the car has no finite grip, or the top speed is out of its range.
        MissingExtraError: without CasADi.
        LimitError: if the solver finds no lap.
    """
    check(track, car, top_speed)
    casadi()
    corridor = Corridor.of(track)
    nodes = (
        standing_nodes(corridor, car, start, spacing)
        if standing
        else flying_nodes(corridor, spacing)
    )
    lap = numbers(corridor, car, top_speed, margins or Margins(), nodes)
    return _lap(corridor, car, top_speed, nodes, _solve(lap, nodes, track.name))


def check(track: Track, car: VehicleParams, top_speed: float) -> None:
    """Raise an error if there is no limit of this car on this track at this speed.

    Raises:
        TrackError: if the track is open or crosses itself.
        ConfigError: if the car has no finite grip, or the top speed is out of its range.
    """
    Corridor.check(track)
    if not (np.isfinite(car.grip) and car.grip > 0.0):
        raise ConfigError(
            f"grip: a car has a limit if its grip is positive and finite, got {car.grip:g}"
        )
    if not car.speed_min < top_speed <= car.speed_max:
        raise ConfigError(
            f"top_speed: must be above {car.speed_min:g} and at most {car.speed_max:g} m/s, what "
            f"the car can be told, got {top_speed:g}"
        )


@dataclass(frozen=True)
class _Solution:
    """A lap as the program has it."""

    states: Floats
    """(n + 1, 4) n, alpha, v and d at the nodes."""
    steering_command: Floats
    """(n,) between them (rad)."""
    speed_command: Floats
    """(n,) between them (m/s)."""
    seconds: Floats
    """(n,) from node to node."""
    change: Floats
    """(1,) of the arc length of the last node (m)."""
    left: Floats
    """(n + 1,) how much farther beyond the left border the front right wheel is than the rear one
    (m); negative: the front one is nearer to the road."""
    right: Floats
    """The same of the left wheels and the right border."""
    variables: Floats
    """All of the program."""

    @property
    def time(self) -> float:
        """Of the lap (s)."""
        return float(self.seconds.sum())


def _solve(lap: Numbers, nodes: Nodes, name: str) -> _Solution:
    """Return the solution of a program.

    Which wheel is on the road, the rear or the front one, is a choice at each node, and a program
    knows no choices. So the rear ones are to be there at first; then, where a front one is nearer
    to the road in the lap that was found, that one. The lap before still counts, so that each
    round can only be faster.

    Raises:
        LimitError: if the solver finds none.
    """
    is_flying = nodes.first is None
    guess, best = lap.guess, None
    for _ in range(_ROUNDS):
        attempts = _ATTEMPTS if best is None else _ATTEMPTS[:1]
        found = _ask(lap._replace(guess=guess), len(nodes.s) - 1, attempts, is_flying=is_flying)
        if isinstance(found, str) and best is None:
            raise LimitError(f"{name}: no lap was found: {found}")
        if isinstance(found, str) or (best and found.time > best.time * (1.0 - _GAIN)):
            break
        best, guess = found, found.variables
        lap = with_wheels(lap, found.left < 0.0, found.right < 0.0)
    assert best is not None
    return best


def _ask(
    lap: Numbers, n: int, attempts: tuple[tuple[str, float], ...], *, is_flying: bool
) -> _Solution | str:
    """Return what the solver finds, or why it finds nothing."""
    reason = ""
    for strategy, pace in attempts:
        solver = _solver(n, strategy, is_flying=is_flying)
        guess = with_pace(lap.guess, pace, n if is_flying else n + 1)
        found = solver(
            x0=guess, p=lap.parameters, lbx=lap.low, ubx=lap.high, lbg=lap.least, ubg=lap.most
        )["x"]
        stats = solver.stats()
        if stats["success"]:
            return _read(np.array(found).ravel(), lap.parameters, n, is_flying=is_flying)
        reason = f"{stats['return_status']} after {stats['iter_count']} iterations"
    return reason


def _read(variables: Floats, parameters: Floats, n: int, *, is_flying: bool) -> _Solution:
    """Return what a solution means."""
    results = _reader(n, is_flying=is_flying)(variables, parameters)
    states, controls, commands, seconds, change, left, right = (np.array(one) for one in results)
    return _Solution(
        states=states.T,
        steering_command=controls[2],
        speed_command=commands.ravel(),
        seconds=seconds.ravel(),
        change=change.ravel(),
        left=left.ravel(),
        right=right.ravel(),
        variables=variables,
    )


@lru_cache(maxsize=4)
def _solver(n: int, strategy: str, *, is_flying: bool) -> Any:
    """Return IPOPT for laps with n intervals, with one of its ways to lower the barrier."""
    program = symbols(n, is_flying=is_flying)
    problem = {
        "x": program.variables,
        "p": program.parameters,
        "f": program.cost,
        "g": program.constraints,
    }
    options = {**_OPTIONS, "mu_strategy": strategy}
    return casadi().nlpsol("lap", "ipopt", problem, {"print_time": False, "ipopt": options})


@lru_cache(maxsize=4)
def _reader(n: int, *, is_flying: bool) -> Any:
    """Return the function that reads the results off a solution."""
    program = symbols(n, is_flying=is_flying)
    return casadi().Function("read", [program.variables, program.parameters], program.results)


def _lap(
    corridor: Corridor, car: VehicleParams, top_speed: float, nodes: Nodes, found: _Solution
) -> OptimalLap:
    """Return a solution in the world's coordinates."""
    s = np.append(nodes.s[:-1], nodes.s[-1] + found.change)
    n, alpha, speed, steering = found.states.T
    heading = np.unwrap(corridor.heading(s)) + alpha
    centre = corridor.place(s, n)
    begin = 0.0 if nodes.first is None else car.dead_time
    time = begin + np.concatenate([[0.0], np.cumsum(found.seconds)])
    return OptimalLap(
        track=corridor.track,
        car=car,
        top_speed=top_speed,
        is_standing=nodes.first is not None,
        lap_time=float(time[-1]),
        time=time,
        s=s,
        x=centre[:, 0] - car.rotation_x * np.cos(heading),
        y=centre[:, 1] - car.rotation_x * np.sin(heading),
        heading=heading,
        speed=speed.copy(),
        steering=steering.copy(),
        steering_command=np.append(found.steering_command, found.steering_command[-1]),
        speed_command=np.append(found.speed_command, found.speed_command[-1]),
    )

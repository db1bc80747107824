"""The measure of a simulated car against real traces, and the fit of a car to them.

Open loop: a car starts in a logged state and is given the logged actions of the next 15 steps; the
error is the distance between its nose and the logged nose. The motion between the rows k and k + 1
of a trace uses the action of row k and lasts t[k] - t[k - 1], because a row's time stamp is taken
one step after its pose; in traces of versions 4 and 5 a step lasts 1/15 s whatever the time stamps
say.

The logs do not hold steering angle and speed, so a warm-up drives the model along the actions
before; then the pose is set to the logged one. Three warm-ups are measured:

    yaw         five steps; speed and steering begin as the logged motion of two steps shows them
    straight    five steps; the logged speed of one step, wheels straight
    whole log   from the start of the trace; at a reset the car stops, but the wheels stay turned,
                as in the real simulator (the yaw of its first steps goes with the last command of
                the episode before: correlation 0.5 to 0.6)
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from car_drives import HORIZON, WARM_UP, Trace
from car_kernels import (
    CAR,
    FOUR_WHEELS,
    N_SUBSTEPS,
    REFIT,
    WHEELBASE,
    FourWheels,
    Refit,
    states_after,
    states_along,
    window_errors,
)
from scipy.optimize import least_squares

from racer.kernels.layout import HEADING, SPEED, YAW_RATE, Floats, VehicleParams, X, Y
from racer.vehicle.params import vehicle

MARK = "SIM_TRACE_LOG:"  # before each row in a simulator's output
COLUMNS = (
    "episode", "steps", "x", "y", "yaw", "steer", "throttle", "action", "reward", "done",
    "all_wheels_on_track", "progress", "closest_waypoint", "track_len", "tstamp", "status",
)  # fmt: skip
LONGEST_STEP = 0.3  # a longer gap between time stamps is a fault of the log (s)
WARM_UPS = ("yaw", "straight", "whole log")

# what may be fitted, within which bounds
FREE = {
    "dead_time": (0.0, 0.066),
    "steering_lag": (0.02, 1.0),
    "speed_lag": (0.005, 0.5),
    "acceleration_limit": (1.0, 40.0),
    "deceleration_limit": (1.0, 40.0),
    "speed_gain": (0.8, 1.2),
    "curvature_gain": (0.3, 1.5),
    "rotation_x": (-0.25, 0.1),
    "grip": (1.5, 9.7),  # below gravity: the friction is at most 1
    "scrub": (0.0, 1.0),
    "steering_loss": (0.0, 2.0),
    "braking_loss": (0.0, 6.0),
}
# the fit looks at the errors after these steps, in units of a usual error (m)
FIT_STEPS = ((3, 0.03), (6, 0.05), (10, 0.08), (15, 0.12))
SOFT = 0.1  # a residual below its square root counts squared, a larger one by its size
_KINDS = {VehicleParams: CAR, Refit: REFIT, FourWheels: FOUR_WHEELS}

Model = VehicleParams | Refit | FourWheels


def read_trace(path: Path, step: float | None = None) -> Trace:
    """Return a trace from its file.

    Args:
        path: a sim-trace CSV, or a simulator's output with SIM_TRACE_LOG lines (``.log``).
        step: duration of every step (s); None takes the logged ones.
    """
    with path.open(newline="", errors="replace") as file:
        if path.suffix == ".log":
            found = (line.partition(MARK)[2] for line in file if MARK in line)
            rows = [row for row in csv.DictReader(found, COLUMNS) if row["status"] is not None]
        else:
            next(file)  # the names, which stand in COLUMNS
            rows = list(csv.DictReader(file, COLUMNS))

    def column(*names: str) -> Floats:
        return np.array([[row[name] for name in names] for row in rows], dtype=np.float64)

    pose, action = column("x", "y", "yaw"), column("steer", "throttle")
    time, (episode, steps) = column("tstamp")[:, 0], column("episode", "steps").T
    runs = np.array([row["status"] not in ("prepare", "pause") for row in rows])
    pose[:, 2] = np.radians(pose[:, 2])
    action[:, 0] = np.radians(action[:, 0])
    action[~runs] = 0.0
    gap = np.diff(time, prepend=np.nan)
    usable = (gap > 0.0) & (gap < LONGEST_STEP)
    is_first = np.diff(episode, prepend=-1) != 0
    goes_on = ~is_first & (np.diff(steps, prepend=np.nan) == 1.0)
    fine, joined = runs & usable, goes_on & usable
    starts = [
        i
        for i in range(WARM_UP, len(rows) - HORIZON)
        if fine[i - WARM_UP : i + HORIZON + 1].all()
        and joined[i - WARM_UP + 1 : i + HORIZON + 1].all()
    ]
    dt = np.where(usable, gap, 1.0 / 15.0) if step is None else np.full(len(rows), step)
    return Trace(pose, action, dt, is_first.astype(np.uint8), np.array(starts, dtype=np.int64))


def errors(
    model: Model, trace: Trace, warm_up: str = "yaw", n_substeps: int = N_SUBSTEPS
) -> Floats:
    """Return the error of the nose after each step of each window, (n_windows, HORIZON) (m).

    Args:
        model: a car, or a published model.
        trace: what to replay.
        warm_up: one of ``WARM_UPS``.
        n_substeps: physics steps a control step.
    """
    kind, row = _KINDS[type(model)], np.array(model, dtype=np.float64)
    action, dt, starts = trace.action, trace.dt, trace.starts
    if warm_up == "whole log":
        states = states_along(kind, row, action, dt, trace.is_first, n_substeps)
    else:
        initial = _initial(trace, straight=warm_up == "straight")
        states = states_after(kind, row, action, dt, starts, initial, WARM_UP, n_substeps)
    return window_errors(kind, row, states, trace.pose, action, dt, starts, HORIZON, n_substeps)


def _initial(trace: Trace, straight: bool) -> Floats:
    """Return speed (m/s), steering (rad), yaw rate (rad/s) before the warm-ups, (n_windows, 3)."""
    k = trace.starts - WARM_UP
    step = np.hypot(*np.diff(trace.pose[:, :2], axis=0).T) / trace.dt[:-1]
    if straight:
        return np.stack([step[k], np.zeros(len(k)), np.zeros(len(k))], axis=1)
    speed = 0.5 * (step[k - 1] + step[k])
    turn = _wrapped(trace.pose[k + 1, 2] - trace.pose[k - 1, 2])
    rate = turn / (trace.dt[k - 1] + trace.dt[k])
    usual_gain = 0.7  # of the curvature: the angle is a guess, the same for every model
    steering = np.arctan(rate / np.maximum(speed, 0.5) * WHEELBASE / usual_gain)
    return np.stack([speed, np.clip(steering, -0.53, 0.53), rate], axis=1)


def fit(
    base: VehicleParams,
    traces: Sequence[Trace],
    free: Mapping[str, tuple[float, float]],
    n_starts: int = 3,
) -> VehicleParams:
    """Return the car whose replays are nearest to the traces: robust least squares, a few starts.

    The warm-up is the whole log, which leaves the least of what a first guess of the state does.

    Args:
        base: the values that are not fitted, and the first start.
        traces: what to fit; each counts the same.
        free: the fields to fit with their bounds.
        n_starts: the base, and others scattered around it.
    """
    low, high = np.array(list(free.values())).T
    rng = np.random.default_rng(0)

    def car_at(point: Floats) -> VehicleParams:
        return vehicle(base, **dict(zip(free, (low + point * (high - low)).tolist(), strict=True)))

    def residuals(point: Floats) -> Floats:
        parts = []
        for trace in traces:
            found = errors(car_at(point), trace, "whole log")
            for step, scale in FIT_STEPS:
                squares = (found[:, step - 1] / scale) ** 2
                robust = np.sqrt(SOFT + squares) - np.sqrt(SOFT)
                parts.append(np.sqrt((robust + 1e-12) / len(found)))
        return np.concatenate(parts)

    begin = (np.array([getattr(base, field) for field in free]) - low) / (high - low)
    points = [begin] + [begin + rng.normal(0.0, 0.05, len(free)) for _ in range(n_starts - 1)]
    fits = [
        least_squares(residuals, np.clip(point, 0.01, 0.99), bounds=(0.0, 1.0), diff_step=[2e-3])
        for point in points
    ]
    return car_at(min(fits, key=lambda result: result.cost).x)


def yaw_residuals(car: VehicleParams, trace: Trace) -> tuple[float, float]:
    """Return how far a step's yaw is from the car's, and from a regression's (rad).

    The regression has the logged distance, and the last nine steering commands with weights fitted
    to this very trace: what it leaves is noise, as long as the wheels settle within nine steps.
    """
    row = np.array(car, dtype=np.float64)
    states = states_along(CAR, row, trace.action, trace.dt, trace.is_first, N_SUBSTEPS)
    k = trace.starts
    logged = _wrapped(trace.pose[k + 1, 2] - trace.pose[k, 2])
    modelled = _wrapped(states[k + 1, HEADING] - states[k, HEADING])
    distance = np.hypot(*(trace.pose[k + 1, :2] - trace.pose[k, :2]).T)
    lags = np.stack([np.tan(trace.action[k - i, 0]) * distance for i in range(-1, 8)], axis=1)
    guess = lags @ np.linalg.lstsq(lags, logged)[0]
    return float(np.std(logged - modelled)), float(np.std(logged - guess))


def steady_lateral(model: Model, steering: float, speed: float, n_steps: int = 60) -> float:
    """Return the lateral acceleration after a constant command from rest (m/s2).

    Args:
        model: a car, or a published model.
        steering: command (rad).
        speed: command (m/s).
        n_steps: control steps of 1/15 s.
    """
    end = _driven(model, steering, np.full(n_steps, speed))[-1]
    return float(end[SPEED] * end[YAW_RATE])


def braking_turn(
    model: Model, steering: float, fast: float, slow: float, n_steps: int
) -> tuple[float, float]:
    """Return the turn (rad), and the turn per metre, after a brake command in a steady curve.

    Args:
        model: a car, or a published model.
        steering: command, kept (rad).
        fast: command before (m/s).
        slow: command from then on (m/s).
        n_steps: control steps of 1/15 s after that command.
    """
    settled = 60
    speeds = np.append(np.full(settled, fast), np.full(n_steps + 1, slow))
    states = _driven(model, steering, speeds)[settled:]
    turn = float(np.unwrap(states[:, HEADING])[-1] - states[0, HEADING])
    path = np.hypot(*np.diff(states[:, [X, Y]], axis=0).T).sum()
    return turn, turn / float(path)


def _driven(model: Model, steering: float, speeds: Floats) -> Floats:
    """Return a model's states before each of its commands, from rest: (n, STATE_SIZE + 1)."""
    kind, row = _KINDS[type(model)], np.array(model, dtype=np.float64)
    action = np.stack([np.full(len(speeds), steering), speeds], axis=1)
    is_first = np.zeros(len(speeds), dtype=np.uint8)
    dt = np.full(len(speeds), 1.0 / 15.0)
    return states_along(kind, row, action, dt, is_first, N_SUBSTEPS)


def _wrapped(angle: Floats) -> Floats:
    """Return angles in [-pi, pi)."""
    return (angle + np.pi) % (2.0 * np.pi) - np.pi

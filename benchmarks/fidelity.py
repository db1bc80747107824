"""How far a simulated car is from the real simulator's after a second: measure it, and fit the car.

    python benchmarks/fidelity.py            the table of docs/car.md
    python benchmarks/fidelity.py --fit      fit the presets again and print their values

Open loop: a car starts in a logged state and is given the logged actions of the next 15 steps; the
error is the distance between its nose and the logged nose. The motion between the rows k and k + 1
of a trace uses the action of row k and lasts t[k] - t[k - 1], because a row's time stamp is taken
one step after its pose; in version 4 traces a step lasts 1/15 s whatever the time stamps say.

The logs do not hold steering angle and speed, so a warm-up drives the model along the actions
before; then the pose is set to the logged one. Two warm-ups are measured:

    5 steps     from the logged speed with straight wheels, five steps before the window
    whole log   from the start of the trace; at a reset the car stops, but the wheels stay turned,
                as in the real simulator (the yaw of its first steps goes with the last command of
                the episode before: correlation 0.5 to 0.6)

Reads the traces in the folder logs of RACER_REFERENCE_DATA (default ../shared).
"""

import argparse
import csv
import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from racer.kernels._jit import jit
from racer.kernels.layout import (
    COMMANDED_SPEED,
    COMMANDED_STEERING,
    HEADING,
    SPEED,
    STATE_SIZE,
    Bytes,
    Floats,
    Integers,
    VehicleParams,
    X,
    Y,
)
from racer.kernels.vehicle import advance, nose, place, vehicle_from_row
from racer.vehicle.params import VEHICLES, vehicle

WARM_UP, HORIZON, N_SUBSTEPS = 5, 15, 4
LONGEST_STEP = 0.3  # a longer gap between time stamps is a fault of the log (s)

V6 = (
    "v6_training/training-simtrace/0-iteration.csv",
    "v6_training/training-simtrace/1-iteration.csv",
)
V4 = (
    "v4_reinvent_base/training-simtrace/0-iteration.csv",
    "v4_reinvent_base/training-simtrace/20-iteration.csv",
)

# what is fitted, within which bounds; the other fields keep the preset's values
FREE_V6 = {
    "dead_time": (0.0, 0.066),
    "steering_lag": (0.02, 1.0),
    "acceleration_limit": (2.0, 40.0),
    "deceleration_limit": (2.0, 40.0),
    "speed_gain": (0.8, 1.2),
    "curvature_gain": (0.3, 1.5),
    "rotation_x": (-0.25, 0.1),
}
FREE_V4 = {
    "steering_lag": (0.02, 1.0),
    "speed_lag": (0.001, 0.5),
    "acceleration_limit": (1.0, 40.0),
} | {field: FREE_V6[field] for field in ("speed_gain", "curvature_gain", "rotation_x")}
# the fit looks at the errors after these steps, in units of a usual error (m)
FIT_STEPS = ((3, 0.03), (6, 0.05), (10, 0.08), (15, 0.12))


@dataclass(frozen=True)
class Trace:
    """A trace of the real simulator, and the windows that can be replayed in it."""

    pose: Floats  # (n, 3) x and y of the nose (m), heading (rad)
    action: Floats  # (n, 2) steering (rad), speed (m/s); zero in the prepare and pause rows
    dt: Floats  # (n,) duration of the motion from this row to the next (s)
    is_first: Bytes  # (n,) 1 where an episode begins
    starts: Integers  # (n_windows,) rows with WARM_UP rows before and HORIZON after them


def read_trace(path: Path, step: float | None = None) -> Trace:
    """Return a trace from its file.

    Args:
        path: a sim-trace CSV.
        step: duration of every step (s); None takes the logged ones.
    """
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    pose = np.array([(row["X"], row["Y"], row["yaw"]) for row in rows], dtype=np.float64)
    action = np.array([(row["steer"], row["throttle"]) for row in rows], dtype=np.float64)
    time = np.array([row["tstamp"] for row in rows], dtype=np.float64)
    episode = np.array([row["episode"] for row in rows], dtype=np.int64)
    runs = np.array([row["episode_status"] not in ("prepare", "pause") for row in rows])
    pose[:, 2] = np.radians(pose[:, 2])
    action[:, 0] = np.radians(action[:, 0])
    action[~runs] = 0.0
    gap = np.diff(time, prepend=np.nan)
    usable = (gap > 0.0) & (gap < LONGEST_STEP)
    fine = runs & usable
    starts = [
        i
        for i in range(WARM_UP, len(rows) - HORIZON)
        if fine[i - WARM_UP : i + HORIZON + 1].all()
        and episode[i - WARM_UP] == episode[i + HORIZON]
    ]
    dt = np.where(usable, gap, 1.0 / 15.0) if step is None else np.full(len(rows), step)
    is_first = np.diff(episode, prepend=-1) != 0
    return Trace(pose, action, dt, is_first.astype(np.uint8), np.array(starts, dtype=np.int64))


@jit
def _set_pose(state_row: Floats, pose: Floats, nose_x: float) -> None:
    """Put the nose of a car on a logged pose, and leave its speed and steering alone."""
    state_row[X] = pose[0] - nose_x * math.cos(pose[2])
    state_row[Y] = pose[1] - nose_x * math.sin(pose[2])
    state_row[HEADING] = pose[2]


@jit
def _states_along(
    row: Floats, action: Floats, dt: Floats, is_first: Bytes, n_substeps: int
) -> Floats:
    """Return the model's state in every row, driven along the whole trace."""
    car = vehicle_from_row(row)
    states = np.zeros((len(dt), STATE_SIZE))
    state = np.zeros(STATE_SIZE)
    for k in range(len(dt)):
        if is_first[k]:
            state[SPEED] = 0.0
            state[COMMANDED_STEERING] = 0.0
            state[COMMANDED_SPEED] = 0.0
        states[k] = state
        advance(state, car, action[k, 0], action[k, 1], dt[k], n_substeps)
    return states


@jit
def _states_after_warm_up(
    row: Floats,
    pose: Floats,
    action: Floats,
    dt: Floats,
    starts: Integers,
    warm_up: int,
    n_substeps: int,
) -> Floats:
    """Return the model's state in the rows of ``starts``, after a short warm-up."""
    car = vehicle_from_row(row)
    states = np.zeros((len(dt), STATE_SIZE))
    for start in starts:
        state = states[start]
        k = start - warm_up
        place(state, 0.0, 0.0, 0.0)
        moved = math.hypot(pose[k + 1, 0] - pose[k, 0], pose[k + 1, 1] - pose[k, 1])
        state[SPEED] = moved / dt[k]
        state[COMMANDED_STEERING] = action[k - 1, 0]
        state[COMMANDED_SPEED] = action[k - 1, 1]
        for i in range(k, start):
            advance(state, car, action[i, 0], action[i, 1], dt[i], n_substeps)
    return states


@jit
def _errors(
    row: Floats,
    states: Floats,
    pose: Floats,
    action: Floats,
    dt: Floats,
    starts: Integers,
    horizon: int,
    n_substeps: int,
) -> Floats:
    """Return the distance of the noses after each step of each window, (n_windows, horizon) (m)."""
    car = vehicle_from_row(row)
    errors = np.empty((len(starts), horizon))
    state = np.zeros(STATE_SIZE)
    for window in range(len(starts)):
        start = starts[window]
        state[:] = states[start]
        _set_pose(state, pose[start], car.nose_x)
        for i in range(horizon):
            k = start + i
            advance(state, car, action[k, 0], action[k, 1], dt[k], n_substeps)
            x, y = nose(car, state[X], state[Y], state[HEADING])
            errors[window, i] = math.hypot(x - pose[k + 1, 0], y - pose[k + 1, 1])
    return errors


def errors(
    car: VehicleParams, trace: Trace, whole_log: bool, n_substeps: int = N_SUBSTEPS
) -> Floats:
    """Return the error of the nose after each step of each window, (n_windows, HORIZON) (m).

    Args:
        car: the car to measure.
        trace: what to replay.
        whole_log: warm up along the whole log, or only five steps.
        n_substeps: physics steps a control step.
    """
    row = np.array(car, dtype=np.float64)
    if whole_log:
        states = _states_along(row, trace.action, trace.dt, trace.is_first, n_substeps)
    else:
        states = _states_after_warm_up(
            row, trace.pose, trace.action, trace.dt, trace.starts, WARM_UP, n_substeps
        )
    return _errors(
        row, states, trace.pose, trace.action, trace.dt, trace.starts, HORIZON, n_substeps
    )


def fit(
    base: VehicleParams,
    traces: list[Trace],
    free: dict[str, tuple[float, float]],
    n_starts: int = 3,
) -> VehicleParams:
    """Return the car whose replays are nearest to the traces: robust least squares, a few starts.

    Args:
        base: the values that are not fitted, and the first start.
        traces: what to fit.
        free: the fields to fit with their bounds.
        n_starts: the base, and others scattered around it.
    """
    low, high = np.array(list(free.values())).T
    rng = np.random.default_rng(0)

    def car_at(point: Floats) -> VehicleParams:
        return vehicle(base, **dict(zip(free, (low + point * (high - low)).tolist(), strict=True)))

    def residuals(point: Floats) -> Floats:
        parts = [errors(car_at(point), trace, whole_log=True) for trace in traces]
        scaled = [part[:, step - 1] / scale for part in parts for step, scale in FIT_STEPS]
        return np.sqrt(np.sqrt(1.0 + np.concatenate(scaled) ** 2) - 1.0 + 1e-12)

    begin = (np.array([getattr(base, field) for field in free]) - low) / (high - low)
    points = [begin] + [begin + rng.normal(0.0, 0.1, len(free)) for _ in range(n_starts - 1)]
    fits = [
        least_squares(residuals, np.clip(point, 0.02, 0.98), bounds=(0.0, 1.0), diff_step=[1e-3])
        for point in points
    ]
    return car_at(min(fits, key=lambda result: result.cost).x)


def yaw_residuals(car: VehicleParams, trace: Trace) -> tuple[float, float]:
    """Return how far a step's yaw is from the car's, and from a regression's (rad).

    The regression has the logged distance, and the last nine steering commands with weights fitted
    to this very trace: what it leaves is noise, as long as the wheels settle within nine steps.
    """
    row = np.array(car, dtype=np.float64)
    states = _states_along(row, trace.action, trace.dt, trace.is_first, N_SUBSTEPS)
    k = trace.starts
    logged = _wrapped(trace.pose[k + 1, 2] - trace.pose[k, 2])
    modelled = _wrapped(states[k + 1, HEADING] - states[k, HEADING])
    distance = np.hypot(*(trace.pose[k + 1, :2] - trace.pose[k, :2]).T)
    lags = np.stack([np.tan(trace.action[k - i, 0]) * distance for i in range(-1, 8)], axis=1)
    guess = lags @ np.linalg.lstsq(lags, logged)[0]
    return float(np.std(logged - modelled)), float(np.std(logged - guess))


def _wrapped(angle: Floats) -> Floats:
    """Return angles in [-pi, pi)."""
    return (angle + np.pi) % (2.0 * np.pi) - np.pi


def _row(name: str, car: VehicleParams, traces: list[Trace]) -> str:
    """Return a line of the table: median and 90 % quantile by warm-up and trace."""
    cells = []
    for trace in traces:
        for whole_log in (False, True):
            final = errors(car, trace, whole_log)[:, -1]
            cells.append(f"{np.median(final):.3f} ({np.quantile(final, 0.9):.3f})")
    return f"| {name} | " + " | ".join(cells) + " |"


def _table(
    title: str, files: tuple[str, str], cars: dict[str, VehicleParams], folder: Path
) -> None:
    """Print the errors of some cars on two traces."""
    traces = [_read(folder, file) for file in files]
    print(f"\n{title}: error of the nose after {HORIZON} steps, median (90 % quantile), in m\n")
    heads = [
        f"{Path(file).stem}, {warm_up}, n = {len(trace.starts)}"
        for file, trace in zip(files, traces, strict=True)
        for warm_up in ("5 steps", "whole log")
    ]
    print("| car | " + " | ".join(heads) + " |\n" + "|---" * (1 + len(heads)) + "|")
    for name, car in cars.items():
        print(_row(name, car, traces))
    for file, trace in zip(files, traces, strict=True):
        own, best = np.degrees(yaw_residuals(next(iter(cars.values())), trace))
        print(f"{Path(file).stem}: yaw of a step: {own:.2f} deg off, regression {best:.2f} deg")


def _read(folder: Path, file: str) -> Trace:
    """Return a trace; a step of version 4 lasts 1/15 s."""
    return read_trace(folder / file, step=1.0 / 15.0 if file.startswith("v4") else None)


def _fits(
    preset: str, files: tuple[str, str], free: dict[str, tuple[float, float]], folder: Path
) -> dict[str, VehicleParams]:
    """Return the preset fitted to each file alone and to both, and print the values."""
    traces = [_read(folder, file) for file in files]
    stems = [Path(file).stem for file in files]
    cars = {
        f"fitted on {stems[0]}": fit(VEHICLES[preset], traces[:1], free),
        f"fitted on {stems[1]}": fit(VEHICLES[preset], traces[1:], free),
        "fitted on both": fit(VEHICLES[preset], traces, free),
    }
    print(f"\n{preset}")
    for name, car in cars.items():
        print(f"  {name}: " + ", ".join(f"{field}={getattr(car, field):.4g}" for field in free))
    return cars


def main() -> None:
    """Print the tables; with ``--fit`` refit first."""
    parser = argparse.ArgumentParser(description="open-loop error of the cars against real traces")
    parser.add_argument("--fit", action="store_true", help="fit the presets again")
    default = Path(os.environ.get("RACER_REFERENCE_DATA", "../shared")) / "logs"
    parser.add_argument("--logs", type=Path, default=default, help="folder of the traces")
    options = parser.parse_args()
    if not options.logs.is_dir():
        parser.error(f"no folder {options.logs}: set RACER_REFERENCE_DATA or --logs")
    v6 = {name: VEHICLES[name] for name in ("deepracer", "ideal", "deepracer_v4")}
    v4 = {name: VEHICLES[name] for name in ("deepracer_v4", "ideal", "deepracer")}
    if options.fit:
        v6 |= _fits("deepracer", V6, FREE_V6, options.logs)
        v4 |= _fits("deepracer_v4", V4, FREE_V4, options.logs)
    _table("version 6", V6, v6, options.logs)
    _table("version 4", V4, v4, options.logs)


if __name__ == "__main__":
    main()

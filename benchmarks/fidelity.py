"""How far a simulated car is from the real simulator's after a second: docs/fidelity.md's figures.

    python benchmarks/fidelity.py            the tables
    python benchmarks/fidelity.py --fit      fit the presets again too: their values, and cross-fits

What is measured stands in car_measure.py, the fits in car_fits.py, the published models in
car_kernels.py, and how they are driven in car_drives.py. Reads the traces in the folder logs of
RACER_REFERENCE_DATA (default ../shared).
"""

import argparse
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from car_drives import HORIZON, Trace, drives
from car_fits import FITTED_DRIVES, fits_v4, fits_v5, fits_v6, part_of, print_values
from car_kernels import FourWheels, Refit
from car_measure import (
    WARM_UPS,
    Model,
    braking_turn,
    errors,
    read_trace,
    steady_lateral,
    yaw_residuals,
)

from racer.kernels.layout import STATE_SIZE, Floats, VehicleParams, X, Y
from racer.kernels.vehicle import advance
from racer.vehicle.params import VEHICLES

V6 = (
    "v6_training/training-simtrace/0-iteration.csv",
    "v6_training/training-simtrace/1-iteration.csv",
)
V5 = (
    "v5_FS_June2020/worker-0.log",
    "v5_FS_June2020/worker-1.log",
    "v5_objects/2022_reinvent_champ-head-to-bot.log",
)
V4 = (
    "v4_reinvent_base/training-simtrace/0-iteration.csv",
    "v4_reinvent_base/training-simtrace/20-iteration.csv",
    "v4_red_star_pro/worker-0.log",
)
SUMMARY = ("yaw", "whole log")  # the warm-ups of the first table
PUBLISHED = 0.068  # error of the four wheels on the traces that they were fitted to (m)


def _final(model: Model, trace: Trace, warm_up: str = "yaw") -> Floats:
    """Return the error at the end of each window, (n_windows,) (m)."""
    return errors(model, trace, warm_up)[:, -1]


def _print_table(title: str, heads: list[str], rows: Mapping[str, list[str]]) -> None:
    """Print a table in Markdown."""
    print(f"\n{title}\n\n| | " + " | ".join(heads) + " |\n" + "|---" * (1 + len(heads)) + "|")
    for name, cells in rows.items():
        print(f"| {name} | " + " | ".join(cells) + " |")


def _print_errors(title: str, models: Mapping[str, Model], traces: Mapping[str, Trace]) -> None:
    """Print median and 90 % quantile of the error, for each trace and warm-up."""
    heads = [
        f"{name}: {warm_up} (n = {len(trace.starts)})"
        for name, trace in traces.items()
        for warm_up in WARM_UPS
    ]
    rows = {}
    for name, model in models.items():
        found = [_final(model, trace, warm_up) for trace in traces.values() for warm_up in WARM_UPS]
        rows[name] = [f"{np.median(one):.3f} ({np.quantile(one, 0.9):.3f})" for one in found]
    _print_table(f"{title}: median error after {HORIZON} steps (90 % quantile), m", heads, rows)
    car = next(model for model in models.values() if isinstance(model, VehicleParams))
    for name, trace in traces.items():
        own, best = np.degrees(yaw_residuals(car, trace))
        episodes = len(np.unique(np.cumsum(trace.is_first)[trace.starts]))
        print(f"{name}: windows of {episodes} episodes; yaw of a step {own:.2f} deg off the car's,")
        print(f"    {best:.2f} deg off a regression on the last nine commands")


def _print_distances(models: Mapping[str, Model], driven: Mapping[str, Trace]) -> None:
    """Print the median distance to the four wheels, and what it suggests for other traces."""
    rows = {}
    for name, model in models.items():
        medians = [float(np.median(_final(model, trace))) for trace in driven.values()]
        typical = np.mean([medians[list(driven).index(one)] for one in FITTED_DRIVES])
        rows[name] = [f"{one:.3f}" for one in medians] + [f"{np.hypot(PUBLISHED, typical):.3f}"]
    heads = [f"{name} (n = {len(trace.starts)})" for name, trace in driven.items()]
    _print_table("median distance to the four wheels, m", [*heads, "estimate"], rows)
    print(f"estimate: root of the sum of squares of {PUBLISHED} and the mean without 4 m/s")


def _print_alignment(models: Mapping[str, Model], traces: Mapping[str, Trace]) -> None:
    """Print the errors with actions and time stamps shifted: is the alignment right?"""
    changes: dict[str, Callable[[Trace], Trace]] = {
        "as it is": lambda trace: trace,
        "action of the row before": lambda trace: replace(trace, action=_shifted(trace.action, 1)),
        "action of the row after": lambda trace: replace(trace, action=_shifted(trace.action, -1)),
        "dt of the row before": lambda trace: replace(trace, dt=_shifted(trace.dt, 1)),
        "dt of the row after": lambda trace: replace(trace, dt=_shifted(trace.dt, -1)),
        "dt with a quarter of the one after": lambda trace: replace(
            trace, dt=0.75 * trace.dt + 0.25 * _shifted(trace.dt, -1)
        ),
        "dt always 1/15 s": lambda trace: replace(trace, dt=np.full(len(trace.dt), 1.0 / 15.0)),
    }
    rows = {
        name: [
            f"{np.median(_final(model, change(trace))):.3f}"
            for model in models.values()
            for trace in traces.values()
        ]
        for name, change in changes.items()
    }
    heads = [f"{model}, {trace}" for model in models for trace in traces]
    _print_table("version 6, alignment: median error, m", heads, rows)


def _shifted(values: Floats, n_rows: int) -> Floats:
    """Return rows moved down, so that each one holds what stood ``n_rows`` before it."""
    return np.roll(values, n_rows, axis=0)


def _print_thirds(models: Mapping[str, Model], traces: Mapping[str, Trace]) -> None:
    """Print the errors of the windows with the least, more and most change of steering."""
    change = np.concatenate(
        [
            [np.abs(np.diff(trace.action[i - 3 : i + HORIZON, 0])).mean() for i in trace.starts]
            for trace in traces.values()
        ]
    )
    thirds = np.array_split(np.argsort(change, kind="stable"), 3)
    rows = {}
    for name, model in models.items():
        found = np.concatenate([_final(model, trace) for trace in traces.values()])
        rows[name] = [f"{np.median(found[third]):.3f}" for third in thirds]
    heads = [f"{np.degrees(np.median(change[third])):.0f} deg a step" for third in thirds]
    _print_table("version 6, both traces, by change of steering: median error, m", heads, rows)


def _print_convergence(car: VehicleParams) -> None:
    """Print how far the substeps are from the converged solution after a second at random."""
    rng = np.random.default_rng(0)
    steering, speed = rng.uniform(-np.pi / 6, np.pi / 6, (200, 15)), rng.uniform(0.5, 4, (200, 15))

    def ends(n_substeps: int) -> Floats:
        states = np.zeros((200, STATE_SIZE))
        for i in range(200):
            for k in range(15):
                advance(states[i], car, steering[i, k], speed[i, k], 1.0 / 15.0, n_substeps)
        return states[:, [X, Y]]

    exact = ends(1024)
    print("\nsubsteps: distance to the converged solution after 1 s, median and largest, mm")
    for n in (1, 2, 4, 8):
        off = 1e3 * np.hypot(*(ends(n) - exact).T)
        print(f"  {n}: {np.median(off):.1f}, {off.max():.0f}")


def _print_steady(models: Mapping[str, Model]) -> None:
    """Print the lateral acceleration in steady curves, at some angles (deg) for each speed."""
    angles, rows = (10, 20, 30), {}
    for speed in (1.0, 2.0, 2.5, 3.0, 4.0):
        cells = []
        for model in models.values():
            found = [steady_lateral(model, math.radians(angle), speed) for angle in angles]
            cells.append(" / ".join(f"{one:.2f}" for one in found))
        rows[f"{speed} m/s"] = cells
    title = "lateral acceleration in a steady curve at 10 / 20 / 30 deg, m/s2"
    _print_table(title, list(models), rows)


def _print_braking(models: Mapping[str, Model]) -> None:
    """Print how much more the car turns than the four wheels when it brakes in a curve."""
    car, wheels = models["deepracer"], models["four wheels"]
    rows = {}
    for fast, slow in ((2.0, 0.5), (2.5, 1.0), (3.0, 1.0), (3.0, 2.0), (4.0, 1.0), (4.0, 3.0)):
        angles = (10, 20, 25, 30) if fast < 4.0 else (10, 20)  # beyond, the four wheels spin out
        cells = []
        for n_steps in (3, 6, 10):
            own, theirs = (
                np.array([braking_turn(one, math.radians(a), fast, slow, n_steps) for a in angles])
                for one in (car, wheels)
            )
            cells += [" / ".join(f"{x:.2f}" for x in ratio) for ratio in (own / theirs).T]
        rows[f"{fast} to {slow} m/s"] = cells
    heads = [f"{what}, {n} steps" for n in (3, 6, 10) for what in ("turn", "turn per metre")]
    title = "braking in a curve at 10 / 20 / 25 / 30 deg: deepracer per four wheels, from the brake"
    _print_table(title, heads, rows)


def _read(folder: Path, files: tuple[str, ...]) -> dict[str, Trace]:
    """Return traces by their names; a step of versions 4 and 5 lasts 1/15 s."""
    return {
        file if file.endswith("log") else Path(file).stem: read_trace(
            folder / file, None if file.startswith("v6") else 1.0 / 15.0
        )
        for file in files
    }


def _print_summary(traces: Mapping[str, Mapping[str, Trace]]) -> None:
    """Print what docs/car.md shows: each preset on the traces of each version."""
    rows = {}
    groups = {
        "version 6": list(traces["v6"].values()),
        "version 5": list(traces["v5"].values()),
        "version 4, up to 2 m/s": list(traces["v4"].values())[:2],
        "version 4, up to 4 m/s": list(traces["v4"].values())[2:],
    }
    for name, group in groups.items():
        cells = [str(sum(len(trace.starts) for trace in group))]
        for car in VEHICLES.values():
            found = [np.concatenate([_final(car, one, w) for one in group]) for w in SUMMARY]
            cells.append(" / ".join(f"{np.median(one):.3f}" for one in found))
        rows[name] = cells
    _print_table("median error after 1 s, yaw / whole log, m", ["windows", *VEHICLES], rows)


def main() -> None:
    """Print the tables; with ``--fit`` refit first."""
    parser = argparse.ArgumentParser(description="open-loop error of the cars against real traces")
    parser.add_argument("--fit", action="store_true", help="fit the presets again")
    default = Path(os.environ.get("RACER_REFERENCE_DATA", "../shared")) / "logs"
    parser.add_argument("--logs", type=Path, default=default, help="folder of the traces")
    options = parser.parse_args()
    if not options.logs.is_dir():
        parser.error(f"no folder {options.logs}: set RACER_REFERENCE_DATA or --logs")
    traces = {
        name: _read(options.logs, files) for name, files in (("v6", V6), ("v5", V5), ("v4", V4))
    }
    _print_summary(traces)
    v6 = traces["v6"]
    driven = drives(traces["v4"]["20-iteration"])
    own: dict[str, Model] = {"deepracer": VEHICLES["deepracer"]}
    published: dict[str, Model] = {"published refit": Refit(), "four wheels": FourWheels()}
    ideal: dict[str, Model] = {"ideal": VEHICLES["ideal"]}
    v5: dict[str, Model] = {"deepracer_v5": VEHICLES["deepracer_v5"]}
    v4: dict[str, Model] = {"deepracer_v4": VEHICLES["deepracer_v4"]}
    fitted: dict[str, VehicleParams] = {}
    if options.fit:
        fitted, fives, fours = fits_v6(v6, driven), fits_v5(traces["v5"]), fits_v4(traces["v4"])
        for cars in (fitted, fives, fours):
            print_values(cars)
        v5, v4 = v5 | fives, v4 | fours
    _print_errors("version 6", own | fitted | published | ideal, v6)
    _print_distances(own | fitted | published | ideal, driven)
    _print_alignment(own | published, v6)
    _print_thirds(own | published, v6)
    _print_steady(own | published)
    _print_braking(own | published)
    _print_convergence(VEHICLES["deepracer"])
    _print_errors("version 5", v5 | ideal, traces["v5"])
    halves = {f"fast, half {k + 1}": part_of(list(traces["v4"].values())[2], k) for k in (0, 1)}
    _print_errors("version 4", v4 | ideal, dict(list(traces["v4"].items())[:2]) | halves)


if __name__ == "__main__":
    main()

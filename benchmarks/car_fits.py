"""The cars fitted to parts of the traces, to be tested on the others: ``fidelity.py --fit``."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from car_drives import Trace
from car_measure import FREE, fit

from racer.kernels.layout import VehicleParams
from racer.vehicle.params import VEHICLES

FITTED_DRIVES = ("v4 actions", "2 m/s", "2.5 m/s", "smooth", "steady")
WINDOWS = 700  # of a trace that is fitted
DRIVE_WINDOWS = 150  # of each drive

# what a version's traces resolve; the other fields keep the preset's values
FREE_V6 = {field: bounds for field, bounds in FREE.items() if field != "braking_loss"}
FREE_V5 = {
    field: bounds
    for field, bounds in FREE.items()
    if field not in ("dead_time", "steering_lag", "steering_loss")
}
FREE_V4 = {field: bounds for field, bounds in FREE.items() if field != "scrub"}


def part_of(trace: Trace, k: int, n: int = 2) -> Trace:
    """Return a trace with the windows of the k-th of n equal runs of its episodes."""
    episode = np.cumsum(trace.is_first) - 1
    part = episode[trace.starts] * n // (episode[-1] + 1)
    return replace(trace, starts=trace.starts[part == k])


def thinned(trace: Trace, n: int = WINDOWS) -> Trace:
    """Return a trace with about so many of its windows, evenly spread."""
    return replace(trace, starts=trace.starts[:: max(1, len(trace.starts) // n)])


def fits_v6(traces: Mapping[str, Trace], driven: Mapping[str, Trace]) -> dict[str, VehicleParams]:
    """Return the default car fitted to a trace, or both, and drives of the four wheels."""
    rng = np.random.default_rng(0)
    wheels = []
    for name in FITTED_DRIVES:
        starts = rng.choice(driven[name].starts, DRIVE_WINDOWS, replace=False)
        wheels.append(replace(driven[name], starts=np.sort(starts)))
    zero, one = traces.values()
    groups = {
        "fitted on 0 and the four wheels": [zero, *wheels],
        "fitted on 1 and the four wheels": [one, *wheels],
        "fitted on all": [zero, one, *wheels],
    }
    base = VEHICLES["deepracer"]
    return {name: fit(base, group, FREE_V6) for name, group in groups.items()}


def fits_v5(traces: Mapping[str, Trace]) -> dict[str, VehicleParams]:
    """Return the version 5 car fitted to each trace of FS_June2020, and to all traces."""
    zero, one, objects = traces.values()
    groups = {
        "fitted on worker 0": [zero],
        "fitted on worker 1": [one],
        "fitted on all": [zero, one, objects],
    }
    return _fitted("deepracer_v5", groups, FREE_V5)


def fits_v4(traces: Mapping[str, Trace]) -> dict[str, VehicleParams]:
    """Return the version 4 car fitted to the slow trace 20 and halves of the fast one, or all."""
    _, slow, fast = traces.values()
    groups = {
        "fitted on 20 and the first fast half": [slow, part_of(fast, 0)],
        "fitted on 20 and the second fast half": [slow, part_of(fast, 1)],
        "fitted on 20 and fast": [slow, fast],
    }
    return _fitted("deepracer_v4", groups, FREE_V4)


def _fitted(
    name: str,
    groups: Mapping[str, Sequence[Trace]],
    free: Mapping[str, tuple[float, float]],
) -> dict[str, VehicleParams]:
    return {
        title: fit(VEHICLES[name], [thinned(trace) for trace in group], free, n_starts=1)
        for title, group in groups.items()
    }


def print_values(cars: Mapping[str, VehicleParams]) -> None:
    """Print the constants of motion."""
    print()
    for name, car in cars.items():
        fields = [f"{field}={getattr(car, field):.4g}" for field in FREE]
        print(f"{name}: " + ", ".join(fields))

"""What the real simulator logged, recomputed from its poses: the rules hold to the digit."""

import csv

import numpy as np
import pytest

from racer.kernels import layout as L  # noqa: N812
from racer.kernels.world import lap_progress, localise
from racer.track import load_track
from racer.vehicle import vehicle

TRACES = [
    ("v4_reinvent_base", "reinvent_base", "0-iteration.csv"),
    ("v4_reinvent_base", "reinvent_base", "20-iteration.csv"),
    ("v6_training", "Spain_track", "0-iteration.csv"),
    ("v6_training", "Spain_track", "1-iteration.csv"),
]


def recompute(rows, track):
    """Yield (row, measured row, progress in percent) for each logged step."""
    car = vehicle("deepracer")
    measured = np.zeros(L.MEASURED_SIZE)
    start, before = 0.0, 0.0
    for row in rows:
        x, y, heading = (float(row[k]) for k in ("X", "Y", "yaw"))
        heading = np.deg2rad(heading)
        base_x = x - car.nose_x * np.cos(heading)
        base_y = y - car.nose_x * np.sin(heading)
        localise(measured, track.arrays, 0, car, base_x, base_y, heading)
        fraction = measured[L.ALONG] / track.length
        if row["episode_status"] == "prepare":
            # each episode starts a twentieth of the lap further; the log does not say where
            start = round((fraction - float(row["progress"]) / 100.0) % 1.0 / 0.05) * 0.05 % 1.0
            before = 0.0
        before = lap_progress(fraction, start, before)
        yield row, measured, 100.0 * min(before, 1.0)


@pytest.mark.parametrize(("folder", "route", "file"), TRACES)
def test_progress_waypoints_and_wheels_equal_the_log(reference_data, folder, route, file):
    track = load_track(reference_data / "tracks" / f"{route}.npy")
    path = reference_data / "logs" / folder / "training-simtrace" / file
    with path.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 300
    worst_progress, wrong_waypoint, wrong_wheels = 0.0, 0, 0
    for row, measured, progress in recompute(rows, track):
        worst_progress = max(worst_progress, abs(progress - float(row["progress"])))
        nose = np.array([float(row["X"]), float(row["Y"])])
        pair = [int(measured[L.CLOSEST_BEFORE]), int(measured[L.CLOSEST_AFTER])]
        distances = [np.hypot(*(track.center[i] - nose)) for i in pair]
        nearer = pair[0] if distances[0] <= distances[1] else pair[1]
        wrong_waypoint += nearer != int(row["closest_waypoint"])
        logged = row["all_wheels_on_track"] == "True"
        wrong_wheels += logged != bool(measured[L.WHEELS_ON])
    assert worst_progress < 1e-6
    assert wrong_waypoint == 0
    assert wrong_wheels <= 0.005 * len(rows)


def test_what_the_log_calls_off_track_has_no_wheel_on_the_road(reference_data):
    for folder, route, file in TRACES:
        track = load_track(reference_data / "tracks" / f"{route}.npy")
        path = reference_data / "logs" / folder / "training-simtrace" / file
        with path.open(newline="") as lines:
            rows = list(csv.DictReader(lines))
        off = [m[L.IS_OFFTRACK] for r, m, _ in recompute(rows, track) if r["episode_status"] == "off_track"]
        assert sum(off) >= 0.98 * len(off)

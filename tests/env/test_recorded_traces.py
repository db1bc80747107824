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


def read(reference_data, folder, file):
    path = reference_data / "logs" / folder / "training-simtrace" / file
    with path.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 300
    return rows


@pytest.mark.parametrize(("folder", "route", "file"), TRACES)
def test_progress_and_waypoints_equal_the_log_in_every_row(reference_data, folder, route, file):
    track = load_track(reference_data / "tracks" / f"{route}.npy")
    worst_progress, wrong_waypoint = 0.0, 0
    for row, measured, progress in recompute(read(reference_data, folder, file), track):
        worst_progress = max(worst_progress, abs(progress - float(row["progress"])))
        nose = np.array([float(row["X"]), float(row["Y"])])
        pair = [int(measured[L.CLOSEST_BEFORE]), int(measured[L.CLOSEST_AFTER])]
        distances = [np.hypot(*(track.center[i] - nose)) for i in pair]
        nearer = pair[0] if distances[0] <= distances[1] else pair[1]
        wrong_waypoint += nearer != int(row["closest_waypoint"])
    assert worst_progress < 1e-6
    assert wrong_waypoint == 0


def test_wheels_equal_the_log_in_at_least_995_of_1000_rows(reference_data):
    n_rows, n_wrong, n_wrong_driving = 0, 0, 0
    for folder, route, file in TRACES:
        track = load_track(reference_data / "tracks" / f"{route}.npy")
        wrong_driving = 0
        rows = read(reference_data, folder, file)
        for row, measured, _ in recompute(rows, track):
            wrong = (row["all_wheels_on_track"] == "True") != bool(measured[L.WHEELS_ON])
            n_wrong += wrong
            # prepare rows may show the flag of the start beside the pose of the episode before
            wrong_driving += wrong and row["episode_status"] != "prepare"
        assert wrong_driving <= 0.005 * len(rows), file
        n_wrong_driving += wrong_driving
        n_rows += len(rows)
    assert n_wrong <= 0.005 * n_rows
    assert n_wrong_driving <= 1


def test_what_the_log_calls_off_track_has_no_wheel_on_the_road(reference_data):
    off = []
    for folder, route, file in TRACES:
        track = load_track(reference_data / "tracks" / f"{route}.npy")
        steps = recompute(read(reference_data, folder, file), track)
        off += [m[L.IS_OFFTRACK] for row, m, _ in steps if row["episode_status"] == "off_track"]
    assert len(off) > 40
    assert sum(off) >= 0.97 * len(off)  # 73 of 75: poses are read a moment after the flags

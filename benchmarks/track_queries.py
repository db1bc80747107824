"""Questions about the road: a million points a track against shapely, and the time of each answer.

    python benchmarks/track_queries.py [TRACK ...] [--points N]

Without names all shipped tracks are asked. Every answer is compared with shapely's; the script
fails at the first track where one differs. Times are the best of several runs on one core.
"""

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray

from racer.kernels._jit import jit
from racer.kernels.layout import Floats, TrackArrays
from racer.kernels.road import (
    border_points,
    closest_waypoints,
    inside_road,
    points_inside,
    pose_at,
    project,
    project_points,
)
from racer.track import Track, load_track, track_names

N_CARS = 1024
REPEATS = 30
WHEELS = np.array([[0.0, 0.09], [0.0, -0.09], [0.16, 0.09], [0.16, -0.09]])  # (m)


@jit
def ask_as_a_step_does(tracks: TrackArrays, points: Floats, wheels: Floats) -> float:
    """Ask for each point what a control step asks for a car; return a sum, so that all is done."""
    total = 0.0
    for i in range(len(points)):
        x, y = points[i, 0], points[i, 1]
        segment, s, px, py, distance = project(tracks, 0, x, y)
        inner_x, inner_y, outer_x, outer_y = border_points(tracks, 0, segment, s, px, py)
        before, after = closest_waypoints(tracks, 0, segment, s)
        total += distance + inner_x + inner_y + outer_x + outer_y + before + after
        for k in range(len(wheels)):
            total += inside_road(tracks, 0, x + wheels[k, 0], y + wheels[k, 1])
        for k in range(8):
            ahead_x, ahead_y, heading = pose_at(tracks, 0, s + 0.25 * k)
            total += ahead_x + ahead_y + heading
    return total


def best_time(ask: Callable[[], object], n: int, repeats: int = REPEATS) -> float:
    """Return the shortest time of one of ``n`` answers (ns)."""
    ask()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        ask()
        times.append(time.perf_counter() - start)
    return min(times) / n * 1e9


def road_of(track: Track) -> shapely.Polygon:
    """Return the road as shapely has it."""
    if track.is_loop:
        return shapely.Polygon(track.outer, [track.inner])
    return shapely.Polygon(np.concatenate((track.outer, track.inner[::-1])))


def some_points(track: Track, n: int, rng: np.random.Generator) -> Floats:
    """Return n points, half of them anywhere around the track, half of them on and beside it."""
    low, high = track.outer.min(axis=0) - 1.0, track.outer.max(axis=0) + 1.0
    anywhere = rng.uniform(low, high, (n - n // 2, 2))
    s, lateral = rng.uniform(0.0, track.length, n // 2), rng.normal(0.0, track.width / 2.0, n // 2)
    return np.concatenate((anywhere, track.position(s, lateral)))


def differences(track: Track, points: Floats) -> tuple[float, int, int]:
    """Compare with shapely: largest difference of distance (m), other places, other insides."""
    out = np.empty((len(points), 4))
    inside = np.empty(len(points), np.uint8)
    project_points(track.arrays, 0, points, out)
    points_inside(track.arrays, 0, points, inside)
    line, asked = shapely.LineString(track.center), shapely.points(points)
    distance = np.abs(np.abs(out[:, 1]) - shapely.distance(line, asked)).max()
    elsewhere = np.abs(out[:, 0] - shapely.line_locate_point(line, asked)) > 1e-9
    wrong: NDArray[np.bool_] = inside != shapely.contains_xy(road_of(track), points)
    return float(distance), int(elsewhere.sum()), int(wrong.sum())


def times(track: Track, rng: np.random.Generator) -> tuple[float, float, float, float, float]:
    """Return ns an answer: all of a step; project, inside; shapely's project, inside."""
    cars = some_points(track, 2 * N_CARS, rng)[N_CARS:]
    out, inside = np.empty((N_CARS, 4)), np.empty(N_CARS, np.uint8)
    arrays, line, road = track.arrays, shapely.LineString(track.center), road_of(track)
    shapely.prepare(road)
    asked = shapely.points(cars)
    return (
        best_time(lambda: ask_as_a_step_does(arrays, cars, WHEELS), N_CARS),
        best_time(lambda: project_points(arrays, 0, cars, out), N_CARS),
        best_time(lambda: points_inside(arrays, 0, cars, inside), N_CARS),
        best_time(lambda: shapely.line_locate_point(line, asked), N_CARS, 5),
        best_time(lambda: shapely.contains_xy(road, cars), N_CARS, 5),
    )


def main() -> None:
    """Print one row a track."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tracks", nargs="*", help="names or files; default: all shipped")
    parser.add_argument("--points", type=int, default=1_000_000, help="compared on each track")
    arguments = parser.parse_args()
    print("ns an answer on one core; a step: 1 project, 1 border_points, 1 closest_waypoints,")
    print("4 inside_road, 8 pose_at for one car\n")
    print(
        f"{'track':24}{'waypoints':>10}{'build ms':>10}{'a step':>8}{'project':>9}{'inside':>8}"
        f"{'shapely project':>17}{'shapely inside':>16}   differences among {arguments.points:,}"
    )
    rng = np.random.default_rng(0)
    failed = False
    for name in arguments.tracks or track_names():
        track = load_track(name)
        start = time.perf_counter()
        _ = track.arrays
        build = (time.perf_counter() - start) * 1e3
        step, project_ns, inside_ns, slow_project, slow_inside = times(track, rng)
        distance, elsewhere, wrong = differences(track, some_points(track, arguments.points, rng))
        failed |= distance > 1e-12 or elsewhere > 0 or wrong > 0
        print(
            f"{track.name:24}{len(track.center):10}{build:10.0f}{step:8.0f}{project_ns:9.0f}"
            f"{inside_ns:8.1f}{slow_project:17.0f}{slow_inside:16.0f}   "
            f"distance {distance:.0e} m, place {elsewhere}, inside {wrong}",
            flush=True,
        )
    sys.exit(failed)


if __name__ == "__main__":
    main()

"""The lidar: frames a second of our kernel, and of shapely asked for the same distances.

    python benchmarks/lidar_speed.py [TRACK ...] [--cars N]

Without names all shipped tracks are asked. A frame is all 64 beams of one car. Times are the median
of several runs on one core; the distances of both are compared, and the script fails where they
differ by more than a millionth. The last columns say which part of the beams is longer than
DeepRacer's clip (1 m) and than ours.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import shapely

from racer.env import World
from racer.kernels import layout
from racer.kernels.layout import Floats, Singles
from racer.sensors.lidar import AHEAD, CLIPS, MIN_RANGE, LidarSensor
from racer.track import Track, load_track, track_names

REPEATS = 15
SLOW_REPEATS = 3
MOST_DIFFERENCE = 1e-6


def frames_a_second(observe: Callable[[], object], n_cars: int, repeats: int) -> float:
    """Return how many frames a second are made, from the median of several runs."""
    observe()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        observe()
        times.append(time.perf_counter() - start)
    return n_cars / statistics.median(times)


def drive(track: Track, n_cars: int, sensor: LidarSensor) -> World:
    """Return a world whose cars are spread over the road, across it too, looking here and there."""
    rng = np.random.default_rng(1)
    s = rng.uniform(0.0, track.length, n_cars)
    at = track.position(s, rng.uniform(-0.4, 0.4, n_cars) * track.width)
    world = World(track, n_cars=n_cars, sensor=sensor)
    heading = track.heading(s) + rng.normal(0.0, 0.15, n_cars)
    world.place(np.arange(n_cars), np.column_stack((at, heading)))
    return world


def outline(track: Track) -> shapely.MultiLineString:
    """Return the borders and, on an open track, the lines across its ends."""
    lines = [track.inner, track.outer]
    if not track.is_loop:
        lines += [np.array([track.inner[k], track.outer[k]]) for k in (0, -1)]
    walls = shapely.MultiLineString([shapely.LineString(line) for line in lines])
    shapely.prepare(walls)
    return walls


def shapely_observes(
    state: Floats, walls: shapely.MultiLineString, angles: Floats, clip: float
) -> Singles:
    """Return the form ``beams`` of all cars, as the sensor does: (n_cars, n_beams)."""
    heading = state[:, layout.HEADING]
    ahead = np.stack((np.cos(heading), np.sin(heading)), axis=1)
    begin = np.repeat(state[:, [layout.X, layout.Y]] + AHEAD * ahead, len(angles), axis=0)
    looks = (heading[:, None] + angles).ravel()
    ways = np.stack((np.cos(looks), np.sin(looks)), axis=1)
    beams = shapely.linestrings(np.stack((begin, begin + clip * ways), axis=1))
    met = shapely.intersection(beams, walls)
    distance = shapely.distance(met, shapely.points(begin))
    distance[np.isnan(distance)] = clip  # nothing was met
    seen: Singles = (np.clip(distance, MIN_RANGE, clip) / clip).astype(np.float32)
    return seen.reshape(len(state), len(angles))


def row(track: Track, n_cars: int) -> tuple[str, float]:
    """Return the figures of a track as a line, and by how much the observations differ."""
    cars = np.arange(n_cars)
    figures = ""
    for form in CLIPS:
        world = drive(track, n_cars, LidarSensor(form))
        speed = frames_a_second(partial(world._observe, cars), n_cars, REPEATS)
        figures += f"{speed:13,.0f}"
    sensor, clip = LidarSensor("beams"), CLIPS["beams"]
    world = drive(track, n_cars, sensor)
    world._observe(cars)
    ask = partial(shapely_observes, world.state, outline(track), sensor.angles, clip)
    slow = ask()
    difference = float(np.abs(slow - world.observation).max())
    figures += f"{frames_a_second(ask, n_cars, SLOW_REPEATS):10,.0f}{difference:12.0e}"
    for limit in (1.0, clip):
        figures += f"{np.mean(slow >= np.float32(limit / clip)):8.1%}"
    return f"{track.name:18}{figures}", difference


def main() -> None:
    """Print one row a track."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tracks", nargs="*", help="names or files; default: all shipped")
    parser.add_argument("--cars", type=int, default=64)
    arguments = parser.parse_args()
    print(f"frames a second of {arguments.cars} cars on one core\n")
    forms = "".join(f"{form:>13}" for form in CLIPS)
    print(f"{'track':18}{forms}{'shapely':>10}{'differ by':>12}{'> 1 m':>8}{'> 4 m':>8}")
    failed = False
    for name in arguments.tracks or track_names():
        line, difference = row(load_track(name), arguments.cars)
        failed |= difference > MOST_DIFFERENCE
        print(line, flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()

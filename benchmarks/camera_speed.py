"""Camera pictures per second, beside CarRacing-v3, and beside the mean of 36 samples a pixel.

    python benchmarks/camera_speed.py [--quick]

One process, one thread. *Pictures* are those of 64 cars that stand spread over a track; *steps* are
complete steps of the cars with their pictures, of random actions. *Elements* are the random ones:
all of them at strength 1, or none. CarRacing-v3 (``pip install
"gymnasium[box2d]"``) draws 96×96 RGB pictures, one car at a time. *Error* is the mean absolute
difference to a picture of 36 samples a pixel of the finest texture, in grey levels of 255.
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Callable

import gymnasium as gym
import numpy as np

from racer.env import RacerVectorEnv, World
from racer.kernels import layout
from racer.kernels.camera import GroundTextures, render_ground
from racer.kernels.looks import EFFECT_SIZE
from racer.sensors import make_sensor
from racer.sensors.camera import COLORS, MOUNTING, palette_of
from racer.sensors.ground import ground_textures
from racer.track import load_track

N_CARS = 64
TRACK = "reinvent_2018"
GREY = palette_of(COLORS, rgb=False)[np.newaxis]
NO_EFFECTS = np.zeros((0, EFFECT_SIZE))


def median_rate(run: Callable[[], int], repeats: int) -> float:
    """Return the median of several runs, in pictures per second; the first run warms up."""
    run()
    rates = []
    for _ in range(repeats):
        start = time.perf_counter()
        n = run()
        rates.append(n / (time.perf_counter() - start))
    return statistics.median(rates)


def cars() -> np.ndarray:
    """Return the state of 64 cars spread over the track, not quite along it."""
    track = load_track(TRACK)
    s = np.linspace(0.0, track.length, N_CARS, endpoint=False)
    state = np.zeros((N_CARS, layout.STATE_SIZE))
    state[:, [layout.X, layout.Y]] = track.position(s, 0.1 * np.sin(7.0 * s))
    state[:, layout.HEADING] = np.asarray(track.heading(s)) + 0.3 * np.sin(5.0 * s)
    state[:, layout.ACTIVE] = 1.0
    return state


def render(textures: GroundTextures, state: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return the grey pictures of all cars, without random elements."""
    frames = np.zeros((N_CARS, 1, height, width), np.uint8)
    everybody, index = np.arange(N_CARS), np.zeros(N_CARS, np.int64)
    render_ground(frames, 0, everybody, state, index, textures, MOUNTING, GREY, NO_EFFECTS)
    return frames


def picture_rate(observe: dict[str, object], randomize: float, repeats: int) -> float:
    """Return pictures per second of 64 cars that stand spread over the track."""
    track, sensor = load_track(TRACK), make_sensor(observe)
    world = World(track, n_cars=N_CARS, sensor=sensor, randomize=randomize)
    frames = sensor.allocate(N_CARS)

    def run() -> int:
        for _ in range(20):
            world.look(sensor, frames)
        return 20 * N_CARS

    return median_rate(run, repeats)


def error(width: int, height: int) -> float:
    """Return the mean absolute difference to the mean of 36 samples a pixel."""
    track, state = load_track(TRACK), cars()
    fine = ground_textures((track,), 0.0025)
    one = GroundTextures(fine.codes, fine.levels[:1], fine.texels[:1], fine.origins)
    large = render(one, state, 6 * width, 6 * height)
    mean = large.reshape(N_CARS, height, 6, width, 6).mean(axis=(2, 4))
    drawn = render(ground_textures((track,), 0.6 / width), state, width, height)[:, 0]
    return float(np.abs(drawn - mean).mean())


def step_rate(observe: dict[str, object], randomize: float, repeats: int) -> float:
    """Return complete steps per second of 64 cars."""
    env = RacerVectorEnv(N_CARS, TRACK, None, observe=observe, randomize=randomize)
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    actions = [rng.integers(0, 10, N_CARS) for _ in range(50)]

    def run() -> int:
        for chosen in actions:
            env.step(chosen)
        return len(actions) * N_CARS

    return median_rate(run, repeats)


def peer_rate(repeats: int) -> float:
    """Return steps per second of CarRacing-v3."""
    env = gym.make("CarRacing-v3", continuous=False)
    env.reset(seed=0)

    def run() -> int:
        for _ in range(100):
            _, _, terminated, truncated, _ = env.step(3)
            if terminated or truncated:
                env.reset()
        return 100

    return median_rate(run, repeats)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three runs of each, not nine")
    repeats = 3 if parser.parse_args().quick else 9
    print("size     colours  elements  pictures/s  steps/s   error")
    for (width, height), rgb, strength in itertools.product(
        ((160, 120), (80, 60), (64, 48)), (False, True), (0.0, 1.0)
    ):
        observe = {"sensor": "camera", "width": width, "height": height, "rgb": rgb}
        pictures = picture_rate(observe, strength, repeats)
        steps = step_rate(observe, strength, repeats)
        off = "" if rgb or strength else f"{error(width, height):.2f}"
        print(
            f"{width}x{height:<4} {'rgb' if rgb else 'grey':<8} {'all' if strength else 'none':<8}"
            f"{pictures:12,.0f} {steps:8,.0f}   {off}"
        )
    print(f"CarRacing-v3, 96x96 rgb  {peer_rate(repeats):12,.0f} steps/s")


if __name__ == "__main__":
    main()

"""Drives of the published four wheels: smooth ones, as of trained policies, which no log here has.

The version 6 traces are short and their policy acts almost at random. So the car is also fitted to
what the four wheels do (benchmarks/car_kernels.py) when they are driven like this:

    ``v4 actions``  by the actions of a trained policy, open loop: version 4, iteration 20
    ``2 m/s``       by pure pursuit over tracks, with five angles to 30 degrees, 1 and 2 m/s
    ``2.5 m/s``     the same, 1.25 and 2.5 m/s
    ``smooth``      the same with any angle and any speed from 0.8 to 2.5 m/s
    ``steady``      with the five angles at one speed, 1 to 3 m/s, another on each track
    ``4 m/s``       with any angle and speed up to 4 m/s: never fitted, only measured

The pursuit looks a different distance ahead in each drive, keeps to its own side of the centre line
and is noisy, so that there is something to learn from.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from car_kernels import FOUR_WHEELS, N_SUBSTEPS, NOSE, SIDEWAYS, FourWheels, move

from racer.kernels.layout import HEADING, SPEED, Bytes, Floats, Integers, X, Y
from racer.track import load_track

WARM_UP, HORIZON = 5, 15
DT = 1.0 / 15.0
TRACKS = (
    "reinvent_2018",
    "bowtie",
    "chicane",
    "city_block",
    "grand_prix",
    "hairpins",
    "kidney",
    "oval",
    "snail",
)
STEPS_A_TRACK = 300
_SPACING = 0.05  # of the points that the pursuit aims at (m)
_GAIN = 0.6  # curvature per tan(steering) / wheelbase that the pursuit counts on
_WHEELBASE = 0.164


@dataclass(frozen=True)
class Trace:
    """A trace of a simulator, and the windows that can be replayed in it."""

    pose: Floats  # (n, 3) x and y of the nose (m), heading (rad)
    action: Floats  # (n, 2) steering (rad), speed (m/s); zero in the prepare and pause rows
    dt: Floats  # (n,) duration of the motion from this row to the next (s)
    is_first: Bytes  # (n,) 1 where an episode begins
    starts: Integers  # (n_windows,) rows with WARM_UP + 1 rows before and HORIZON after them


@dataclass(frozen=True)
class Style:
    """How a drive is driven."""

    speeds: tuple[float, float]  # the slowest and the fastest (m/s)
    is_discrete: bool  # five angles and the two speeds, or anything between them
    lateral: float  # the speed is chosen for this lateral acceleration (m/s2)


STYLES = {
    "2 m/s": Style((1.0, 2.0), is_discrete=True, lateral=2.5),
    "2.5 m/s": Style((1.25, 2.5), is_discrete=True, lateral=3.0),
    "smooth": Style((0.8, 2.5), is_discrete=False, lateral=3.5),
    "4 m/s": Style((1.0, 4.0), is_discrete=False, lateral=5.0),
}
STEADY = (1.0, 1.5, 2.0, 2.5, 3.0)  # (m/s)
_ANGLES = np.radians([-30.0, -15.0, 0.0, 15.0, 30.0])
_LIMIT = math.radians(30.0)


class _Pursuit:
    """Pure pursuit of the centre line of a track, from noisy eyes and with a limited choice."""

    def __init__(self, track: str, style: Style, rng: np.random.Generator) -> None:
        """Draw the habits of this drive."""
        line = load_track(track)
        self.points = line.position(np.arange(0.0, line.length, _SPACING))
        self.style, self.rng = style, rng
        self.look = rng.uniform(0.5, 1.1)
        self.aside = rng.uniform(-0.2, 0.2)
        self.nearest = int(rng.integers(len(self.points)))

    def point(self, ahead: float) -> Floats:
        """Return a point of the centre line, (2,) (m)."""
        return self.points[(self.nearest + int(ahead / _SPACING)) % len(self.points)]

    def bearing(self, begin: float, end: float) -> float:
        """Return the direction from one point ahead to another (rad)."""
        across = self.point(end) - self.point(begin)
        return math.atan2(across[1], across[0])

    def act(self, state: Floats) -> tuple[float, float]:
        """Return steering (rad) and speed (m/s) for a state."""
        around = (self.nearest + np.arange(-5, 25)) % len(self.points)
        away = np.hypot(*(self.points[around] - state[[X, Y]]).T)
        self.nearest = int(around[np.argmin(away)])
        ahead = self.look * (0.6 + 0.3 * max(state[SPEED], 0.5))
        road = self.bearing(ahead, ahead + _SPACING)
        aim = self.point(ahead) + self.aside * np.array([-math.sin(road), math.cos(road)])
        reach = aim - state[[X, Y]]
        off = _wrapped(math.atan2(reach[1], reach[0]) - state[HEADING])
        curvature = 2.0 * math.sin(off) / max(math.hypot(*reach), 0.2)
        bend = abs(_wrapped(self.bearing(0.75, 1.5) - self.bearing(0.0, 0.75))) / 0.75
        speed = math.sqrt(self.style.lateral / max(bend, 0.7 * abs(curvature), 0.05))
        return self._choose(math.atan(curvature * _WHEELBASE / _GAIN), speed)

    def _choose(self, steering: float, speed: float) -> tuple[float, float]:
        slowest, fastest = self.style.speeds
        steering += self.rng.normal(0.0, 0.1)
        speed = min(max(speed + self.rng.normal(0.0, 0.2), slowest), fastest)
        if self.style.is_discrete:
            steering = float(_ANGLES[np.argmin(np.abs(_ANGLES - steering))])
            speed = slowest if speed < 0.5 * (slowest + fastest) else fastest
        return min(max(steering, -_LIMIT), _LIMIT), speed


def _wrapped(angle: float) -> float:
    """Return an angle in [-pi, pi)."""
    return (angle + math.pi) % (2.0 * math.pi) - math.pi


def _pursue(track: str, style: Style, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return poses (n + 1, 3) and actions (n + 1, 2) of a drive by pure pursuit."""
    driver = _Pursuit(track, style, rng)
    state = np.zeros(SIDEWAYS + 1)
    state[[X, Y]], state[HEADING] = driver.point(0.0), driver.bearing(0.0, 0.2)
    wheels = np.array(FourWheels())
    pose, action = np.empty((STEPS_A_TRACK + 1, 3)), np.zeros((STEPS_A_TRACK + 1, 2))
    for k in range(STEPS_A_TRACK):
        pose[k] = _nose(state)
        action[k] = driver.act(state)
        move(FOUR_WHEELS, state, wheels, action[k, 0], action[k, 1], DT, N_SUBSTEPS)
    pose[-1] = _nose(state)
    return pose, action


def _follow(action: Floats) -> tuple[Floats, Floats]:
    """Return poses (n, 3) and the actions (n, 2) of an open-loop drive from rest."""
    state, wheels, pose = np.zeros(SIDEWAYS + 1), np.array(FourWheels()), np.empty((len(action), 3))
    for k in range(len(action)):
        pose[k] = _nose(state)
        move(FOUR_WHEELS, state, wheels, action[k, 0], action[k, 1], DT, N_SUBSTEPS)
    return pose, action


def _nose(state: Floats) -> Floats:
    """Return the x and y of the nose (m) and the heading (rad), (3,)."""
    heading = state[HEADING]
    return np.array(
        [state[X] + NOSE * math.cos(heading), state[Y] + NOSE * math.sin(heading), heading]
    )


def _joined(drives: list[tuple[Floats, Floats]]) -> Trace:
    """Return drives as one trace, an episode each, with every second window."""
    ends = np.cumsum([len(pose) for pose, _ in drives])
    starts = [
        np.arange(end - len(pose) + WARM_UP + 2, end - HORIZON - 1, 2)
        for (pose, _), end in zip(drives, ends, strict=True)
    ]
    is_first = np.zeros(ends[-1], dtype=np.uint8)
    is_first[[0, *ends[:-1]]] = 1
    pose, action = (np.concatenate(parts) for parts in zip(*drives, strict=True))
    return Trace(pose, action, np.full(ends[-1], DT), is_first, np.concatenate(starts))


def drives(trained: Trace, seed: int = 0) -> dict[str, Trace]:
    """Return the drives of the module's table by name.

    Args:
        trained: a trace of a trained policy, for its actions.
        seed: of the pursuits' habits and noise.
    """
    rng = np.random.default_rng(seed)
    episodes = np.split(trained.action, np.flatnonzero(trained.is_first)[1:])
    long = [np.maximum(part, [-_LIMIT, 0.1]) for part in episodes if len(part) > 25]
    found = {"v4 actions": _joined([_follow(part) for part in long])}
    for name, style in STYLES.items():
        found[name] = _joined([_pursue(track, style, rng) for track in TRACKS])
    steady = [Style((speed, speed), is_discrete=True, lateral=1.0) for speed in STEADY]
    found["steady"] = _joined(
        [_pursue(track, style, rng) for track, style in zip(TRACKS, itertools.cycle(steady))]
    )
    return found

"""Targets for tests: imported by worker processes."""

import ctypes
import os
import signal
import sys
from pathlib import Path

import numpy as np

from racer.errors import ConfigError
from racer.jobs import Poses, Progress
from racer.kernels.layout import M_STEPS, MEASURED_SIZE
from racer.reward import RewardRunner, load_reward, track_facts
from racer.track import load_track

PROGRESS = Progress(5, 10, 1.0, None, 2, 0.5, 30.0, None, None)


def double(data, context):
    context.phase("doubling")
    return {"twice": [2 * one for one in data["numbers"]]}


def tell(data, context):
    """Tell one of everything."""
    context.phase("p")
    context.note("n")
    context.print("r")
    context.report("topic", a=1)
    context.emit(PROGRESS)
    context.emit(Poses(3, ((1.0, 2.0, 0.5, 0),)))
    return


def pid(data, context):
    return os.getpid()


def write_log(data, context):
    os.write(1, b"to stdout\n")
    sys.stderr.write("to stderr\n")


def refuse(data, context):
    raise ConfigError("no\nthank you")


def fault(data, context):
    return {}["missing"]


def end(data, context):
    os._exit(7)


def die_once(data, context):
    """Be killed from outside, but only the first time."""
    mark = Path(data["mark"])
    if mark.exists() and data["once"]:
        return "done"
    mark.touch()
    return os.kill(os.getpid(), signal.SIGKILL)


def until_stopped(data, context):
    context.phase("running")
    context.stop.wait()
    return "stopped properly"


def while_shown(data, context):
    """Show poses as long as somebody wants them, and end when nobody does any more."""
    while not context.wants_poses:
        context.phase("nobody looks")
        context.stop.wait(0.001)  # who listens has other things to do, too
    while context.wants_poses:
        context.emit(Poses(1, ((0.0, 0.0, 0.0, 0),)))
        context.stop.wait(0.001)
    return "nobody looks any more"


def pay(data, context):
    """Call a reward function for a car of the oval, in step 37."""
    source, track = load_reward(data["reward"]), load_track("oval")
    folder = None if data.get("folder") is None else Path(data["folder"])
    monitor = context.watch(source, [track], 2, folder)
    runner = RewardRunner(source, [track_facts(track)], np.zeros(2, np.int64), monitor=monitor)
    rows = np.zeros((2, MEASURED_SIZE))
    rows[:, M_STEPS] = 37.0
    rewards = np.zeros(2)
    runner(rows, np.arange(2), rewards)
    return rewards.tolist()


def crash(data, context):
    ctypes.string_at(0)

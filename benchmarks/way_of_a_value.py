"""Follows a value through the code: which files see it, how often it climbs, how often it returns.

A command runs with a marked value, and every Python process that it starts notes each call of a
function of racer that is given the value, by itself or inside of something. Calls that follow each
other in one file are one stay. The way ends where the training begins.

With PYTHONPATH set to another checkout, the way through that one.
"""

import ast
import itertools
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

TRACER = """
import os, sys, threading
LOG, MARK = os.environ.get("WAY_LOG"), os.environ.get("WAY_MARK")
ROOT, END = os.environ.get("WAY_ROOT", ""), os.environ.get("WAY_END", "")

def holds(value, depth=0):
    if isinstance(value, str):
        return MARK in value
    if isinstance(value, (int, float)):
        return repr(value) == MARK
    if depth > 4 or value is None or isinstance(value, (bytes, type)):
        return False
    if isinstance(value, dict):
        return len(value) < 200 and any(holds(one, depth + 1) for one in value.values())
    if isinstance(value, (list, tuple)):
        return len(value) < 200 and any(holds(one, depth + 1) for one in value)
    kind = type(value).__module__
    if kind.startswith("pathlib"):
        return MARK in str(value)
    if kind == "numpy":
        return value.size > 0 and value.dtype.kind == "f" and repr(float(value.flat[0])) == MARK
    if kind.startswith("racer"):
        return any(holds(one, depth + 1) for one in getattr(value, "__dict__", {}).values())
    return False

def note(frame, event, _):
    code = frame.f_code
    if event != "call" or not code.co_filename.startswith(ROOT) or code.co_name[0] == "<":
        return
    given = [value for name, value in frame.f_locals.items() if name not in ("self", "cls")]
    if any(holds(value) for value in given):  # an object that keeps it is not given it
        with open(LOG, "a") as log:
            print(os.getpid(), code.co_filename[len(ROOT):], code.co_name, file=log)
        if (code.co_filename[len(ROOT):], code.co_name) == tuple(END.split(":")):
            sys.setprofile(None)

if LOG:
    threading.setprofile(note)
    sys.setprofile(note)
"""

STEERING = """
import numpy as np
from racer.env import World
from racer.track import load_track
world = World(load_track("oval"))
world.step(np.array([0.123456789]), np.array([1.0]))
"""


@dataclass(frozen=True)
class Journey:
    """A command with a marked value in it."""

    mark: str
    command: tuple[str, ...]
    end: str = ""
    """file:function at which a process has delivered the value."""


RACER = ("-c", "from racer.cli.main import main; main()")
TUNE = "tune marked_reward.py --trials 1 --seeds 1 --confirm 0 --steps 300 --jobs 1 --name one"
LIVE = "watch --live marked_reward.py --track-scale 1.0123456 --versions 1"
JOURNEYS = {
    "reward": Journey("marked_reward", (*RACER, *TUNE.split()), "training/train.py:train"),
    "setting": Journey("1.0123456", (*RACER, *LIVE.split()), "training/train.py:train"),
    "steering": Journey("0.123456789", ("-c", STEERING)),
}
"""What is followed: the reward function given to ``racer tune``, a setting given to ``racer watch
--live``, the steering angles given to ``World.step``."""


def floors() -> dict[str, int]:
    """Return the floor of each part of racer, as the architecture test has them."""
    source = (package().parent / "tests" / "test_architecture.py").read_text("utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FLOORS":
            return dict(ast.literal_eval(node.value))
    raise SystemExit("tests/test_architecture.py: no FLOORS")


def package() -> Path:
    """Return the folder of the racer that would be imported."""
    found = find_spec("racer")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).resolve().parent


def follow(journey: Journey) -> list[str]:
    """Run the command, and return the files in which the value stayed, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sitecustomize.py").write_text(TRACER, "utf-8")
        reward = "def reward_function(params):\n    return params['speed']\n"
        (Path(folder) / "marked_reward.py").write_text(reward, "utf-8")
        log = Path(folder) / "log"
        paths = [folder, str(package().parent)]
        way = {"WAY_LOG": str(log), "WAY_MARK": journey.mark, "WAY_END": journey.end}
        subprocess.run(
            [sys.executable, *journey.command],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                **way,
                "WAY_ROOT": f"{package()}/",
                "PYTHONPATH": os.pathsep.join(paths),
            },
        )
        lines = [line.split() for line in log.read_text("utf-8").splitlines()]
    stays: list[str] = []
    for process in dict.fromkeys(pid for pid, *_ in lines):  # the parent first, then its children
        for pid, file, _ in lines:
            if pid == process and (not stays or stays[-1] != file):
                stays.append(file)
    return stays


def main() -> None:
    """Print the way of a value, and its length in three numbers."""
    if len(sys.argv) != 2 or sys.argv[1] not in JOURNEYS:
        raise SystemExit(f"expected one of {', '.join(JOURNEYS)}")
    stays = follow(JOURNEYS[sys.argv[1]])
    floor = floors()
    heights = [floor[file.partition("/")[0].removesuffix(".py")] for file in stays]
    climbs = sum(after > before for before, after in itertools.pairwise(heights))
    returns = len(stays) - len(set(stays))
    for file, height in zip(stays, heights, strict=True):
        print(f"{height:3} {'  ' * height}{file}")
    print(f"{len(set(stays))} files, {climbs} climbs to a higher floor, {returns} returns")


if __name__ == "__main__":
    main()

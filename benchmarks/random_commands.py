"""Runs random command lines of racer, good and bad ones, and looks for what should never happen.

    python benchmarks/random_commands.py --seed 7 --commands 300
    python benchmarks/random_commands.py --seed 7 --only 42

Verbs, options and arguments are those of the command line itself; values are good, bad or odd ones.
Command i follows from the seed and i alone. Each runs as a process of its own, in a scratch folder
with a run, reward functions, tracks and broken files. It must end within its time with status 0, 1
or 2, without a traceback, and leave no process, no temporary file and no changed input behind.
"""

import argparse
import hashlib
import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from racer.cli.main import app

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 120.0
"""What a command may take (s); what is asked for is far less."""
SETTLE = 10.0
"""How long processes may take to end after their parent (s)."""

_MARK = "RACER_RANDOM_COMMAND"
_FILES = {
    "good.py": "def reward_function(params):\n    return params['progress'] / 100 + 0.1\n",
    "prints.py": "def reward_function(params):\n    print(params['x'])\n    return 1\n",
    "raises.py": "def reward_function(params):\n    return 1 / (params['steps'] - 3)\n",
    "none.py": "def reward_function(params):\n    pass\n",
    "syntax.py": "def reward_function(params)\n    return 1\n",
    "endless.py": "def reward_function(params):\n    while True:\n        pass\n",
    "exits.py": "import sys\n\ndef reward_function(params):\n    sys.exit(3)\n",
    "empty.py": "",
    "broken.json": '{"action_space": [',
    "metadata.json": '{"action_space": [{"steering_angle": -30, "speed": 1}, '
    '{"steering_angle": 30, "speed": 2}], "version": "4"}',
    "hyper.json": '{"lr": 0.001, "num_epochs": 2, "batch_size": 64}',
    "settings.toml": 'track = "oval"\nn_envs = 4\n',
    "odd.toml": "trackk = 3\n",
    "track.csv": "# x_m,y_m,w_tr_right_m,w_tr_left_m\n0,0,0.4,0.4\n3,0,0.4,0.4\n3,2,0.4,0.4\n"
    "0,2,0.4,0.4\n",
    "short.csv": "1,2\n",
    "track.npy": "no array",
    "grip.toml": "grip = 0.5\n",
}
_REWARDS = ["good.py", "center_line", "prints.py", "raises.py", "none.py", "syntax.py",
            "endless.py", "exits.py", "empty.py", "nosuch", "speed"]  # fmt: skip
_TRACKS = ["oval", "reinvent_2018", "track.csv", "short.csv", "track.npy", "nosuch", "generated:3",
           "generated:x", "circle", "straight"]  # fmt: skip
_RUNS = ["base", "runs/base", "runs/base/best.zip", "nosuch", ".", "good.py", "pure-pursuit"]
_WORDS: dict[str, list[str]] = {
    "--reward": _REWARDS,
    "--track": _TRACKS,
    "--also-track": [*_TRACKS, "oval:reversed", "oval:sideways"],
    "--algo": ["vpg", "ppo", "a2c", "sac", "dqn"],
    "--also-algo": ["ppo", "vpg:lr=0.003", "vpg:lr=x"],
    "--vehicle": ["deepracer", "deepracer_v5", "ideal", "truck"],
    "--observe": ["state", "lidar", "camera", "camera+state", "sonar"],
    "--image-size": ["32x24", "1x1", "huge"],
    "--randomize": ["0.5", "grip=0.5", "grip=x", "grip.toml", "nosuch=1"],
    "--config": ["settings.toml", "odd.toml", "nosuch.toml"],
    "--hyperparameters": ["hyper.json", "broken.json", "nosuch.json"],
    "--action-space": ["metadata.json", "broken.json", "nosuch.json"],
    "--line-file": ["track.csv", "short.csv", "nosuch.csv"],
    "--params": ["hyper.json", "broken.json", "nosuch.json"],
    "--set": ["lr=0.001", "lr=", "nosuch=1", "epochs=2.5"],
    "--search": ["learning_rate=1e-4:1e-2", "learning_rate=x"],
    "--sweep": ["learning_rate=1e-3,1e-2", "nosuch=1"],
    "--also": ["actions", "network", "nosuch"],
    "--checkpoint": ["best", "last", "worst"],
    "--status": ["finished", "nosuch"],
    "--sort": ["lap", "nosuch"],
    "--lidar-form": ["beams", "sectors", "rings"],
    "--minutes": ["0.02", "0", "-1", "nan"],
    "--timeout": ["5", "2s", "0", "x"],
    "--reward-timeout": ["0.5", "2", "0"],
    "--output": ["out.gif", "out.json", "out", "nosuch/deep/out.gif", "good.py/out"],
    "--name": ["mine", "base", "a/b", "..", "", "a$b"],
    "--runs-dir": ["runs", "nosuch", "good.py"],
    "--against": ["base", "nosuch"],
    "--storage": ["sqlite:///s.db", "nosuch://x"],
    "--seed": ["0", "3", "-1"],
}
_NUMBERS = {"int": ["0", "1", "2", "5", "-3", "1.5", "x", "99999999999999999999"],
            "float": ["0", "0.5", "1", "3", "-1", "nan", "inf", "x"]}  # fmt: skip
_CHEAP = {
    "--steps": "300", "--n-envs": "4", "--eval-trials": "2", "--max-seconds": "5", "--jobs": "1",
    "--seeds": "1", "--trials": "2", "--laps": "2", "--confirm": "0", "--versions": "1",
    "--episodes": "2",
}  # fmt: skip
_LEFT_OUT = {"--detach", "--install-completion", "--show-completion", "--help", "--serve"}
_MAY_APPEAR = {
    "runs", "live", "comparisons", "tuning", "plots", "out", "out.gif", "out.json", "s.db", "mine",
    "a", "a$b", "lap.gif", "camera.gif", "tracks", "robustness.png",
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """What should not have happened."""

    what: str
    detail: str = ""


def verbs(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the words and the command of each verb."""
    if hasattr(command, "commands"):
        for name, one in command.commands.items():
            yield from verbs(one, (*path, name))
    else:
        yield path, command


def command_line(seed: int, number: int) -> list[str]:
    """Return the words after ``racer`` of a command: a function of seed and number alone."""
    draw = random.Random(f"{seed} {number}")
    path, command = draw.choice(list(verbs(typer.main.get_command(app))))
    words = list(path)
    options = [one for one in command.params if one.param_type_name == "option"]
    known = {word for one in options for word in one.opts}
    cheap = {word: value for word, value in _CHEAP.items() if word in known}
    usual = [one for one in options if not _LEFT_OUT & set(one.opts)]
    for one in draw.sample(usual, min(len(usual), draw.choice((0, 1, 1, 2, 3)))):
        word = draw.choice([*one.opts, *one.secondary_opts])
        words += [word] if one.is_flag else [word, _value(draw, one)]
        cheap = {name: value for name, value in cheap.items() if name not in one.opts}
    for argument in (one for one in command.params if one.param_type_name == "argument"):
        if argument.required or draw.random() < 0.5:
            n = draw.choice((1, 2)) if argument.nargs == -1 else 1
            words += [_argument(draw, path, argument) for _ in range(n)]
    if path == ("rm",):
        words.append("--yes")
    if draw.random() < 0.08:
        words.append(draw.choice(["--nosuch", "surplus", "--track", "\x1b[31m", "é"]))
    return words + [word for pair in cheap.items() for word in pair]


def _value(draw: random.Random, option: Any) -> str:
    for word in option.opts:
        if word in _WORDS:
            return draw.choice(_WORDS[word])
    kind = getattr(option, "bare_type", None)  # as typer names it since it needs no click
    kind = kind.__name__ if isinstance(kind, type) else getattr(option, "type", None)
    kind = getattr(kind, "name", kind)  # of click: integer
    kind = "int" if kind == "integer" else kind
    if kind in _NUMBERS:
        return draw.choice(_NUMBERS[kind])
    return draw.choice(["1", "0.5", "nosuch", "", "base", "good.py", "a,b"])


def _argument(draw: random.Random, path: tuple[str, ...], argument: Any) -> str:
    meaning = f"{path[0]} {argument.name} {argument.metavar or ''}".lower()
    if "reward" in meaning or path[0] in ("compare", "tune"):
        return draw.choice(_REWARDS)
    if "track" in meaning:
        return draw.choice(_TRACKS)
    return draw.choice(_RUNS)


class Scratch:
    """A folder with all that commands find, and what it looked like before them."""

    def __init__(self, folder: Path) -> None:
        self.work, self.home, self.tmp = (folder / name for name in ("work", "home", "tmp"))
        for one in (self.work, self.home, self.tmp):
            one.mkdir(parents=True)
        for name, text in _FILES.items():
            (self.work / name).write_text(text, "utf-8")
        self.environment = {
            **os.environ, "HOME": str(self.home), "TMPDIR": str(self.tmp), "COLUMNS": "100",
            "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "MPLCONFIGDIR": str(folder / "mpl"),
            "RACER_CACHE": os.environ.get("RACER_CACHE", str(Path.home() / ".cache" / "racer")),
        }  # fmt: skip
        cheap = [word for pair in list(_CHEAP.items())[:4] for word in pair]
        make = ["train", "good.py", "--name", "base", "--track", "oval", "--no-film",
                "--no-figures", *cheap]  # fmt: skip
        subprocess.run(self.command(make), cwd=self.work, env=self.environment, check=True,
                       capture_output=True)  # fmt: skip
        shutil.copytree(self.work / "runs" / "base", folder / "base")
        self._base = folder / "base"
        self._inputs = self._digests()

    @staticmethod
    def command(words: list[str]) -> list[str]:
        """Return what runs words after ``racer``."""
        return [sys.executable, "-m", "racer", *words]

    def _digests(self) -> dict[str, str]:
        files = [self.work / name for name in _FILES]
        return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f.is_file()}

    def tidy(self) -> Iterator[Finding]:
        """Yield what a command has left that it should not, and put everything back."""
        for file in [*self.tmp.iterdir(), *self.home.iterdir()]:
            yield Finding("a file left behind", str(file))
            shutil.rmtree(file) if file.is_dir() else file.unlink()
        for file in self.work.rglob(".[0-9]*-*"):
            yield Finding("a temporary file", str(file))
        now = self._digests()
        for name, digest in self._inputs.items():
            if now.get(name) != digest:
                yield Finding("an input was changed", name)
                (self.work / name).write_text(_FILES[name], "utf-8")
        for file in self.work.iterdir():
            if file.name not in {*_FILES, *_MAY_APPEAR}:
                yield Finding("a file nobody asked for", file.name)
            if file.name not in _FILES:
                shutil.rmtree(file) if file.is_dir() else file.unlink()
        shutil.copytree(self._base, self.work / "runs" / "base")


def marked(mark: str) -> list[int]:
    """Return the processes that carry a mark in their environment."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if f"{_MARK}={mark}".encode() in (place / "environ").read_bytes().split(b"\0"):
                found.append(int(place.name))
        except OSError:
            continue
    return found


def run_one(
    scratch: Scratch, words: list[str], mark: str
) -> tuple[int | None, float, list[Finding]]:
    """Run a command; return its status (None: it was ended), its seconds, and what is wrong."""
    findings, begun = [], time.monotonic()
    process = subprocess.Popen(
        scratch.command(words), cwd=scratch.work, env={**scratch.environment, _MARK: mark},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        errors="replace",
    )  # fmt: skip
    status: int | None = None
    try:
        out, err = process.communicate(timeout=SECONDS)
        status = process.returncode
    except subprocess.TimeoutExpired:
        findings.append(Finding("a hang", f"no end within {SECONDS:g} s"))
        os.kill(process.pid, signal.SIGKILL)
        out, err = process.communicate()
    seconds = time.monotonic() - begun
    deadline = time.monotonic() + SETTLE
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid in left:
        findings.append(Finding("a process left behind", str(pid)))
        os.kill(pid, signal.SIGKILL)
    if re.search(r"^Traceback |^\w+(\.\w+)*Error: ", out + err, re.MULTILINE):
        findings.append(Finding("a traceback", (out + err)[-1500:]))
    if status is not None and status not in (0, 1, 2):
        findings.append(Finding("a strange status", str(status)))
    if status == 1 and not err.strip() and not out.strip():
        findings.append(Finding("an error that says nothing"))
    return status, seconds, [*findings, *scratch.tidy()]


def main() -> int:
    """Run the commands that the options name; the status is 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--commands", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="the number of the first command")
    parser.add_argument("--only", type=int, help="the number of the only command")
    options = parser.parse_args()
    numbers: Any = range(options.first, options.first + options.commands)
    numbers = numbers if options.only is None else [options.only]
    statuses: dict[str, int] = {}
    bad = 0
    with tempfile.TemporaryDirectory(prefix="racer-random-") as folder:
        scratch = Scratch(Path(folder))
        for number in numbers:
            words = command_line(options.seed, number)
            status, seconds, findings = run_one(scratch, words, f"{os.getpid()}-{number}")
            statuses[str(status)] = statuses.get(str(status), 0) + 1
            print(f"{number:4d} {status} {seconds:6.1f} s  racer {shlex.join(words)}", flush=True)
            for one in findings:
                bad += 1
                print(f"     FOUND {one.what}: {one.detail}", flush=True)
    print(json.dumps({"seed": options.seed, "commands": len(numbers), "statuses": statuses,
                      "found": bad}))  # fmt: skip
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())

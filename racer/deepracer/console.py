"""What a log says beside its rows: the track, the model, and how training went.

These are lines of the simulator's and the trainer's output (robomaker.log and sagemaker.log of the
console), and the metrics in JSON.
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from racer.algorithms.hyperparameter_table import BY_NAME, parse_value
from racer.deepracer.rows import BLOCK
from racer.errors import ConfigError, RunError
from racer.foreign import parse_json, read_text

_WORLD = re.compile(rb"(?:using world |/WORLD_NAME: ?|WORLD_NAME[=:] ?)([\w.-]{1,80})")
_SENSORS = re.compile(
    rb"Sensor list \[([^\]]*)\], network (\w+), simapp_version (\d+)(?:\.\d+)?"
    rb"(?:, training_algorithm (\w+))?"
)
_EPISODE = re.compile(rb"Training> Name=[^,\n]*, Worker=\d+, Episode=(\d+), [^\n]*iteration=(\d+)")
_POLICY = re.compile(
    rb"Policy training> Surrogate loss=([^,\s]+), KL divergence=([^,\s]+), Entropy=([^,\s]+), "
    rb"training epoch=(\d+), learning_rate=([^\s,]+)"
)
_HYPERPARAMETERS = re.compile(rb"Using the following hyper-parameters\s*(\{[^{}]*\})")
_POLICY_COLUMNS = ("policy_loss", "approx_kl", "entropy", "learning_rate")


@dataclass
class Facts:
    """What lines and files tell of a training; empty or None where nothing does."""

    world: str = ""
    sensors: tuple[str, ...] = ()
    network: str = ""
    version: int | None = None
    algorithm: str = ""
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    iterations: dict[Path, dict[int, int]] = field(default_factory=dict)
    """By text: the iteration of each episode, both from 0."""
    updates: list[dict[str, float]] = field(default_factory=list)
    """Of each update of the policy, its last epoch: columns of ``updates.csv``."""

    def read(self, path: Path) -> None:
        """Add what the lines of a text tell.

        Raises:
            OSError: if it cannot be read.
        """
        rest = b""
        with path.open("rb") as file:
            while chunk := file.read(BLOCK):
                block = rest + chunk
                end = block.rfind(b"\n") + 1 or len(block)
                self._take(block[:end], path)
                rest = block[end:][-BLOCK:]
        self._take(rest, path)

    def _take(self, block: bytes, path: Path) -> None:
        if not self.world and (world := _WORLD.search(block)):
            self.world = world[1].decode()
        if self.version is None and (found := _SENSORS.search(block)):
            words = re.findall(r"[A-Z_]{3,}|observation", found[1].decode("latin-1"))
            self.sensors, self.network = tuple(words), found[2].decode()
            self.version, self.algorithm = int(found[3]), (found[4] or b"").decode()
        if not self.hyperparameters and (found := _HYPERPARAMETERS.search(block)):
            self.hyperparameters = _object(found[1])
        if "sagemaker" not in path.name:
            pairs = {int(e) - 1: int(i) for e, i in _EPISODE.findall(block)}
            self.iterations.setdefault(path, {}).update(pairs)
        for *numbers, epoch, rate in _POLICY.findall(block):
            values = [_number(one) for one in (*numbers, rate)]
            if int(epoch) == 0 or not self.updates:
                self.updates.append({})
            self.updates[-1] = dict(zip(_POLICY_COLUMNS, values, strict=True))

    def settings(self) -> dict[str, Any]:
        """Return the hyperparameters under our names, those that have a meaning here."""
        found = {}
        for key, value in self.hyperparameters.items():
            if key in BY_NAME:
                with suppress(ConfigError):
                    found[BY_NAME[key].name] = parse_value(BY_NAME[key], value)
        return found

    @property
    def episodes_per_iteration(self) -> int | None:
        """Of all workers; None where nothing tells it."""
        value = self.settings().get("episodes_per_update")
        return value if isinstance(value, int) and value > 0 else None


def read_facts_of(texts: Iterable[Path], hyperparameters: Iterable[Path]) -> Facts:
    """Return what texts and hyperparameters.json files tell.

    Raises:
        RunError: if a file cannot be read.
    """
    facts = Facts()
    try:
        for path in texts:
            facts.read(path)
        for path in hyperparameters:
            facts.hyperparameters = _object(read_text(path).encode(), path)
    except OSError as error:
        raise RunError(f"{error.filename}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RunError(f"hyperparameters.json: not text in UTF-8: {error}") from error
    return facts


def _object(text: bytes, path: Path | None = None) -> dict[str, Any]:
    """Return a JSON object; of a log's own lines an empty one where there is none."""
    try:
        content = parse_json(text)
    except ValueError as error:
        if path is not None:
            raise RunError(f"{path}: not JSON: {error}") from error
        return {}
    if not isinstance(content, dict):
        if path is not None:
            raise RunError(f"{path}: expected a JSON object, got {type(content).__name__}")
        return {}
    return content


def _number(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def evaluations_of(paths: Iterable[Path], update_of: Mapping[int, int]) -> list[dict[str, Any]]:
    """Return the evaluations in a training that its metrics tell of, as ``evaluations.csv`` has it.

    They repeat the number of the training's last episode.

    Args:
        paths: TrainingMetrics.json, or what the console called it; broken ones are passed over.
        update_of: the update of each episode, from 0.
    """
    groups: dict[int, list[Mapping[str, Any]]] = {}
    for path in paths:
        try:
            metrics = parse_json(read_text(path)).get("metrics", [])
        except (OSError, ValueError, AttributeError):
            continue
        for one in metrics if isinstance(metrics, list) else []:
            if isinstance(one, dict) and one.get("phase") == "evaluation":
                update = update_of.get(_whole(one.get("episode")) - 1)
                if update is not None:
                    groups.setdefault(update, []).append(one)
    return [_evaluation(update, trials) for update, trials in sorted(groups.items())]


def _evaluation(update: int, trials: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a row; the completion is a whole number in the metrics."""
    laps = [
        _whole(one.get("elapsed_time_in_milliseconds")) / 1000.0
        for one in trials
        if _whole(one.get("completion_percentage")) >= 100
    ]
    return {
        "update": update,
        "finish_rate": len(laps) / len(trials),
        "completion": float(np.mean([_whole(t.get("completion_percentage")) for t in trials])),
        "median_lap_time": float(np.median(laps)) if laps else None,
        "best_lap_time": min(laps, default=None),
    }


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) and abs(value) < 2**53 else 0

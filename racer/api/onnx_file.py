"""Takes a policy out of racer: an ONNX file, and what its actions mean."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.api.exported import Exported
from racer.api.run import Run
from racer.errors import RunError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from racer.env import Scenario
    from racer.evaluation import Driver

TOLERANCE = 1e-4
"""How far a logit may be from the original's."""

_N_CARS, _N_STEPS = 8, 40  # observations that the two are compared on: these cars, so many steps
_REPEATS = 300  # frames that are timed


@dataclass(frozen=True)
class Export:
    """What was written, and how it compares with the original."""

    onnx: Path
    metadata: Path
    """model_metadata.json"""
    inputs: dict[str, list[int]]
    """Shape of each input, without the number of cars."""
    largest_difference: float
    """Of a logit (or a mean action) on observations of a drive."""
    frames_per_second: float
    """One car at a time, in onnxruntime."""
    torch_frames_per_second: float
    """One car at a time, the original."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {k: str(v) if isinstance(v, Path) else v for k, v in asdict(self).items()}


def export(
    run: "str | Path | Run",
    folder: str | Path | None = None,
    *,
    checkpoint: str = "best",
    on_note: Callable[[str], None] | None = None,
) -> Export:
    """Write the policy of a run as ONNX, with its preprocessing, and compare it with the original.

    Args:
        run: a run, its folder or name, or a checkpoint file.
        folder: where to; by default ``export`` in the run's folder.
        checkpoint: of a run, best or last.
        on_note: called with each remark a user should read.

    Returns:
        the files ``model.onnx`` and ``model_metadata.json``, and the comparison.

    Raises:
        ConfigError: if a package for it is missing.
        RunError: if the files cannot be written, or the file computes something else.
    """
    from racer.algorithms.onnx_export import check_installed, export_onnx

    check_installed("onnx", "onnxscript", "onnxruntime")
    made = Exported.of(run, folder, checkpoint, on_note)
    policy, folder = made.driver.policy, made.folder
    path, about = folder / "model.onnx", folder / "model_metadata.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        actor = export_onnx(policy, path)
        about.write_text(json.dumps(made.metadata(), indent=2) + "\n", "utf-8")
    except OSError as error:
        raise RunError(f"{folder}: cannot be written: {error.strerror or error}") from error
    difference, ours, theirs = _compare(path, made.driver, made.scenario, policy)
    if not difference <= TOLERANCE:
        raise RunError(f"{path}: computes something else: logits differ by {difference:.1e}")
    shapes = {name: list(space.shape) for name, space in actor.inputs.items()}
    return Export(path, about, shapes, difference, ours, theirs)


def _compare(
    path: Path, driver: "Driver", scenario: "Scenario", policy: Any
) -> tuple[float, float, float]:
    """Return the largest difference on a drive, and frames per second of the file and the original.

    Both look at one car at a time when they are timed.
    """
    import numpy as np

    # or it keeps an identity of the user in files at home and in TMPDIR
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime  # type: ignore[import-untyped,import-not-found,unused-ignore]

    from racer.algorithms.onnx_export import policy_outputs

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options)
    names = [one.name for one in session.get_inputs()]

    def ask(seen: Any) -> "NDArray[Any]":
        parts = seen if isinstance(seen, dict) else dict.fromkeys(names, seen)
        out: NDArray[Any] = session.run(None, {name: parts[name] for name in names})[0]
        return out

    world = scenario.world(_N_CARS)
    largest = 0.0
    for _ in range(_N_STEPS):
        difference = np.abs(ask(world.observation) - policy_outputs(policy, world.observation))
        largest = max(largest, float(difference.max()))
        world.step(*scenario.actions.commands(driver.act(world)))
    one = scenario.world(1).observation
    rates = []
    for function in (ask, lambda seen: policy_outputs(policy, seen)):
        function(one)
        begin = time.perf_counter()
        for _ in range(_REPEATS):
            function(one)
        rates.append(_REPEATS / (time.perf_counter() - begin))
    return largest, rates[0], rates[1]

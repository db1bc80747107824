"""Takes a policy to the physical car: the archive that its console uploads."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.api.exported import Exported
from racer.api.run import Run
from racer.errors import ConfigError, RunError
from racer.storage.durable import write_atomically

if TYPE_CHECKING:
    from racer.sensors import CameraSensor
    from racer.vehicle import Actions

TOLERANCE = 1e-4
"""How far a probability, or steering and speed in [−1, 1], may be from the original's."""

FULL_LOCK = 30.0
"""Angle that the physical car's largest steering stands for (deg)."""

_N_CARS, _N_STEPS = 8, 40  # observations that the two are compared on: these cars, so many steps


@dataclass(frozen=True)
class CarExport:
    """What was written, and how it compares with the original on a drive."""

    archive: Path
    """NAME.tar.gz"""
    image_size: tuple[int, int]
    """Width and height of the pictures that the policy was trained with (pixels)."""
    largest_difference: float
    """Of a probability, or of steering and speed in [−1, 1], on the same small pictures."""
    grey_difference: float
    """Mean absolute difference between the simulator's small pictures and those that the graph
    makes of the car's 160×120 ones, in grey levels of 255."""
    same_action: float | None
    """Share of steps in which both kinds of pictures give one action; None if continuous."""
    action_difference: float
    """Mean absolute difference of probabilities, or of steering and speed in [−1, 1], between both
    kinds of pictures."""
    throttle: tuple[tuple[float, float], ...]
    """Each speed of the action space (m/s), and what the car makes of it, 0 to 1."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {**vars(self), "archive": str(self.archive)}


def export_car(
    run: "str | Path | Run",
    folder: str | Path | None = None,
    *,
    checkpoint: str = "best",
    on_note: Callable[[str], None] | None = None,
) -> CarExport:
    """Write the policy of a run as the physical DeepRacer takes it, and compare it.

    Args:
        run: a run, its folder or name, or a checkpoint file.
        folder: where to; by default ``export`` in the run's folder.
        checkpoint: of a run, best or last.
        on_note: called with each remark a user should read.

    Returns:
        the archive ``NAME.tar.gz`` and the comparison.

    Raises:
        ConfigError: if the physical car cannot see what this one sees.
        RunError: if the file cannot be written, or computes something else.
    """
    from racer.algorithms.car_graph import car_graph

    made = Exported.of(run, folder, checkpoint, on_note)
    camera = _camera(made)
    about = made.metadata()
    graph = car_graph(made.driver.policy, about["training_algorithm"])
    path = made.folder / f"{made.name}.tar.gz"
    found = _compare(graph, made, camera)
    if not found["largest_difference"] <= TOLERANCE:
        difference = found["largest_difference"]
        raise RunError(f"{path}: computes something else: outputs differ by {difference:.1e}")
    try:
        made.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, _archive(graph, about))
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror or error}") from error
    for line in _notes(made.scenario.actions):
        (on_note or (lambda _: None))(line)
    size = camera.width, camera.height
    return CarExport(path, size, throttle=_throttles(made.scenario.actions), **found)


def _camera(made: Exported) -> "CameraSensor":
    """Return the camera that the policy sees by.

    Raises:
        ConfigError: if it sees anything else, or other pictures than the physical car's.
    """
    from racer.algorithms.onnx_export import actor_inputs
    from racer.sensors import CameraSensor, CompositeSensor

    sensor: Any = made.scenario.sensor
    names = [sensor.name]
    if isinstance(sensor, CompositeSensor):
        names = list(actor_inputs(made.driver.policy))
        sensor = next((one for one in sensor.parts if one.name == names[0]), sensor)
    if names != ["camera"] or not isinstance(sensor, CameraSensor):
        raise ConfigError(
            f"export --car: this policy sees {' and '.join(names)}, the physical car grey pictures "
            "only: racer train --observe camera, or racer distill, makes one that does"
        )
    if sensor.rgb:
        raise ConfigError("export --car: this policy sees colours, the physical car grey pictures")
    if sensor.stack > 1:
        raise ConfigError(
            f"export --car: this policy sees {sensor.stack} pictures at once, the physical car "
            "one: --frame-stack 1"
        )
    return sensor


def _compare(graph: bytes, made: Exported, camera: "CameraSensor") -> dict[str, Any]:
    """Return the figures of ``CarExport``, from a drive of the original."""
    import numpy as np

    from racer.algorithms.car_graph import HEIGHT, WIDTH, Reduction
    from racer.algorithms.car_graph_run import CarGraph, policy_outputs
    from racer.sensors import CameraSensor
    from racer.vehicle import DiscreteActions

    file, policy = CarGraph(graph), made.driver.policy
    reduced = Reduction.to(camera.width, camera.height)
    large = CameraSensor(WIDTH, HEIGHT)
    # noise and blur of random elements are not the pictures' own difference
    world = replace(made.scenario, randomize=0.0).world(_N_CARS)
    pictures, small = large.allocate(_N_CARS), camera.allocate(_N_CARS)
    figures = []
    for _ in range(_N_STEPS):
        world.look(large, pictures)
        world.look(camera, small)
        theirs = file.outputs(pictures[:, 0])
        seen = reduced(pictures[:, 0])[:, np.newaxis]
        own = policy_outputs(policy, small)
        same = theirs.argmax(axis=1) == own.argmax(axis=1)
        wrong = np.abs(theirs - policy_outputs(policy, seen)).max()
        figures.append(
            (wrong, np.abs(seen - small).mean(), same.mean(), np.abs(theirs - own).mean())
        )
        world.step(*made.scenario.actions.commands(made.driver.act(world)))
    values = np.array(figures)
    is_list = isinstance(made.scenario.actions, DiscreteActions)
    return {
        "largest_difference": float(values[:, 0].max()),
        "grey_difference": float(values[:, 1].mean()),
        "same_action": float(values[:, 2].mean()) if is_list else None,
        "action_difference": float(values[:, 3].mean()),
    }


def _archive(graph: bytes, about: dict[str, Any]) -> bytes:
    """Return a tar.gz with agent/model.pb and model_metadata.json; equal for equal content."""
    files = {
        "model_metadata.json": (json.dumps(about, indent=2) + "\n").encode(),
        "agent/model.pb": graph,
    }
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=0) as pressed,
        tarfile.open(fileobj=pressed, mode="w") as archive,
    ):
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _throttles(actions: "Actions") -> tuple[tuple[float, float], ...]:
    """Return each speed of an action space, or the lowest and highest, and its throttle."""
    from racer.vehicle.throttle import throttle

    speeds = sorted({speed for _, _, speed in actions.table()})
    return tuple(zip(speeds, throttle(speeds).tolist(), strict=True))


def _notes(actions: "Actions") -> list[str]:
    """Return what of an action space means something else on the physical car."""
    largest = max(abs(degrees) for _, degrees, _ in actions.table())
    if largest in (0.0, FULL_LOCK):
        return []
    return [
        f"the car takes the largest angle, {largest:g}°, as its full lock of {FULL_LOCK:g}°: it "
        f"steers {FULL_LOCK / largest:.2f} times as far as in training"
    ]

"""The teacher of a student: the policy of another run, that sees what it was trained to see."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from racer.algorithms.dagger import Teacher
from racer.config.train_config import TrainConfig
from racer.env import World
from racer.errors import ConfigError
from racer.training.checkpoint import PolicyDriver, load_checkpoint
from racer.vehicle import Actions


def _extent(actions: Actions) -> str:
    """Return how many actions there are, and up to where, in words."""
    table = actions.table()
    angle = max(abs(steering) for _, steering, _ in table)
    speed = max(speed for *_, speed in table)
    kind = f"{len(table)} actions" if actions.to_dict()["type"] == "discrete" else "continuous"
    return f"{kind} up to {angle:.3g}° and {speed:.3g} m/s"


def teacher_of(config: TrainConfig, world: World) -> Teacher:
    """Return what says what the teacher would do with the cars of a world.

    Args:
        config: of the student.
        world: of the student.

    Raises:
        ConfigError: if the teacher's actions are others, or it remembers pictures.
        RunError: if its checkpoint cannot be read.
    """
    assert config.teacher is not None, "TrainConfig has checked it"
    found = load_checkpoint(Path(config.teacher))
    theirs, own = found.config.make_actions(), config.make_actions()
    if theirs.to_dict() != own.to_dict():
        raise ConfigError(
            f"teacher {config.teacher}: has another action space, {_extent(theirs)}, the student "
            f"has {_extent(own)}; a student takes its teacher's"
        )
    if found.config.frame_stack > 1:
        raise ConfigError(f"teacher {config.teacher}: expected one that sees one picture at a time")
    driver, sensor = PolicyDriver(found.model, "teacher"), found.config.make_sensor()
    seen = sensor.allocate(world.n_cars)

    def act() -> NDArray[Any]:
        world.look(sensor, seen)
        return driver.choose(seen)

    return act

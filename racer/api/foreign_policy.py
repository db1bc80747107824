"""Policies of plain Stable-Baselines3 that were trained elsewhere, as drivers."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.errors import ConfigError
from racer.runs.listing import find_run
from racer.sensors import make_sensor

if TYPE_CHECKING:
    from racer.env import Scenario
    from racer.evaluation import Driver
    from racer.vehicle import Actions


def foreign_policy(
    file: "str | Path",
    algorithm: str,
    changes: dict[str, Any],
    *,
    actions: "Actions | None" = None,
    allow_pickle: bool = False,
    on_note: Callable[[str], None] | None = None,
) -> "tuple[Driver, Scenario]":
    """Return who drives and where, of a zip of Stable-Baselines3 that was trained elsewhere.

    Args:
        file: the zip.
        algorithm: what it learned with.
        changes: settings of where it drives; what it sees follows from it where it is not said.
        actions: what its actions mean; by default racer's.
        allow_pickle: the zip is a pickle, which can run any code: whether its maker is trusted.
        on_note: called with each remark a user should read.

    Raises:
        ConfigError: if it sees or does something else than the car.
        RunError: if the zip cannot be read, or is of another algorithm.
    """
    from racer.config.parse import make_config
    from racer.training.checkpoint import PolicyDriver
    from racer.training.foreign_model import load_foreign

    path = find_run(file)
    model = load_foreign(path, algorithm, allow_pickle=allow_pickle)
    guessed = {} if "observe" in changes else _seen(model.observation_space)
    if actions is not None:
        guessed["actions"] = actions
    elif not hasattr(model.action_space, "n"):
        guessed["actions"] = "continuous"
    config = make_config(**{**guessed, **changes})
    _check_fit(path, "observations", model.observation_space, config.make_sensor().space(),
               f"the car sees {config.observe}")  # fmt: skip
    _check_fit(path, "actions", model.action_space, config.make_actions().space(),
               "--action-space FILE says what they mean")  # fmt: skip
    if on_note is not None:
        on_note(f"{path}: drives as one that sees {config.observe}; its returns are not counted")
    return PolicyDriver(model, path.name), config.scenario(reward=None)


def _seen(space: Any) -> dict[str, Any]:
    """Return the settings of sensors that observe such a space, as far as its form tells."""
    if hasattr(space, "spaces"):
        parts = {"observe": "+".join(space.spaces)}
        return {**(_seen(space["camera"]) if "camera" in space.spaces else {}), **parts}
    if len(space.shape) == 3:
        channels, height, width = space.shape
        rgb = channels % 3 == 0
        size, stack = f"{width}x{height}", channels // 3 if rgb else channels
        return {"observe": "camera", "image_size": size, "rgb": rgb, "frame_stack": stack}
    is_lidar = space.shape == make_sensor("lidar").space().shape
    return {"observe": "lidar" if is_lidar else "state"}


def _check_fit(path: Path, what: str, theirs: Any, ours: Any, advice: str) -> None:
    """Raise ConfigError if a policy sees or does something else than the car."""
    if _form(theirs) != _form(ours):
        raise ConfigError(
            f"{path}: expected {what} of {_form(theirs)}, got {_form(ours)}: {advice}"
        )


def _form(space: Any) -> str:
    """Return the form of a space in words: what has to be equal."""
    if hasattr(space, "spaces"):
        return " and ".join(f"{name} {_form(part)}" for name, part in space.spaces.items())
    if hasattr(space, "n"):
        return f"{space.n} actions"
    return f"{'x'.join(map(str, space.shape))} numbers"

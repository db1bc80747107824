"""Takes a policy to plain Stable-Baselines3: a zip that opens without racer."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from racer.api.exported import Exported
from racer.api.run import Run
from racer.errors import RunError

_N_CARS, _N_STEPS = 8, 40  # observations that the two are compared on: these cars, so many steps


@dataclass(frozen=True)
class Sb3Export:
    """What was written."""

    file: Path
    """NAME.zip"""
    metadata: Path
    """model_metadata.json: what its actions mean."""
    opens_with: str
    """The class whose ``load`` opens it: PPO, A2C or SAC."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {name: str(value) for name, value in vars(self).items()}


def export_sb3(
    run: "str | Path | Run",
    folder: str | Path | None = None,
    *,
    checkpoint: str = "best",
    on_note: Callable[[str], None] | None = None,
) -> Sb3Export:
    """Write the policy of a run as a zip of Stable-Baselines3 that opens without racer.

    Args:
        run: a run, its folder or name, or a checkpoint file.
        folder: where to; by default ``export`` in the run's folder.
        checkpoint: of a run, best or last.
        on_note: called with each remark a user should read.

    Raises:
        ConfigError: if the policy needs a class of racer's; it says which.
        RunError: if the files cannot be written, or the zip does something else.
    """
    from racer.algorithms.sb3_zip import plain_model, same_actions

    made = Exported.of(run, folder, checkpoint, on_note)
    plain = plain_model(made.driver.model, made.driver.algorithm)
    path, about = made.folder / f"{made.name}.zip", made.folder / "model_metadata.json"
    try:
        made.folder.mkdir(parents=True, exist_ok=True)
        plain.save(path)
        about.write_text(json.dumps(made.metadata(), indent=2) + "\n", "utf-8")
    except OSError as error:
        raise RunError(f"{made.folder}: cannot be written: {error.strerror or error}") from error
    again = type(plain).load(path, device="cpu")
    world = made.scenario.world(_N_CARS)
    for _ in range(_N_STEPS):
        if not same_actions(again, made.driver.model, world.observation):
            raise RunError(f"{path}: does something else than {made.name}")
        world.step(*made.scenario.actions.commands(made.driver.act(world)))
    name = type(plain).__name__
    if made.driver.algorithm.name != name.lower() and on_note is not None:
        on_note(f"Stable-Baselines3 has no {made.driver.algorithm.title}: the zip opens as {name}")
    return Sb3Export(path, about, name)

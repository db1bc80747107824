"""What every export begins with: the policy of a run, where it drives, where the files go."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.api.run import Run
from racer.api.who import run_of, set_up
from racer.errors import ConfigError

if TYPE_CHECKING:
    from racer.env import Scenario
    from racer.training.checkpoint import PolicyDriver


@dataclass(frozen=True)
class Exported:
    """A trained policy that is to be written."""

    driver: "PolicyDriver"
    scenario: "Scenario"
    """Where it was trained."""
    folder: Path
    """Where the files go."""
    name: str
    """Of the run, or of the checkpoint file without its ending."""

    @classmethod
    def of(
        cls,
        run: "str | Path | Run",
        folder: str | Path | None,
        checkpoint: str,
        on_note: Callable[[str], None] | None,
    ) -> "Exported":
        """Return what a user names.

        Args:
            run: a run, its folder or name, or a checkpoint file.
            folder: where to; by default ``export`` in the run's folder.
            checkpoint: of a run, best or last.
            on_note: called with each remark a user should read.

        Raises:
            ConfigError: if it is a driver, which has no policy.
        """
        from racer.training.checkpoint import PolicyDriver

        driver, scenario = set_up(run, checkpoint, None, {}, on_note=on_note)
        if not isinstance(driver, PolicyDriver):
            raise ConfigError(f"export: expected a trained run, got the driver {driver.name}")
        place = run_of(run)
        home = Path() if place is None else place.folder
        name = driver.name.removesuffix(".zip") if place is None else place.folder.resolve().name
        return cls(driver, scenario, Path(folder) if folder else home / "export", name)

    def metadata(self) -> dict[str, Any]:
        """Return the content of model_metadata.json: DeepRacer's words for car and algorithm."""
        from racer.algorithms.onnx_export import actor_inputs

        words = {"camera": "FRONT_FACING_CAMERA", "lidar": "LIDAR"}
        seen = [words[name] for name in actor_inputs(self.driver.policy) if name in words]
        content = self.scenario.actions.to_metadata()
        name = self.driver.algorithm.deepracer_name or content["training_algorithm"]
        return {**content, "training_algorithm": name, "sensor": seen or ["observation"]}

"""Who drives, and where: a built-in driver, or the policy of a run.

Heavy packages are imported inside the functions: a driver needs no torch.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.api.run import Run
from racer.errors import ConfigError
from racer.runs.listing import find_run

if TYPE_CHECKING:
    from racer.env import Scenario
    from racer.evaluation import Driver
    from racer.optimal.line_file import LineLike
    from racer.vehicle import Actions


def is_driver(who: object) -> bool:
    """Return whether a name means a built-in driver; a file or folder of that name wins."""
    from racer.evaluation import DRIVERS

    return isinstance(who, str) and who in DRIVERS and not Path(who).exists()


def run_of(who: "str | Path | Run") -> Run | None:
    """Return the run that is meant; None for a checkpoint file by itself."""
    if isinstance(who, Run):
        return who
    path = find_run(who)
    return Run(path) if path.is_dir() else None


def set_up(
    who: "str | Path | Run",
    checkpoint: str,
    actions: "Actions | None",
    changes: dict[str, Any],
    *,
    line: "LineLike | None" = None,
    paid: bool = False,
    allow_pickle: bool = False,
    sample: bool = False,
    on_note: Callable[[str], None] | None = None,
) -> tuple["Driver", "Scenario"]:
    """Return who drives and where.

    Args:
        who: a driver, a run or a checkpoint file.
        checkpoint: of a run, best or last.
        actions: of a driver.
        changes: settings to replace.
        line: what the reference driver follows instead of the reference.
        paid: with the reward function of a run; a driver has none.
        allow_pickle: read the checkpoint of an older version too, which can run any code.
        sample: draw the actions of a run as in its training.
        on_note: called with each remark a user should read.
    """
    if is_driver(who):
        from racer.config.parse import make_config
        from racer.evaluation import make_driver

        if sample:
            raise ConfigError(f"sample: only a run's policy can draw its actions, not {who}")
        config = make_config(actions=actions, **changes)
        driver = make_driver(str(who), config.make_actions(), line=line)
        return driver, config.scenario(reward=None)
    if line is not None:
        raise ConfigError("line: only the driver 'reference' follows one, not a run")
    if actions is not None:
        raise ConfigError("a run keeps the actions it was trained with: only drivers take others")
    path = who.folder if isinstance(who, Run) else find_run(who)
    if checkpoint not in ("best", "last"):
        raise ConfigError(f"checkpoint: must be best or last, got '{checkpoint}'")
    note = on_note or (lambda _: None)
    return _policy(
        path, checkpoint, changes, note, paid=paid, allow_pickle=allow_pickle, sample=sample
    )


def _policy(
    path: Path,
    which: str,
    changes: dict[str, Any],
    note: Callable[[str], None],
    *,
    paid: bool,
    allow_pickle: bool,
    sample: bool,
) -> tuple["Driver", "Scenario"]:
    """Return the policy of a checkpoint and where it drives."""
    from racer.config.train_config import TrainConfig
    from racer.runs.checkpoint_file import find_checkpoint
    from racer.runs.own_reward import own_reward
    from racer.training.checkpoint import PolicyDriver, load_checkpoint
    from racer.vehicle import vehicle
    from racer.vehicle.physics import physics_changes

    if "track" in changes:
        own = {"track_scale": 1.0, "reverse": False, "drop_duplicates": False}
        changes = {**own, **changes}
    file = find_checkpoint(path, which, note)
    loaded = load_checkpoint(file, allow_pickle=allow_pickle)
    reward = own_reward(path, file, loaded.facts) if paid else None
    if reward is not None:
        note(f"returns are paid by {reward.label}")
    elif paid:
        note(f"{file}: its reward function is not there: returns are 0")
    config = TrainConfig.of(**{**loaded.config.model_dump(), **changes})
    # the policy sees what it was trained to see, also where another car's state has more numbers
    sensor = None if "observe" in changes else loaded.config.make_sensor()
    scenario = config.scenario(reward=reward, sensor=sensor)
    if others := physics_changes(loaded.facts.get("physics"), vehicle(scenario.vehicle)):
        note(f"{path}: its car moves otherwise than the one it was trained with: {others}")
    return PolicyDriver(loaded.model, path.name, deterministic=not sample), scenario

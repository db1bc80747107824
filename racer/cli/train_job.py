"""What the command line said of a training, unchecked."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from racer.cli.options import given


@dataclass(frozen=True)
class Job:
    """Everything the command line said, unchecked: the child reads files and checks values."""

    settings: dict[str, Any]
    """Fields of TrainConfig that were given as options."""
    config_file: str | None = None
    """A TOML file with fields of TrainConfig; options win over it."""
    actions: dict[str, Any] = field(default_factory=dict)
    """Arguments of ``racer.cli.options.make_actions`` that were given."""
    hyperparameter_file: str | None = None
    """A DeepRacer hyperparameters.json, or TOML."""
    hyperparameters: dict[str, str] = field(default_factory=dict)
    """Hyperparameters given as options, under any of their names."""
    seeds: int = 1
    """How many trainings, with successive seeds."""
    name: str | None = None
    """Of the run."""
    runs_dir: str = "runs"
    """Where runs go."""
    force: bool = False
    """Replace runs of the same name."""
    figures: bool = True
    """Draw the report and the action space at the end."""
    film: bool = True
    """Film the best lap at the end."""
    resume: str | None = None
    """A run to go on with; of the other fields only those of the output matter then."""
    more_steps: int | None = None
    """Environment steps to drive from where it stands."""
    anyway: bool = False
    """Go on with a reward function that remembers nothing, where it must be."""
    clone: str | None = None
    """A run or checkpoint whose settings and weights the training begins with."""
    teacher: str | None = None
    """A run or checkpoint that the training imitates, and whose settings it begins with."""
    checkpoint: str = "best"
    """Which checkpoint of it."""
    allow_pickle: bool = False
    """Read the checkpoint of an older version too."""


_ACTIONS = (
    "max_speed", "speed_granularity", "max_steering", "steering_granularity", "action_space",
)  # fmt: skip
_FILES = {"config": "config_file", "hyperparameter_file": "hyperparameter_file"}
_OWN = ("hyperparameters", "seeds", "name", "runs_dir", "force", "figures", "film")


def make_job(**options: Any) -> Job:
    """Return the job that the options of a verb that trains describe.

    What is neither a field of ``Job`` nor of the action space is a setting.

    Args:
        options: those that a verb has of them; one that is None was not given.
    """
    values = {name: _text(value) for name, value in given(**options).items()}
    own = {name: values.pop(name) for name in _OWN if name in values}
    files = {field: values.pop(name) for name, field in _FILES.items() if name in values}
    actions = {name: values.pop(name) for name in _ACTIONS if name in values}
    return Job(settings=values, actions=actions, **files, **own)


def _text(value: Any) -> Any:
    """Return a path as text, for JSON."""
    return str(value) if isinstance(value, Path) else value

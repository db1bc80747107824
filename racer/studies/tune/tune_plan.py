"""What a search is going to do, and its folder. All is checked here, before anything is trained.

| file | what |
|---|---|
| tune.json | all that decides the result but the number of trials |
| study.db | the trials, for Optuna and its dashboard, unless they are kept elsewhere |
| trials/NUMBER/sSEED/ | a run folder each, with ``outcome.json`` when it is done |
| confirmation/ | the runs of the best and of the defaults, on fresh seeds |
| trials.csv, best.toml, unproven.toml, report.html | what came of it |
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from racer.algorithms.dimension import Dimension
from racer.config.train_config import TrainConfig
from racer.errors import ConfigError
from racer.reward import RewardSource, load_reward
from racer.runs.provenance import installed_versions, provenance
from racer.studies.manifest import Kind, open_kind, shared_content
from racer.studies.plan import Road, alike, road_of
from racer.studies.tune.space import (
    default_params,
    grid_points,
    make_grid,
    make_space,
    with_params,
)

FRESH = 1000
"""How far the confirmation's seeds are from those of the search."""

TUNING = Path("tuning")
"""Where searches are written."""

CONFIRMATION = "confirmation"
"""Name of the folder of the runs that confirm; its lock is held by the process that confirms."""

STUDY = Kind("study", "tune.json")


@dataclass(frozen=True)
class TunePlan:
    """A search, checked."""

    source: RewardSource
    config: TrainConfig
    """The settings that all trainings share; the ones that are searched have their defaults."""
    road: Road
    dimensions: tuple[Dimension, ...]
    defaults: dict[str, Any]
    """The values of the names without a search: those of trial 0."""
    grid: tuple[dict[str, Any], ...]
    """The points of a sweep, the defaults first; empty for a search."""
    n_trials: int
    seeds: tuple[int, ...]
    """Each trial is trained with these."""
    confirm: int
    """How many of the best trials are trained again."""
    confirm_seeds: tuple[int, ...]
    """With these, which the search never saw."""
    laps: int
    """Laps of each policy that are judged."""

    @property
    def names(self) -> tuple[str, ...]:
        """What is searched."""
        return tuple(one.name for one in self.dimensions)

    @property
    def is_sweep(self) -> bool:
        """Whether it is a grid."""
        return bool(self.grid)

    @cached_property
    def content(self) -> dict[str, Any]:
        """All that decides the result but the number of trials, as plain data."""
        return {
            "rewards": {self.source.name: self.source.digest},
            "space": {one.name: one.text for one in self.dimensions},
            "defaults": self.defaults,
            **shared_content(self.config, self.road, self.laps, installed_versions()),
            "algorithm": {"algo": self.config.algo, **self.config.hyperparameters},
            "search": {"sweep": self.is_sweep, "n_seeds": len(self.seeds)},
            "seeds": list(self.seeds),
        }


def make_tune_plan(
    reward: str | Path | Callable[[dict[str, Any]], float],
    config: TrainConfig,
    *,
    trials: int = 60,
    seeds: int = 3,
    search: Sequence[str] = (),
    also: Sequence[str] = (),
    sweep: Sequence[str] = (),
    confirm: int = 3,
    confirm_seeds: int = 10,
    laps: int = 20,
) -> TunePlan:
    """Check what a user wants to search.

    Args:
        reward: a file or a shipped name.
        config: the settings of all trainings; hyperparameters in it are not searched.
        trials: combinations of settings; of a sweep all points.
        seeds: trainings of each.
        search: ``NAME=LOW:HIGH`` or ``NAME=VALUE,VALUE``, in place of or beside the default ranges.
        also: ``actions`` and ``network`` to search these too.
        sweep: ``NAME=VALUE,VALUE`` each: a grid in place of a search.
        confirm: how many of the best are trained again beside the defaults; 0: none.
        confirm_seeds: trainings of each of these, with seeds of their own.
        laps: of each policy that are judged.

    Raises:
        RacerError: if something cannot be used; the message says what.
    """
    counts = {"trials": trials, "seeds": seeds, "confirm_seeds": confirm_seeds, "laps": laps}
    for name, value in counts.items():
        if value < 1:
            raise ConfigError(f"{name}: must be 1 or more, got {value}")
    if seeds > FRESH:
        raise ConfigError(f"seeds: must be at most {FRESH}, got {seeds}")
    if confirm < 0:
        raise ConfigError(f"confirm: must be 0 or more, got {confirm}")
    config = alike(config, "every trial gets the same steps")
    if sweep and (search or also):
        raise ConfigError("sweep: a grid has its own values: leave out search and also")
    source = load_reward(reward)
    if source.function is not None:
        raise ConfigError(f"{source.label}: expected a file: worker processes train with it")
    dimensions = make_grid(config, sweep) if sweep else make_space(config, search, also)
    defaults = default_params(config, tuple(one.name for one in dimensions))
    grid = tuple(grid_points(dimensions, defaults)) if sweep else ()
    for point in grid:
        with_params(config, point)
    if sweep:  # the defaults are trained too, and kept with the points of the grid
        dimensions = tuple(one.including(defaults[one.name]) for one in dimensions)
    # a file is found from any folder, a shipped one by its name
    given = str(reward)
    named = str(Path(given).resolve()) if Path(given).is_file() else given
    config = config.model_copy(update={"reward": named})
    first = config.seed
    return TunePlan(
        source=source,
        config=config,
        road=road_of(config),
        dimensions=dimensions,
        defaults=defaults,
        grid=grid,
        n_trials=len(grid) or trials,
        seeds=tuple(range(first, first + seeds)),
        confirm=confirm,
        confirm_seeds=tuple(range(first + FRESH, first + FRESH + confirm_seeds)),
        laps=laps,
    )


def open_study(plan: TunePlan, name: str | None, tuning_dir: Path = TUNING) -> Path:
    """Return the folder of a search: the one it has begun in, or a new one.

    Args:
        plan: what is searched.
        name: of the folder; by default one that tells the reward function, numbered.
        tuning_dir: the folder of all searches.

    Raises:
        ConfigError: if the name is no name of a folder.
        RunError: if something else has this name; the message says what differs.
    """
    about = provenance()
    about["files"] = {plan.source.name: plan.source.label}
    stem = f"{plan.source.name}-{plan.config.algo}-{'sweep' if plan.is_sweep else 'tune'}"
    return open_kind(STUDY, plan.content, about, stem, name, tuning_dir)

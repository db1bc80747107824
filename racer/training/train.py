"""One training, from settings to a run folder."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from racer.algorithms.own_state import own_state
from racer.assets import asset_folder
from racer.config.train_config import TrainConfig
from racer.env import Scenario
from racer.env.randomize import Randomization
from racer.naming import one_or_list
from racer.reward import RewardSource
from racer.run_files import REWARD_COPY, RUNS
from racer.runs.provenance import inverse, path_names, provenance, renamed
from racer.runs.run_folder import RunFolder, reserve_name
from racer.training.hooks import Hooks
from racer.training.session import (
    RunResult,
    TrainingSetup,
    learn,
    make_callback,
    make_setup,
    result_of,
    reward_name,
    set_logger,
    step_recorder,
)

__all__ = ["RunResult", "run_stem", "train"]


def run_stem(config: TrainConfig) -> str:
    """Return what a run is called if the user does not say: reward and algorithm."""
    stem = (
        re.sub(r"[^\w.-]", "", Path(config.reward).stem) or "reward"
    )  # "<lambda>" is no file name
    return f"{stem}-{config.algo}"


def train(
    config: TrainConfig,
    *,
    reward: RewardSource | None = None,
    folder: Path | None = None,
    runs: Path = RUNS,
    force: bool = False,
    hooks: Hooks | None = None,
    prepare: Callable[[TrainingSetup], None] | None = None,
    parent: Path | None = None,
    facts: dict[str, Any] | None = None,
) -> RunResult:
    """Train, evaluate the best checkpoint, and leave everything in a run folder.

    Args:
        config: all settings.
        reward: in place of the one that the settings name; for Python functions.
        folder: of the run; by default the next free name in ``runs``.
        runs: where runs without a folder of their own go.
        force: replace a run that is there.
        hooks: what is told, and how the training is stopped.
        prepare: called with cars and algorithm before anything is written, for example to put
            weights in; it may raise.
        parent: the checkpoint whose settings were taken over.
        facts: more for ``run.json``.

    Raises:
        RacerError: for settings that cannot be used; the run folder is then not created.
        RewardFailure: if the reward function failed; the run keeps its last checkpoint and the
            params of the call.
    """
    hooks = hooks or Hooks()
    setup = make_setup(config, hooks, reward)
    paths = _paths(config, setup.scenario, parent)
    config = TrainConfig.of(**renamed(config.model_dump(), paths))
    setup = replace(setup, config=config)
    if prepare is not None:
        prepare(setup)
    run = RunFolder.create(
        folder or runs / reserve_name(runs, run_stem(config)),
        force=force,
        elements=Randomization.of(config.randomize).columns,
    )
    try:
        for note in setup.notes:
            hooks.note(note)
        run.describe(paths=paths)
        _describe(run, setup, facts or {})
        setup.venv.recorder = step_recorder(run.path, setup)
        own_state(setup.model).open_files(run.path, {})
        set_logger(run, setup.model)
        callback = make_callback(run, setup, hooks)
        learn(run, setup, callback)
        return result_of(run, setup, callback, setup.notes)
    finally:
        run.close()


def _paths(config: TrainConfig, scenario: Scenario, parent: Path | None) -> dict[str, str]:
    """Return the absolute paths of the user's files of tracks and teacher, by how they are named.

    What settings were taken over with is named as the parent names it, who has made it absolute.
    """
    shipped = asset_folder("tracks").resolve()
    files = {
        name: track.source.resolve()
        for name, track in zip(config.track, scenario.tracks, strict=True)
        if track.source is not None and not track.source.resolve().is_relative_to(shipped)
    }
    if config.teacher is not None:
        files[config.teacher] = Path(config.teacher).resolve()
        parent = parent or files[config.teacher]
    theirs = {} if parent is None else inverse(path_names(parent.parent))
    return {
        name if name not in theirs or theirs[name] in files else theirs[name]: str(path)
        for name, path in files.items()
        if name != str(path) or name in theirs
    }


def _describe(run: RunFolder, setup: TrainingSetup, facts: dict[str, Any]) -> None:
    """Write ``run.json`` and the copy of the reward function."""
    config, scenario = setup.config, setup.scenario
    reward = scenario.reward
    assert reward is not None
    _copy_reward(run.path, reward)
    run.describe(
        **{**provenance(), **facts},
        name=run.path.name,
        status="running",
        config=run.as_given(config).model_dump(),
        algorithm=config.algo,
        hyperparameters=setup.settings.to_dict(),
        seed=config.seed,
        reward=reward_name(config, reward),
        reward_digest=reward.digest,
        track=one_or_list([one.name for one in scenario.tracks]),
        vehicle=config.vehicle,
        physics=setup.facts["physics"],
        actions=scenario.actions.to_dict(),
        notes=list(setup.notes),
    )


def _copy_reward(folder: Path, reward: RewardSource) -> None:
    """Copy the reward function, and the modules beside it that it imports, into a run's folder."""
    if reward.path is None:  # the text of a function without its surroundings is for reading only
        (folder / REWARD_COPY).with_suffix(".txt").write_text(reward.text, "utf-8")
        return
    (folder / REWARD_COPY).write_text(reward.text, "utf-8")
    for sibling in reward.siblings:
        copy = folder / sibling.path.relative_to(reward.path.resolve().parent)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(sibling.text, "utf-8")

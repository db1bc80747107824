"""Goes on with a training that was stopped, as if it had not been.

The last checkpoint holds a moment of the training. The tables and the recording are cut back to
that moment, everything is put back, and the same steps are driven again. So the end is that of a
training that was never stopped, byte for byte, on the same machine with the same versions.
"""

import platform
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from racer.algorithms.own_state import own_state
from racer.config.train_config import TrainConfig
from racer.env.randomize import Randomization
from racer.errors import RacerError, RunError
from racer.naming import as_list
from racer.reward import RewardSource
from racer.run_files import BEST, BEST_BEFORE_STOP, LAST, LOST_STEPS, PREVIOUS, RUN_JSON, STEPS
from racer.runs import record
from racer.runs.own_reward import own_reward
from racer.runs.provenance import installed_versions, now, own_process
from racer.runs.run_folder import RESULT_FACTS, RunFolder, timing_position
from racer.storage.durable import check_position, has_file
from racer.storage.lock import RunLock
from racer.training.callback import RunCallback
from racer.training.checkpoint import Checkpoint, load_checkpoint
from racer.training.hooks import Hooks
from racer.training.session import (
    RunResult,
    TrainingSetup,
    learn,
    make_callback,
    make_setup,
    result_of,
    set_logger,
    step_recorder,
)
from racer.training.snapshot import load_snapshot
from racer.vehicle import vehicle
from racer.vehicle.physics import physics_changes


@dataclass(frozen=True)
class Continuation:
    """What a run's folder says about going on: checked, and nothing changed yet."""

    folder: Path
    facts: dict[str, Any]
    """What ``run.json`` and the provenance hold."""
    checkpoint: Checkpoint
    """With the moment to go on from."""
    config: TrainConfig
    """The settings to go on with."""
    reward: RewardSource
    """The run's own copy of its reward function."""
    notes: tuple[str, ...]
    """What a user should know."""
    records: bool
    """The recorded steps are whole, and gone on with."""


def resume(
    folder: Path,
    *,
    steps: int | None = None,
    anyway: bool = False,
    hooks: Hooks | None = None,
) -> RunResult:
    """Go on with a training.

    Args:
        folder: of the run.
        steps: environment steps to drive from where it stands; by default the rest of its budget.
        anyway: go on with a fresh reward function where what it kept could not be saved.
        hooks: what is told, and how the training is stopped.

    Raises:
        RacerError: if there is nothing to go on with, or it cannot be gone on with exactly; the
            folder is then unchanged.
        RewardFailure: if the reward function failed.
    """
    hooks = hooks or Hooks()
    lock = _lock(folder)
    try:
        found = plan(folder, steps=steps, anyway=anyway)
        for note in found.notes:
            hooks.note(note)
        return _go_on(found, lock, hooks, anyway=anyway)
    finally:
        lock.release()


def _lock(folder: Path) -> RunLock:
    if not folder.is_dir():
        raise RunError(f"{folder}: no such run")
    if not (folder / RUN_JSON).is_file():
        raise RunError(f"{folder}: not the folder of a run: it has no run.json")
    try:
        return RunLock(folder)
    except OSError as error:
        raise RunError(f"{folder}: the run cannot be written: {error.strerror}") from error


def plan(folder: Path, *, steps: int | None = None, anyway: bool = False) -> Continuation:
    """Find out how a run goes on, without changing anything.

    Args, Raises: as for ``resume``.
    """
    facts = read_facts(folder)
    if facts.get("status") == "finished" and steps is None:
        raise RunError(f"{folder}: has finished, nothing to resume; --steps N drives N more steps")
    checkpoint, notes = _newest(folder)
    if checkpoint.facts.get("reward_path") == "compiled":
        raise RunError(
            f"{folder}: cannot be resumed exactly: its reward function ran compiled, and reward "
            f"functions are no longer compiled; racer clone {folder} trains on from its weights"
        )
    training, config = checkpoint.training, checkpoint.config
    if changes := physics_changes(checkpoint.facts.get("physics"), vehicle(config.vehicle)):
        raise RunError(
            f"{folder}: cannot be resumed exactly: its car moves otherwise now ({changes}); "
            f"racer clone {folder} trains on from its weights"
        )
    reward = _own_reward(folder, checkpoint)
    if not anyway:
        _check_whole(folder, training)
    if steps is not None:
        if steps < 1:
            raise RunError(f"--steps: must be 1 or more, got {steps}")
        budget = {"steps": training["rollout"]["num_timesteps"] + steps}
        config = TrainConfig.of(
            **{**config.model_dump(), **budget, "minutes": None, "until_finish": None}
        )
    lost = _lost_recording(folder, training)
    if lost is not None:
        notes.append(
            f"{lost}; the training goes on, but no step is recorded any more: what there was is "
            f"kept as {LOST_STEPS}, and the run cannot be replayed"
        )
    notes += _limits(facts, config)
    return Continuation(folder, facts, checkpoint, config, reward, tuple(notes), lost is None)


def _check_whole(folder: Path, training: dict[str, Any]) -> None:
    """Check that a moment holds all that is needed to go on exactly.

    Raises:
        RunError: if not.
    """
    if problem := training["env"]["problem"]:
        raise RunError(
            f"{folder}: cannot be resumed exactly: {problem}; --anyway goes on "
            "with a reward function that remembers nothing"
        )
    if problem := training.get("obstacle"):
        raise RunError(
            f"{folder}: cannot be resumed exactly: {problem}; --anyway goes on without them"
        )


def read_facts(folder: Path) -> dict[str, Any]:
    """Return what the ``run.json`` of a run and its provenance hold.

    Raises:
        RunError: if it cannot be read.
    """
    facts = record.read_facts(folder)
    if not {"status", "config"} <= facts.keys():
        raise RunError(f"{folder / RUN_JSON}: damaged: it does not say how the run ended")
    return facts


def _newest(folder: Path) -> tuple[Checkpoint, list[str]]:
    """Return the newest checkpoint that is whole and fits the tables, and notes about it."""
    problems: list[str] = []
    for name in (LAST, PREVIOUS):
        path = folder / name
        try:
            if not has_file(path):
                problems += [f"{path}: missing"] if name == LAST else []
                continue
            checkpoint = load_checkpoint(path)
            _check_files(folder, checkpoint)
        except RunError as error:
            problems.append(str(error))
            continue
        if problems:
            steps = checkpoint.training["total_steps"]
            problems.append(f"the checkpoint before is used: {path}, after {steps:,} steps")
        return checkpoint, problems
    if "imported" in record.read_facts(folder):
        raise RunError(f"{folder}: was made of logs: there is no training to go on with")
    if problems == [f"{folder / LAST}: missing"]:
        raise RunError(f"{folder}: holds no checkpoint yet: train it again with --force")
    raise RunError(f"cannot be resumed: {problems[0]}")


def _check_files(folder: Path, checkpoint: Checkpoint) -> None:
    """Check that the tables are what they were at the checkpoint.

    Raises:
        RunError: if one is not, or the checkpoint is not made to go on from.
    """
    training = checkpoint.training
    if training is None:
        raise RunError(f"{folder / LAST}: holds only weights; racer clone starts a run from them")
    for name, position in {**training["tables"], **training.get("files", {})}.items():
        check_position(folder / name, position)
    timing_position(folder, training["callback"]["n_updates"])


def _lost_recording(folder: Path, training: dict[str, Any]) -> str | None:
    """Return what is wrong with the recorded steps, which the training itself can do without."""
    if training["recorder"] is None:
        return None
    try:
        check_position(folder / STEPS, training["recorder"]["position"])
    except RunError as error:
        return str(error)
    return None


def _own_reward(folder: Path, checkpoint: Checkpoint) -> RewardSource:
    """Return the run's copy of its reward function.

    Raises:
        RunError: if there is none, or it is not what the run was trained with.
    """
    reward = own_reward(folder, folder / LAST, checkpoint.facts)
    if reward is None:
        raise RunError(
            f"{folder}: its reward function was a Python object and not a file: write it into a "
            "file, then racer clone"
        )
    return reward


def _limits(facts: dict[str, Any], config: TrainConfig) -> list[str]:
    """Return notes about what keeps the end from being that of an uninterrupted training."""
    notes = []
    if config.minutes is not None:
        notes.append("the budget is in minutes: where the training ends depends on the clock")
    own, then = installed_versions(), facts.get("versions", {})
    notes += [
        f"{name} was {then[name]} and is {own[name]} now: the rest may differ from that of an "
        "uninterrupted training"
        for name in sorted(set(own) & set(then))
        if own[name] != then[name] and name != "racer"
    ]
    if facts.get("platform", platform.platform()) != platform.platform():
        notes.append("this is another machine: the rest may differ from an uninterrupted training")
    return notes


def _go_on(found: Continuation, lock: RunLock, hooks: Hooks, *, anyway: bool) -> RunResult:
    """Put everything back, and learn on."""
    folder, training = found.folder, found.checkpoint.training
    setup = make_setup(found.config, hooks, found.reward)
    _check_track(found, setup)
    _check_teacher(found, setup)
    setup = replace(setup, notes=())
    setup.venv.reset()
    elements = Randomization.of(found.config.randomize).columns
    n_updates = training["callback"]["n_updates"]
    run = RunFolder.reopen(folder, lock, found.facts, training["tables"], n_updates, elements)
    try:
        _open_recording(found, setup)
        own_state(setup.model).open_files(folder, training.get("files", {}))
        set_logger(run, setup.model)
        callback = make_callback(run, setup, hooks)
        _put_back(found, setup, callback, anyway=anyway)
        _begin_again(run, found)
        if not training["ended"] or setup.config.step_budget > setup.model.num_timesteps:
            learn(run, setup, callback, goes_on=True)
        else:
            close_quietly(setup, callback)
        return result_of(run, setup, callback, found.notes)
    finally:
        run.close()


def _open_recording(found: Continuation, setup: TrainingSetup) -> None:
    """Go on recording steps, if that was done up to here and nothing of it is lost."""
    recorder, path = found.checkpoint.training["recorder"], found.folder / STEPS
    if recorder is None:
        return
    if not found.records:
        with suppress(FileNotFoundError):
            path.replace(path.with_name(LOST_STEPS))
        return
    setup.venv.recorder = step_recorder(found.folder, setup, recorder["position"])
    if setup.venv.recorder is not None:
        setup.venv.recorder.listen(setup.venv.env.world)


def _check_track(found: Continuation, setup: TrainingSetup) -> None:
    kept = as_list(found.checkpoint.facts["track_digest"])
    for track, now_is, was in zip(
        setup.scenario.tracks, as_list(setup.facts["track_digest"]), kept, strict=True
    ):
        if now_is != was:
            raise RunError(
                f"{found.folder}: the track '{track.name}' has changed since; "
                f"racer clone {found.folder} trains on with what it is now"
            )


def _check_teacher(found: Continuation, setup: TrainingSetup) -> None:
    if setup.facts.get("teacher_digest") != found.checkpoint.facts.get("teacher_digest"):
        raise RunError(
            f"{found.folder}: its teacher {setup.config.teacher} has changed since; "
            "racer distill teaches a new student"
        )


def _put_back(
    found: Continuation, setup: TrainingSetup, callback: RunCallback, *, anyway: bool
) -> None:
    try:
        load_snapshot(
            found.checkpoint.training,
            found.checkpoint.weights,
            setup.model,
            setup.venv,
            callback,
            anyway=anyway,
        )
    except RacerError as error:
        raise RunError(f"{found.folder}: cannot be resumed: {error}") from error
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise RunError(f"{found.folder}: cannot be resumed: {what:.200}") from error


def _begin_again(run: RunFolder, found: Continuation) -> None:
    """Write down that the run is under way again, and drop what its end had left."""
    folder = found.folder
    run.unseal()
    aside = folder / BEST_BEFORE_STOP
    if aside.is_file():
        aside.replace(folder / BEST)
    resumed = [
        *found.facts.get("resumed", []),
        {"at": now(), "from_steps": found.checkpoint.training["total_steps"]},
    ]
    run.forget(*RESULT_FACTS, "ended", "seconds")
    config = run.as_given(found.config).model_dump()
    run.describe(status="running", config=config, resumed=resumed, **own_process())


def close_quietly(setup: TrainingSetup, callback: RunCallback) -> None:
    """Close what ``learn`` would have closed: the training itself had ended."""
    setup.model.logger.close()
    own_state(setup.model).close_files()
    if setup.venv.recorder is not None:
        setup.venv.recorder.close()
    callback.mark_ended()

"""Does a search, confirms its best, and writes down what came of it."""

import csv
import io
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

import tomli_w

from racer.config.keywords import SettingKeywords
from racer.config.train_config import TrainConfig
from racer.storage.durable import remove_leftovers, write_atomically
from racer.storage.lock import RunLock, is_locked
from racer.studies.runner import REWARD_TIMEOUT, Runner, gather
from racer.studies.scores import Scores
from racer.studies.tune.records import DEFAULTS, SearchResult, TrialRecord, ranked
from racer.studies.tune.search import Search, TuneListener, condition_of, make_training
from racer.studies.tune.space import with_params
from racer.studies.tune.storage import counted, open_optuna, record_of
from racer.studies.tune.tune_plan import (
    CONFIRMATION,
    TUNING,
    TunePlan,
    make_tune_plan,
    open_study,
)
from racer.studies.verdict import Verdicts, verdicts

SETTINGS = "best.toml"
UNPROVEN_SETTINGS = "unproven.toml"  # of the trial ahead, where it is not shown to help
"""Name of the settings file."""
TRIALS = "trials.csv"
"""Name of the table of trials."""
POLL = 0.5
"""Seconds between two looks at the trials of another process."""


def tune(
    reward: str | Path,
    *,
    trials: int = 60,
    timeout: float | None = None,
    seeds: int = 3,
    search: Sequence[str] = (),
    also: Sequence[str] = (),
    sweep: Sequence[str] = (),
    confirm: int = 3,
    confirm_seeds: int = 10,
    laps: int = 20,
    name: str | None = None,
    tuning_dir: str | Path = TUNING,
    storage: str | None = None,
    jobs: int | None = None,
    reward_timeout: float = REWARD_TIMEOUT,
    listener: TuneListener | None = None,
    **settings: Unpack[SettingKeywords],
) -> SearchResult:
    """Search good hyperparameters for a reward function, and confirm them on fresh seeds.

    A call of the same search continues where an earlier one stopped. Several processes may work on
    one search.

    Args:
        reward: a file or a shipped name.
        trials: combinations of settings to try.
        timeout: seconds after which the confirmation should be done too; by default no end.
        seeds: trainings of each trial.
        search: values of a name: ``"learning_rate=1e-4:1e-2"``, ``"epochs=2,4,8"``.
        also: ``"actions"``, ``"network"``: search these too.
        sweep: a plain grid in place of a search: ``"learning_rate=1e-4,1e-3"``.
        confirm: how many of the best are trained again, beside the defaults.
        confirm_seeds: trainings of each of these.
        laps: of each policy that are judged.
        name: of the folder; by default from the reward function's name, numbered.
        tuning_dir: the folder of all searches.
        storage: where the trials are kept, as ``racer tune --storage``.
        jobs: trainings at the same time; by default one a processor.
        reward_timeout: what a call of the reward function may take (s) before it counts as endless.
        listener: is told what happens.
        settings: fields of ``TrainConfig`` and hyperparameters; the latter are not searched.

    Raises:
        RacerError: for anything that cannot be used, and if the reward function fails.
    """
    listener = listener or TuneListener()
    runner = Runner(listener, jobs=jobs, reward_timeout=reward_timeout)
    plan = make_tune_plan(
        reward,
        runner.config({**settings}),
        trials=trials,
        seeds=seeds,
        search=search,
        also=also,
        sweep=sweep,
        confirm=confirm,
        confirm_seeds=confirm_seeds,
        laps=laps,
    )
    folder = open_study(plan, name, Path(tuning_dir))
    return run_tune(plan, folder, runner, listener, timeout=timeout, storage=storage)


def run_tune(
    plan: TunePlan,
    folder: Path,
    runner: Runner,
    listener: TuneListener,
    *,
    timeout: float | None = None,
    storage: str | None = None,
) -> SearchResult:
    """Do what is left to do of a search, and return all of it.

    Args:
        plan: what is searched.
        folder: of the search.
        runner: runs its trainings.
        listener: is told what happens besides.
        timeout: seconds after which the confirmation should be done too.
        storage: as ``open_optuna`` takes it.

    Raises:
        RewardError: if the reward function fails.
        RunError: if something cannot be read or written.
    """
    study = open_optuna(plan, folder, storage)
    n_confirm = (plan.confirm + 1) * len(plan.confirm_seeds) if plan.confirm else 0
    deadline = None if timeout is None else time.monotonic() + timeout
    search = Search(plan, folder, study, listener, deadline, n_confirm / runner.n_workers)
    try:
        if search.n_left:
            runner.run(search, folder)
    finally:
        search.close()
    while search.others_are_busy():  # their trials may be the best
        listener.tick()
        time.sleep(POLL)
    records = tuple(record_of(one) for one in counted(study))
    runs = folder / CONFIRMATION
    runs.mkdir(exist_ok=True)
    while is_locked(runs):  # who shares the search confirms it: its trainings are read then
        listener.tick()
        time.sleep(POLL)
    with RunLock(runs):
        remove_leftovers(folder)
        return _conclude(plan, folder, records, runner, listener)


def _conclude(
    plan: TunePlan,
    folder: Path,
    records: tuple[TrialRecord, ...],
    runner: Runner,
    listener: TuneListener,
) -> SearchResult:
    """Confirm the best trials, and write the settings file and the table."""
    done = ranked(records)
    scores, found, unproven = None, None, None
    best = done[0] if done else None
    chosen = [one for one in done if one.number > 0][: plan.confirm]
    if chosen:
        tried = [TrialRecord(0, plan.defaults, "complete"), *chosen]
        listener.confirm(len(tried), len(plan.confirm_seeds))
        scores = _confirm(plan, folder, tried, runner)
        found = verdicts(scores, baseline=DEFAULTS)
        best, unproven = confirmed(tried, found)
    sentence = judgement(found, best)
    settings = _write_settings(folder / SETTINGS, plan, best, sentence)
    not_proven = "Ahead in the search, but not shown to be better than the defaults."
    unproven_file = _write_settings(folder / UNPROVEN_SETTINGS, plan, unproven, not_proven)
    write_atomically(folder / TRIALS, trials_csv(plan.names, records).encode())
    return SearchResult(
        folder=folder,
        trials=records,
        searched=plan.names,
        log_scaled=frozenset(one.name for one in plan.dimensions if one.is_log),
        is_sweep=plan.is_sweep,
        steps=plan.config.step_budget,
        scores=scores,
        verdicts=found,
        best=best,
        settings_file=settings,
        unproven_file=unproven_file,
        sentence=sentence,
    )


def _confirm(plan: TunePlan, folder: Path, chosen: list[TrialRecord], runner: Runner) -> Scores:
    """Train the chosen trials on fresh seeds, one seed of all before the next."""
    trainings = [
        make_training(
            plan,
            one.name,
            one.params,
            seed,
            folder / CONFIRMATION / f"{one.name.replace(' ', '-')}-s{seed}",
        )
        for seed in plan.confirm_seeds
        for one in chosen
    ]
    scores, failures = gather(trainings, runner.run_all(trainings, folder))
    return Scores(
        rewards=tuple(one.name for one in chosen),
        conditions=(condition_of(plan),),
        seeds=plan.confirm_seeds,
        steps=plan.config.step_budget,
        scores=scores,
        failures=failures,
    )


def _write_settings(
    path: Path, plan: TunePlan, trial: TrialRecord | None, sentence: str
) -> Path | None:
    """Write the settings of a trial, and return the file; remove it if there is no trial."""
    if trial is None:
        path.unlink(missing_ok=True)
        return None
    text = settings_text(with_params(plan.config, trial.params), sentence, trial)
    write_atomically(path, text.encode())
    return path


def confirmed(
    tried: Sequence[TrialRecord], found: Verdicts
) -> tuple[TrialRecord | None, TrialRecord | None]:
    """Return the trial to recommend, and the one that is ahead but not shown to be better.

    Recommended is a trial that is shown to be better than the defaults, among several the one whose
    seeds beat those of the others most often; without any, the defaults.

    Args:
        tried: the trials of the confirmation, the defaults first.
        found: of them.
    """
    by_name = {one.name: one for one in tried}
    order = [name for name in found.conditions[0].order if name in by_name]
    proven = next((name for name in order if _wins(found, name)), None)
    if proven is not None:
        return by_name[proven], None
    ahead = next((name for name in order if name != DEFAULTS), None)
    return by_name.get(DEFAULTS), None if ahead is None else by_name[ahead]


def _wins(found: Verdicts, name: str) -> bool:
    """Say whether a trial is shown to be better than the defaults."""
    pair = found.conditions[0].pair(DEFAULTS, name)
    return pair is not None and pair.winner == name


def judgement(found: Verdicts | None, best: TrialRecord | None) -> str:
    """Return in words whether tuning helped.

    Args:
        found: of the confirmation; None without one.
        best: what is recommended.
    """
    if best is None:
        return "No trial was finished: give the search more time."
    if found is None:
        return (
            f"Not confirmed: {best.name} was picked by the seeds that judge it, which flatters it."
        )
    condition = found.conditions[0]
    helped = best.name != DEFAULTS and _wins(found, best.name)
    rival = next((name for name in condition.order if name != DEFAULTS), "")
    pair = condition.pair(DEFAULTS, best.name if helped else rival)
    said = "" if pair is None else f" {pair.sentence}"
    if helped:
        return f"Tuning helped.{said}"
    return f"Tuning has not been shown to help: the defaults may be as good.{said}"


def settings_text(config: TrainConfig, sentence: str, best: TrialRecord) -> str:
    """Return settings as TOML that ``racer train --config`` takes.

    Args:
        config: with the values of the trial; what has its default is left out.
        sentence: what may be claimed, for the comment.
        best: the trial.
    """
    plain = TrainConfig.of()
    values = config.model_dump(exclude={"seed", "record"})
    changed = {
        name: value
        for name, value in values.items()
        if value is not None
        and (name in ("reward", "track", "algo", "steps") or value != getattr(plain, name))
    }
    return f"# {best.name} of racer tune. {sentence}\n{tomli_w.dumps(changed)}"


def trials_csv(names: Sequence[str], records: Sequence[TrialRecord]) -> str:
    """Return the table of trials: the same trials give the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["number", "state", "seeds", "finish_rate", "race_time", "value", *names])
    for one in records:
        figures = [one.finish_rate, one.race_time, one.value]
        row = [one.number, one.state, len(one.seeds), *figures]
        writer.writerow([*row, *(one.params.get(name) for name in names)])
    return text.getvalue()

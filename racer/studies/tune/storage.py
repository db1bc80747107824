"""Where the trials are kept: an Optuna study in SQLite, a journal file or a database."""

import hashlib
import socket
import time
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from racer.algorithms.dimension import Dimension
from racer.errors import RunError
from racer.storage.lock import RunLock
from racer.storage.sealed_json import digest_of_data
from racer.studies.training import read_score
from racer.studies.tune.records import State, TrialRecord
from racer.studies.tune.tune_plan import TunePlan

SEEDS = "seeds"
"""Attribute of a trial: the scores of its seeds."""
PLACE = "place"
"""Attribute of a trial: the machine that does it, and the folder there."""
ERROR = "error"
"""Attribute of a trial that failed: why, in one line."""
SURPLUS = "surplus"
"""Attribute of a trial that two processes began beyond the number that was asked for."""

CONTENT = "content"
"""Attribute of a study: the digest of all that decides its result."""

STARTUP_TRIALS = 12
"""Random combinations before the sampler begins to learn from the others."""

KEPT_PERCENT = 60.0
"""After each seed the better ones of the finished trials, this share of them, set the mark."""
UNPRUNED_TRIALS = 6
"""So many trials are finished before one is given up."""

_ATTEMPTS, _PAUSE = 200, 0.05  # to open a study that another process opens (s)
STATES: Mapping[TrialState, State] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}
"""Our names of Optuna's states; all others are trials under way."""


class SeededByTrial(BaseSampler):
    """Optuna's TPE, begun anew for each trial with a seed from the study's and the trial's number.

    What a trial draws depends on the trials before it alone, and not on how often the search was
    interrupted.
    """

    def __init__(self, seed: int) -> None:
        """Remember the study's seed."""
        self._seed = seed

    def _of(self, trial: FrozenTrial, name: str = "") -> TPESampler:
        text = f"{self._seed} {trial.number} {name}".encode()
        seed = int.from_bytes(hashlib.sha256(text).digest()[:4], "big")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return TPESampler(
                seed=seed,
                multivariate=True,
                n_startup_trials=STARTUP_TRIALS,
                constant_liar=True,
                warn_independent_sampling=False,
            )

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the names that are drawn together."""
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draw them."""
        return self._of(trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Draw one, while there are too few trials to learn from."""
        return self._of(trial, param_name).sample_independent(
            study, trial, param_name, param_distribution
        )


def open_optuna(plan: TunePlan, folder: Path, storage: str | None) -> optuna.Study:
    """Return the study: the one that is there, or a new one whose first trial is the defaults.

    Args:
        plan: what is searched.
        folder: of the search.
        storage: a file that ends in .log or .journal for a journal, another file for SQLite, or
            the address of a database; by default study.db in the folder.

    Raises:
        RunError: if it cannot be opened.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    where = str(folder / "study.db") if storage is None else storage
    try:
        with _alone(folder):
            study = optuna.create_study(
                storage=_storage(where),
                study_name=folder.name,
                sampler=SeededByTrial(plan.config.seed),
                pruner=optuna.pruners.PercentilePruner(
                    KEPT_PERCENT, n_startup_trials=UNPRUNED_TRIALS
                ),
                direction="maximize",
                load_if_exists=True,
            )
            _check_content(study, where, digest_of_data(plan.content))
            # all, or the rest if the process was killed while it wrote them
            for point in (plan.grid or (plan.defaults,))[len(study.get_trials(deepcopy=False)) :]:
                study.enqueue_trial(point)
    except RunError:
        raise
    except Exception as error:
        raise RunError(f"{where}: the study cannot be opened: {first_line(error)}") from error
    return study


def _check_content(study: optuna.Study, where: str, content: str) -> None:
    """Mark a new study with what it searches; its folder's name need not be its own in a database.

    Raises:
        RunError: if its trials are those of another search.
    """
    known = study.user_attrs.get(CONTENT)
    if known is None and not study.get_trials(deepcopy=False):
        study.set_user_attr(CONTENT, content)
    elif known != content:
        raise RunError(
            f"{where}: holds a search '{study.study_name}' of something else: choose another "
            "--name or --storage"
        )


def _alone(folder: Path) -> RunLock:
    """Return the lock of the folder, once no other process holds it."""
    for _ in range(_ATTEMPTS):
        with suppress(RunError):
            return RunLock(folder)
        time.sleep(_PAUSE)
    return RunLock(folder)


def first_line(error: BaseException) -> str:
    """Return an error's first line."""
    return (str(error).splitlines() or [type(error).__name__])[0][:300]


def _storage(where: str) -> optuna.storages.BaseStorage:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if where.endswith((".log", ".journal")):
            from optuna.storages.journal import JournalFileBackend

            return optuna.storages.JournalStorage(JournalFileBackend(where))
        address = where if "://" in where else f"sqlite:///{where}"
        wait = {"connect_args": {"timeout": 60}} if address.startswith("sqlite") else {}
        return optuna.storages.RDBStorage(address, engine_kwargs=wait)


def place_of(folder: Path) -> str:
    """Return what ``PLACE`` says of the trials that are done in a folder of this machine."""
    return f"{socket.gethostname()}:{folder.resolve()}"


def suggest(trial: optuna.Trial, dimensions: tuple[Dimension, ...]) -> dict[str, Any]:
    """Return the values of a trial."""
    return {
        one.name: trial.suggest_categorical(one.name, one.choices)
        if one.choices
        else trial.suggest_float(one.name, one.low, one.high, log=one.is_log)
        for one in dimensions
    }


def counted(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials of a study that count, in the order of their numbers; none that wait."""
    return [
        one
        for one in study.get_trials(deepcopy=False)
        if one.state != TrialState.WAITING and SURPLUS not in one.user_attrs
    ]


def record_of(trial: FrozenTrial) -> TrialRecord:
    """Return a trial as a plain record."""
    try:
        seeds = tuple(read_score(one) for one in trial.user_attrs.get(SEEDS, ()))
    except RunError as error:
        raise RunError(f"the study's trial {trial.number}: {error}") from error
    params = {name: _plain(value) for name, value in trial.params.items()}
    return TrialRecord(trial.number, params, STATES.get(trial.state, "running"), seeds)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value

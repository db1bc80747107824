"""Trains the rounds of a comparison that goes on until it is clear which reward is better."""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from racer.errors import RunError
from racer.jobs import Report
from racer.storage.sealed_json import read_sealed_json, write_sealed_json
from racer.studies.plan import Plan
from racer.studies.rounds import Progress, progress
from racer.studies.runner import Runner, gather
from racer.studies.scores import SeedScore
from racer.studies.training import Outcome, Training

LOOKS = "looks.json"
"""Name of the file in a comparison's folder that says how often somebody had a verdict."""

ROUND = "round"
"""Topic of a report: a round begins with ``trainings`` more; ``said`` is what came of the last."""


def train_until_clear(
    plan: Plan, folder: Path, runner: Runner, timeout: float | None = None
) -> dict[Path, Outcome]:
    """Add seeds in rounds to the reward functions that are not told apart; return all outcomes.

    Nothing is remembered but the outcomes: who continues makes the same looks again and spends
    none twice. ``looks.json`` tells them to the reader.

    Args:
        plan: what is compared.
        folder: of the comparison.
        runner: runs its trainings.
        timeout: no training is begun after so many seconds; a round that has not ended is no look.

    Raises:
        RunError: if no worker can be started, or something cannot be written.
    """
    deadline = math.inf if timeout is None else time.monotonic() + timeout
    every = plan.trainings(folder)
    outcomes: dict[Path, Outcome] = {}
    while True:
        state = _state(plan, every, outcomes)
        _write_looks(folder, [asdict(look) for look in state.looks])
        chosen = [
            one
            for one in every
            if one.folder not in outcomes
            and one.seed < plan.config.seed + state.wanted.get(one.reward, 0)
        ]
        if state.is_over or not chosen or time.monotonic() >= deadline:
            return outcomes
        runner.listener.hear("", Report(ROUND, {"trainings": len(chosen), "said": _said(state)}))
        outcomes |= runner.run_all(chosen, folder, deadline=deadline)


def add_look(folder: Path, n_seeds: int) -> tuple[int, ...]:
    """Keep that somebody has a verdict with so many seeds; return with how many before.

    Raises:
        RunError: if it cannot be written.
    """
    try:
        content = read_sealed_json(folder / LOOKS) or {}
    except RunError:  # damaged: it is good to know, and decides nothing
        content = {}
    known = [one for one in content.get("looks", []) if isinstance(one, int)]
    _write_looks(folder, sorted({*known, n_seeds}))
    return tuple(n for n in sorted(known) if n < n_seeds)


def _state(plan: Plan, every: list[Training], outcomes: Mapping[Path, Outcome]) -> Progress:
    """Return how far the rounds have come; a reward function that failed takes no part."""
    scores, failures = gather([one for one in every if one.folder in outcomes], outcomes)
    failed = {failure.reward for failure in failures}
    seeds: dict[str, list[SeedScore]] = {
        one.name: [] for one in plan.contenders if one.name not in failed
    }
    main = plan.conditions[0].name
    for score in sorted(scores, key=lambda one: one.seed):
        if score.reward in seeds and score.condition == main:
            seeds[score.reward].append(score)
    return progress(seeds, most=plan.n_seeds)


def _said(state: Progress) -> str:
    """Return what came of the last look, in a line; nothing before the first one."""
    if not state.looks:
        return ""
    n_open = sum(not pair.is_decided for pair in state.pairs)
    last = state.looks[-1]
    clear = "; ".join(f"{better} is better than {worse}" for better, worse in last.decided)
    seeds = max(last.n_seeds.values())
    pairs = f"{n_open} pair{'' if n_open == 1 else 's'} open"
    return f"after {seeds} seeds: {clear or 'nothing new is clear'}; {pairs}"


def _write_looks(folder: Path, looks: list[Any]) -> None:
    plain = json.loads(json.dumps(looks))  # tuples are lists there
    write_sealed_json(folder / LOOKS, {"looks": plain})

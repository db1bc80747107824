"""What a training was given, and what ended it; two trainings at equal steps."""

from typing import Any

import numpy as np

from racer.config.train_config import TrainConfig
from racer.runs.record import RunRecord

EQUAL = 0.1
"""Steps that differ by less than this share are equal: a budget ends with a whole update."""

_EPISODES = 100  # so many are looked at


def ending_words(config: TrainConfig, reason: str) -> str:
    """Return what ended a training, with the budget that it had.

    Args:
        config: its settings.
        reason: its ``stop_reason``.
    """
    steps = f"{config.step_budget:,} steps"
    if reason == "minutes":
        assert config.minutes is not None
        unspent = "" if config.steps is None else f", before {steps} were driven"
        return f"the whole time of {60.0 * config.minutes:g} s{unspent}"
    if reason == "until_finish":
        return f"until {100 * (config.until_finish or 0.0):g} % of the laps were finished"
    return f"the whole budget of {steps}" if reason == "budget" else reason


def at_equal_steps(run: RunRecord, other: RunRecord) -> dict[str, Any]:
    """Return how two trainings stood when both had driven equally many steps.

    Returns:
        ``steps`` of the shorter one; ``is_equal`` if the other one has as many, so that their
        evaluations can be compared; ``other_steps``; and of each, as ``completion`` and
        ``other_completion``, the mean (percent) of the last 100 episodes up to there, None without
        any.
    """
    steps, theirs = (int(one.updates["total_steps"].max(initial=0)) for one in (run, other))
    common = min(steps, theirs)
    return {
        "steps": common,
        "is_equal": abs(steps - theirs) <= EQUAL * max(steps, theirs),
        "other_steps": theirs,
        "completion": _completion(run, common),
        "other_completion": _completion(other, common),
    }


def _completion(run: RunRecord, steps: int) -> float | None:
    """Return the mean completion of the last episodes that ended within so many steps (percent)."""
    episodes = run.episodes
    driven = episodes["completion"][episodes["total_steps"] <= steps][-_EPISODES:]
    return float(np.mean(driven)) if len(driven) else None

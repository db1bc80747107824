"""The figures of a comparison as rows of text: one a reward function, and one with its seeds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from racer.evaluation.interval import wilson_interval
from racer.studies.scores import Condition, Scores, SeedScore
from racer.studies.seed_statistics import bootstrap

DASH = "–"  # where there is no value
GAP = 3  # letters between two columns


@dataclass(frozen=True)
class TextTable:
    """Headings and cells."""

    title: str
    columns: tuple[str, ...]
    """The first one holds words, the others numbers."""
    rows: tuple[tuple[str, ...], ...]
    less: tuple[str, ...] = ()
    """Columns that may be left out where there is no room, the least important first."""

    @property
    def widths(self) -> tuple[int, ...]:
        """Letters of the widest cell of each column."""
        cells = [self.columns, *self.rows]
        return tuple(max(len(row[k]) for row in cells) for k in range(len(self.columns)))

    def split(self, width: int) -> list["TextTable"]:
        """Return tables that are narrower, each with the first column, to stand below each other.

        Args:
            width: how many letters there is room for; a single column may be wider.
        """
        parts: list[list[int]] = [[]]
        room = width - self.widths[0]
        for column, wide in enumerate(self.widths[1:], start=1):
            taken = sum(self.widths[k] + GAP for k in parts[-1])
            if parts[-1] and taken + wide + GAP > room:
                parts.append([])
            parts[-1].append(column)
        return [self._only([0, *part]) for part in parts]

    def _only(self, columns: Sequence[int]) -> "TextTable":
        rows = tuple(tuple(row[k] for k in columns) for row in self.rows)
        return TextTable(self.title, tuple(self.columns[k] for k in columns), rows)

    def text(self, width: int = 1000) -> str:
        """Return the table in plain text, in several parts if it is wider than ``width``."""
        lines = [self.title]
        for part in self.split(width):
            first, *rest = [_line(row, part.widths) for row in (part.columns, *part.rows)]
            rule = (" " * GAP).join("-" * one for one in part.widths)
            lines += ["", first, rule, *rest]
        return "\n".join(lines)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first = row[0].ljust(widths[0])
    rest = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
    return (" " * GAP).join([first, *rest]).rstrip()


RATIO = "× limit"

MEASURES: tuple[tuple[str, Callable[[Sequence[SeedScore]], str]], ...] = (
    ("seeds that finish", lambda seeds: _successes(seeds)),
    ("laps finished", lambda seeds: _mean(seeds, "finish_rate", 100.0, 0, " %")),
    ("completion", lambda seeds: _mean(seeds, "completion", 1.0, 0, " %")),
    ("lap time", lambda seeds: _median(seeds, "lap_time", 2, " s", only_finishers=True)),
    (RATIO, lambda seeds: _median(seeds, "ratio", 2, " ×", only_finishers=True)),
    ("race time", lambda seeds: _median(seeds, "race_time", 1, " s")),
    ("off-tracks a lap", lambda seeds: _median(seeds, "off_tracks", 1)),
    ("first lap", lambda seeds: _thousands(seeds, "steps_to_first_lap")),
    ("95 % of laps", lambda seeds: _thousands(seeds, "steps_to_finish")),
    ("last policy", lambda seeds: _mean(seeds, "last_finish_rate", 100.0, 0, " %")),
    ("steering", lambda seeds: _degrees(seeds)),
)
"""Heading and cell of each measure, in the order of their weight."""

_LESS = (
    "steering", "last policy", "95 % of laps", "first lap", "off-tracks a lap", "race time",
    "completion", "laps finished", RATIO,
)  # fmt: skip

EXPLANATION = (
    "seeds that finish: at least 95 % of their laps, with a 95 % interval; laps finished, "
    "completion, last policy: mean of all seeds; lap time: median of the seeds that finish; × "
    "limit: the same as a multiple of the fastest lap of this car at its own top speed, from rest, "
    "where that is known; race "
    "time, off-tracks: median, with resets at 5 s each; first lap: training steps until an episode "
    "of the training completes the lap, 95 % of laps: until an evaluation finishes so many, median "
    "of the seeds that get there (vpg ends the episodes it has begun, so it does a few thousand "
    "steps more); steering: change a step. [ ]: 95 % bootstrap interval; (n): how many seeds, if "
    "not all. Every lap is greedy: the policy takes the action it thinks best. The best checkpoint "
    "is judged; last policy: laps that the last one finishes."
)
"""What the columns mean, for below a table."""


def tables(scores: Scores) -> list[TextTable]:
    """Return two tables a condition: the reward functions, and their seeds one by one."""
    found = []
    for condition in scores.conditions:
        found += [reward_table(scores, condition), seed_table(scores, condition)]
    return found


def reward_table(scores: Scores, condition: Condition) -> TextTable:
    """Return a row a reward function, with the measures over its seeds."""
    names = [name for name, _ in MEASURES]
    if all(one.ratio is None for one in scores.scores if one.condition == condition.name):
        names.remove(RATIO)
    rows = []
    for reward in scores.rewards:
        seeds = scores.of(reward, condition.name)
        cells = [measure(seeds) if seeds else DASH for name, measure in MEASURES if name in names]
        rows.append((reward, *cells))
    title = f"{condition.name}: {len(scores.seeds)} seeds of {scores.steps:,} steps"
    if not condition.is_training_track:
        title += ", trained elsewhere"
    return TextTable(title, ("reward", *names), tuple(rows), less=_LESS)


def seed_table(scores: Scores, condition: Condition) -> TextTable:
    """Return a row a reward function, with the laps that each of its seeds finishes."""
    failed = {(f.reward, f.seed) for f in scores.failures if f.learner == condition.learner}
    rows = []
    for reward in scores.rewards:
        rates = {one.seed: one.finish_rate for one in scores.of(reward, condition.name)}
        cells = [
            "failed" if (reward, seed) in failed
            else f"{100.0 * rates[seed]:.0f}" if seed in rates else DASH
            for seed in scores.seeds
        ]  # fmt: skip
        rows.append((reward, *cells))
    title = f"{condition.name}: laps that each seed finishes (%)"
    return TextTable(title, ("reward", *(f"s{seed}" for seed in scores.seeds)), tuple(rows))


# --- cells ---


def _successes(seeds: Sequence[SeedScore]) -> str:
    n_good = sum(seed.succeeded for seed in seeds)
    low, high = wilson_interval(n_good, len(seeds))
    return f"{n_good}/{len(seeds)} ({100.0 * low:.0f}–{100.0 * high:.0f} %)"


def _mean(seeds: Sequence[SeedScore], field: str, factor: float, digits: int, unit: str) -> str:
    values = [factor * getattr(seed, field) for seed in seeds]
    return _estimate(values, np.mean, digits, unit)


def _median(
    seeds: Sequence[SeedScore],
    field: str,
    digits: int,
    unit: str = "",
    *,
    only_finishers: bool = False,
) -> str:
    taken = [seed for seed in seeds if seed.succeeded] if only_finishers else seeds
    values = [getattr(seed, field) for seed in taken]
    values = [value for value in values if value is not None]
    return _estimate(values, np.median, digits, unit) + _how_many(values, seeds)


def _estimate(values: list[float], statistic: Callable[..., Any], digits: int, unit: str) -> str:
    """Return ``12.3 [12.0, 12.9] s``: a statistic with its interval, if there are enough values."""
    if not values:
        return DASH
    found = bootstrap(values, statistic)
    interval = ""
    if found.low is not None and found.high is not None and found.low < found.high:
        interval = f" [{found.low:.{digits}f}, {found.high:.{digits}f}]"
    return f"{found.value:.{digits}f}{interval}{unit}"


def _thousands(seeds: Sequence[SeedScore], field: str) -> str:
    values = [getattr(seed, field) for seed in seeds]
    values = [value for value in values if value is not None]
    if not values:
        return DASH
    return f"{float(np.median(values)) / 1000.0:.0f}k" + _how_many(values, seeds)


def _degrees(seeds: Sequence[SeedScore]) -> str:
    return f"{np.degrees(np.median([seed.steering_change for seed in seeds])):.1f}°"


def _how_many(values: Sequence[float], seeds: Sequence[SeedScore]) -> str:
    """Return ``(3)`` if not all seeds have a value."""
    return f" ({len(values)})" if 0 < len(values) < len(seeds) else ""

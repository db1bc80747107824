"""The trials of a search as rows of text."""

from typing import Any

from racer.studies.comparison_table import DASH, TextTable
from racer.studies.tune.records import SearchResult, TrialRecord


def trial_table(result: SearchResult, most: int = 10) -> TextTable:
    """Return the best trials, and the defaults wherever they come; of a sweep all in their order.

    Args:
        result: of the search.
        most: rows of a search.
    """
    ranked = result.ranked()
    rows = [one for k, one in enumerate(ranked) if k < most or one.number == 0]
    if result.is_sweep:
        rows = list(result.trials)
    n_pruned = sum(one.state == "pruned" for one in result.trials)
    title = f"best of {len(result.trials)} trials ({n_pruned} given up early), greedy"
    if result.is_sweep:
        title = f"{len(result.trials)} points"
    columns = ("trial", "laps finished", "race time", "seeds", *result.searched)
    return TextTable(title, columns, tuple(row(one, result.searched) for one in rows))


def row(one: TrialRecord, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the cells of a trial."""
    rate, race = one.finish_rate, one.race_time
    return (
        one.name,
        DASH if rate is None else f"{100.0 * rate:.0f} %",
        DASH if race is None else f"{race:.1f} s",
        str(len(one.seeds)),
        *(text(one.params.get(name)) for name in names),
    )


def text(value: Any) -> str:
    """Return a value in at most three digits."""
    return DASH if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)

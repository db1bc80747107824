"""Findings about what ran and how long it took: statements that never ran, calls that are slow."""

from collections.abc import Iterator
from dataclasses import replace

from racer.reward_lab.findings import NOTE, Cost, Coverage, Finding
from racer.reward_lab.reading import Reading

SLOW_CALL = 200e-6
"""Calls that take longer are worth a note (s)."""

SLOW_START = 0.2
"""First calls that take longer are worth a note (s): each car makes one."""

MOST_RANGES = 6
"""Ranges of lines that never ran, each with a finding of its own; the rest share one."""


def coverage_findings(
    coverage: Coverage, reading: Reading, file: str, *, n_states: int, n_planned: int
) -> Iterator[Finding]:
    """Yield notes on statements that did not run.

    Nothing is said where calls were too long to be watched to their ends: more may have run.

    Args:
        coverage: what ran.
        reading: of the file.
        file: what messages call it.
        n_states: states that were seen.
        n_planned: those that would have been without the time limit.
    """
    if coverage.is_partial:
        return
    code, advice = "never-ran", "is the condition above it what you mean?"
    how = f"never ran in {n_states:,} states"
    if n_states < n_planned:
        code, advice = "not-seen", "the time was up: they may run in the states that were not seen"
        how = f"did not run in the first {n_states:,} of {n_planned:,} states"
    found = [
        Finding(
            NOTE, code, f"{_lines(first, last)} {how}", file=file, line=first, last_line=last,
            reads=reading.reads(first), advice=advice,
        )
        for first, last in coverage.missed
    ]  # fmt: skip
    yield from found[:MOST_RANGES]
    if rest := found[MOST_RANGES:]:
        message = f"{len(rest)} more groups of lines {how}"
        yield replace(rest[0], message=message, last_line=rest[-1].last_line)


def _lines(first: int, last: int) -> str:
    return f"line {first}" if first == last else f"lines {first} to {last}"


def cost_findings(cost: Cost, file: str) -> Iterator[Finding]:
    """Yield notes if calls take long: the first one of a car, and those after it.

    Args:
        cost: what they take.
        file: what messages call the file.
    """
    if cost.call > SLOW_CALL:
        message = f"a call takes {cost.call * 1e6:,.0f} µs, {cost.share:.0%} of a simulated step"
        advice = "work out once what is the same on every call, and keep it"
        yield Finding(NOTE, "slow-call", message, file=file, advice=advice)
    if cost.first > max(SLOW_START, 2.0 * cost.call):
        message = f"the first call takes {cost.first:.2g} s, each later one {_time(cost.call)}"
        advice = "each car makes a first call, so a training begins so much later for each"
        yield Finding(NOTE, "slow-first-call", message, file=file, advice=advice)


def _time(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} µs" if seconds < 0.01 else f"{seconds:.2g} s"

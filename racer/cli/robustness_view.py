"""What ``racer robustness`` shows: a bar while cars drive; then tables and a verdict for each."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from racer.cli.output import DASH, console, escape, labelled, number, percent, say
from racer.cli.table import print_table, print_text_table

if TYPE_CHECKING:
    from racer.api.robustness import RobustnessReport
    from racer.evaluation.robustness import Robustness, RobustnessCondition, RobustnessOutcome

PLAIN_SECONDS = 10.0
"""Time between two lines where there is no terminal (s)."""


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None]]:
    """Show a bar on stderr, or a line now and then; yield what is told (done, total, name)."""
    made = console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[done]}"),
        TimeElapsedColumn(), console=made, transient=True,
    )  # fmt: skip
    task = bar.add_task("loading", total=None, done="")
    begun, last = time.monotonic(), -math.inf

    def step(done: int, total: int, name: str) -> None:
        nonlocal last
        text = f"{done:,} of {total:,} laps"
        bar.update(task, description=escape(name), completed=done, total=total, done=text)
        now = time.monotonic()
        if not made.is_terminal and now - last > PLAIN_SECONDS:
            last = now
            made.print(f"{now - begun:6.1f} s  {escape(name)}: {text}", soft_wrap=True)

    if not made.is_terminal:
        yield step
        return
    with bar:
        yield step


def show_report(report: "RobustnessReport") -> None:
    """Print the tables, a verdict for each run, and where the files are."""
    from racer.evaluation.what_breaks import what_breaks

    if len(report.runs) == 1:
        _print_one(report.runs[0])
    else:
        _print_several(report.runs)
        _print_summary(report.runs)
    say()
    for run in report.runs:
        say(f"[bold]{escape(run.name)}[/]: {escape(what_breaks(run))}")
    say()
    labelled("picture", str(report.picture), 9)
    labelled("figures", str(report.data), 9)


def _print_one(run: "Robustness") -> None:
    """Print a row a condition; under several roads, the worst of them."""
    rows = []
    for one in run.outcomes:
        low, high = (f"{100 * end:.0f}" for end in one.interval)
        rows.append([
            *_names(one), f"{one.finished} of {one.trials}", percent(one.finish_rate),
            f"{low}{DASH}{high} %", number(one.median_lap_time, 2, "s"),
            number(one.completion, 1, "%"),
        ])  # fmt: skip
        if len(one.roads) > 1:
            worst = one.worst
            rows.append([
                f"  worst: {worst.road}", "", f"{worst.finished} of {worst.trials}",
                percent(worst.finished / worst.trials), "",
                number(worst.median_lap_time, 2, "s"), number(worst.completion, 1, "%"),
            ])  # fmt: skip
    columns = ["condition", "strength", "finished", "rate", "95 %", "lap time", "completion"]
    print_table(
        columns,
        rows,
        title=f"{run.name}, greedy, trained on {', '.join(run.roads)}",
        left=columns[:1],
        drop=("rate", "completion", "95 %"),
    )


def _print_several(runs: Sequence["Robustness"]) -> None:
    """Print a row a condition and a column a run: the finish rate, the lap time under it."""
    from racer.studies.comparison_table import TextTable

    rows = []
    for condition in _conditions(runs):
        found = [run.find(condition.place, condition.factor, condition.strength) for run in runs]
        names = _names(next(one for one in found if one is not None))
        rows.append((" ".join(filter(None, names)), *(_cell(one) for one in found)))
    columns = ("condition and strength", *(run.name for run in runs))
    print_text_table(TextTable("", columns, tuple(rows)))


def _conditions(runs: Sequence["Robustness"]) -> list["RobustnessCondition"]:
    """Return every condition that some run has, in order."""
    places = list(dict.fromkeys(one.condition.place for run in runs for one in run.outcomes))
    factors = list(dict.fromkeys(one.condition.factor for run in runs for one in run.outcomes))
    found = {one.condition for run in runs for one in run.outcomes}
    return sorted(
        found, key=lambda one: (places.index(one.place), factors.index(one.factor), one.strength)
    )


def _cell(outcome: "RobustnessOutcome | None") -> str:
    if outcome is None:
        return DASH
    return f"{percent(outcome.finish_rate)}, {number(outcome.median_lap_time, 2, 's')}"


def _print_summary(runs: Sequence["Robustness"]) -> None:
    """Print the conditions to look at first: a row a run."""
    columns = ["run", "own road", "all at 1", "never seen", "never seen, all at 1"]
    rows = [[run.name, *(_counted(one) for one in run.summary.values())] for run in runs]
    print_table(columns, rows, left=columns[:1])


def _counted(outcome: "RobustnessOutcome | None") -> str:
    return DASH if outcome is None else f"{outcome.finished} of {outcome.trials}"


def _names(outcome: "RobustnessOutcome") -> list[str]:
    """Return a condition as the cells of a table: what, and how strong."""
    from racer.evaluation.robustness import ALL, OWN, PLAIN
    from racer.evaluation.what_breaks import place_words

    where = outcome.condition
    if where.factor == PLAIN:
        return [place_words(outcome), ""]
    factor = "all together" if where.factor == ALL else where.factor.replace("_", " ")
    there = "" if where.place == OWN else f"{place_words(outcome)}, "
    return [there + factor, f"{where.strength:.3g}"]

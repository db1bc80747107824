"""What ``racer tune`` shows: bars and each new best trial on stderr; then tables and a verdict."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.cli.compare_view import CompareView
from racer.cli.output import escape, labelled, number, percent, say
from racer.cli.table import print_text_table
from racer.studies.tune.search import TuneListener

if TYPE_CHECKING:
    from racer.studies.comparison_table import TextTable
    from racer.studies.tune.records import SearchResult, TrialRecord
    from racer.studies.tune.tune_plan import TunePlan


class TuneView(CompareView, TuneListener):
    """Shows one search: a bar for its trials, and one for each training that runs."""

    def __init__(self) -> None:
        """Prepare; show within ``shown``."""
        super().__init__()
        self._best: float | None = None
        self._what = "trials"
        self._confirming = False

    def announce_search(self, plan: "TunePlan", folder: Path) -> None:
        """Say what is searched."""
        self._folder = folder
        self._n_jobs = plan.n_trials
        what = "points of a grid" if plan.is_sweep else "trials"
        self._head(
            [
                ("reward", f"{plan.source.name}: {plan.source.label}"),
                ("track", plan.road.name),
                ("algorithm", plan.config.algo),
                *(("values" if k == 0 else "", f"{one.name} {one.text}")
                  for k, one in enumerate(plan.dimensions)),
                ("each", f"{plan.n_trials} {what}, {len(plan.seeds)} seeds of "
                         f"{plan.config.step_budget:,} steps"),
                ("folder", str(folder)),
            ]
        )  # fmt: skip

    def _count_training(self) -> None:
        if self._confirming:  # the search counts trials
            super()._count_training()

    def trial(self, record: "TrialRecord") -> None:
        """Count a trial, and show it if it is the best so far."""
        self._count(self._n_done + 1)
        if record.state != "complete" or record.value is None:
            return
        if self._best is None or record.value > self._best:
            self._best = record.value
            self._print(escape(_trial_line(record)))

    def confirm(self, n_trials: int, n_seeds: int) -> None:
        """Count the trainings of the confirmation from now on."""
        self._confirming = self._has_begun = True
        self._what, self._n_jobs = "trainings", n_trials * n_seeds
        self._count(0)
        self._print(
            f"confirmation: the best and the defaults, {n_trials} trials of {n_seeds} fresh seeds"
        )

    def interrupted(self) -> None:
        """Say that it was interrupted, and what is there."""
        done = "the search is done" if self._confirming else f"{self._counted} are done"
        self._print(
            f"interrupted: {done} and kept in {escape(str(self._folder))}; "
            "the same command continues"
        )

    def show_result(self, found: "SearchResult") -> None:
        """Print the tables and the verdict."""
        from racer.studies.comparison_table import EXPLANATION, tables
        from racer.studies.tune.tuning_table import trial_table

        if found.is_sweep:
            self._show_sweep(found)
        shown: list[TextTable] = [] if found.is_sweep else [trial_table(found)]
        if found.scores is not None:
            shown += tables(found.scores)
        for table in shown:
            print_text_table(table)
        if found.scores is not None:
            say()
            say(f"[dim]{escape(EXPLANATION)}[/]")
        say()
        if not found.is_sweep or found.verdicts:
            say(f"[bold]{escape(found.sentence)}[/]")
        for note in found.verdicts.notes if found.verdicts else ():
            say(f"[yellow]note:[/] {escape(note)}")

    def _show_sweep(self, found: "SearchResult") -> None:
        """Print what each value does."""
        from racer.studies.tune.sweep import EXPLANATION, sweep_sentence, sweep_table

        print_text_table(sweep_table(found))
        say(f"[dim]{escape(EXPLANATION)}[/]")
        say()
        say(f"[bold]{escape(sweep_sentence(found))}[/]")

    def files(self, found: "SearchResult", files: Sequence[Path]) -> None:
        """Print where everything is, and how the settings are used."""
        say()
        rows: dict[str, Any] = {"folder": found.folder}
        rows |= {path.stem: path for path in files}
        if found.settings_file is not None:
            rows["settings"] = found.settings_file
            rows["use them"] = f"racer train --config {found.settings_file}"
        if found.unproven_file is not None:
            rows["unproven"] = found.unproven_file
        for name, value in rows.items():
            labelled(name, str(value))


def _trial_line(record: "TrialRecord") -> str:
    """Return a trial in one line."""
    laps = f"greedy {percent(record.finish_rate or 0.0)} of laps finished"
    race = "" if record.race_time is None else f", race time {number(record.race_time, 1, 's')}"
    values = ", ".join(f"{name}={_short(value)}" for name, value in record.params.items())
    return f"{record.name}: {laps}{race}  {values}"


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)

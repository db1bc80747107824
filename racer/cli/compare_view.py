"""What ``racer compare`` shows: bars while it trains, on stderr; then tables and a verdict."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from racer.cli.output import console, escape, labelled, number, percent, say, tell
from racer.cli.table import print_text_table
from racer.jobs import Begin, End, Event, Failure, Listener, Phase, Report
from racer.jobs import Progress as TrainingProgress
from racer.studies.training import AGAIN, Outcome
from racer.studies.until_clear import ROUND

if TYPE_CHECKING:
    from racer.studies.compare import Comparison
    from racer.studies.plan import Plan

PLAIN_SECONDS = 10.0
"""Time between two lines where there is no terminal and nothing ends (s)."""


class CompareView(Listener):
    """Shows one comparison: a bar for all of it, and one for each training that runs."""

    def __init__(self) -> None:
        """Prepare; show within ``shown``."""
        self._console = console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[done]}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._moving = self._console.is_terminal
        self._all: TaskID | None = None
        self._tasks: dict[str, TaskID] = {}
        self._folder = Path()
        self._n_jobs = self._n_done = 0
        self._what = "trainings"  # these are counted
        self._has_begun = False
        self._begun = self._last_line = time.monotonic()

    def _print(self, markup: str) -> None:
        self._last_line = time.monotonic()
        tell(self._console, markup)

    def note(self, text: str) -> None:
        """Show a remark."""
        self._print(f"[yellow]note:[/] {escape(text)}")

    def announce(self, plan: "Plan", folder: Path) -> None:
        """Say what is compared.

        Args:
            plan: what is compared.
            folder: of the comparison.
        """
        from racer.studies.scores import FEWEST_SEEDS
        from racer.studies.verdict import hopeless_note

        self._folder = folder
        self._n_jobs = 0 if plan.until_clear else len(plan.trainings(folder))
        self._head(_header(plan, folder))
        if plan.until_clear:
            return
        if len(plan.seeds) < FEWEST_SEEDS:
            self.note(
                f"too few seeds for a verdict: it takes {FEWEST_SEEDS}, better 10; "
                f"got {len(plan.seeds)}"
            )
        elif hopeless := hopeless_note(len(plan.contenders), plan.n_seeds):
            self.note(hopeless)

    def _head(self, rows: Sequence[tuple[str, str]]) -> None:
        """Say what is done, as labels and texts."""
        for label, text in rows:
            self._last_line = time.monotonic()
            labelled(label, text, 11, made=self._console)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the bars."""
        from racer.api.training_jobs import COMPILE_SECONDS, is_cold

        if is_cold():
            self.note(f"the simulator is compiled first, once, about {COMPILE_SECONDS} s")
        self._all = self._bars.add_task("all", total=self._n_jobs, done="")
        if self._moving:
            self._bars.start()
        try:
            yield
        finally:
            self._bars.stop()

    # --- what the trainings do ---

    def hear(self, name: str, event: Event) -> None:
        """Show what happens to a training."""
        if isinstance(event, Begin):
            self._begin(name)
        elif isinstance(event, End | Failure):
            self._end(name, Outcome.of(event))
        elif isinstance(event, Report) and event.topic == AGAIN:
            self.note(event.values["why"])
        elif isinstance(event, Report) and event.topic == ROUND:
            self._round(**event.values)
        elif isinstance(event, Phase):
            self._bars.update(self._tasks[name], done=event.text)
        elif isinstance(event, TrainingProgress):
            self._progress(name, event)

    def _round(self, trainings: int, said: str) -> None:
        """Say what the last round has made clear, and count the trainings of the next one."""
        self._n_jobs = self._n_done + trainings
        self._count(self._n_done)
        if said:
            self._print(f"[bold]{escape(said)}[/]")

    def _begin(self, name: str) -> None:
        """Show a bar for a training that begins."""
        if self._n_done and not self._has_begun:
            self.note(f"{self._counted} were done before: the rest now")
        self._has_begun = True
        if name not in self._tasks:  # else it is tried again
            self._tasks[name] = self._bars.add_task(escape(name), total=None, done="")
        self._bars.update(self._tasks[name], done="starting a worker")

    def _progress(self, name: str, event: TrainingProgress) -> None:
        """Show how far a training is."""
        facts = f"{event.steps:,} of {event.step_budget:,} steps"
        if event.finish_rate is not None:
            facts += f", greedy: {percent(event.finish_rate)} of laps finished"
        self._bars.update(
            self._tasks[name], completed=event.steps, total=event.step_budget, done=facts
        )

    def _end(self, name: str, outcome: Outcome) -> None:
        """Say what came of a training; of one that was done before nothing."""
        self._count_training()
        task = self._tasks.pop(name, None)
        if task is not None:
            self._bars.remove_task(task)
        if outcome.error is not None:
            self._print(f"[bold red]failed:[/] {escape(f'{name}: {outcome.error}')}")
        elif task is not None and not self._moving:
            self._line(f"{name}: {_facts(outcome)}")

    @property
    def _counted(self) -> str:
        return f"{self._n_done} of {self._n_jobs} {self._what}"

    def _count_training(self) -> None:
        self._count(self._n_done + 1)

    def _count(self, n_done: int) -> None:
        self._n_done = n_done
        if self._all is not None:
            self._bars.update(self._all, completed=n_done, total=self._n_jobs, done=self._counted)

    def tick(self) -> None:
        """Print a line if it is time and there is no terminal."""
        if not self._moving and time.monotonic() - self._last_line > PLAIN_SECONDS:
            running = [task for task in self._bars.tasks if task.id in self._tasks.values()]
            self._line("; ".join(f"{task.description}: {task.fields['done']}" for task in running))

    def _line(self, text: str) -> None:
        seconds = time.monotonic() - self._begun
        done = f"{self._n_done:>3} of {self._n_jobs}"
        self._print(f"{seconds:6.1f} s  {done}  {escape(text)}")

    def stopped(self) -> None:
        """Say that it was interrupted, and what is there."""
        self._print(
            f"interrupted: {self._counted} are done and kept in "
            f"{escape(str(self._folder))}; the same command continues"
        )

    # --- at the end ---

    def show(self, found: "Comparison") -> None:
        """Print the tables and the verdict."""
        from racer.studies.comparison_table import EXPLANATION, tables

        for table in tables(found.scores):
            print_text_table(table)
        say()
        say(f"[dim]{escape(EXPLANATION)}[/]")
        say()
        first, *notes = found.verdict().splitlines()
        say(f"[bold]{escape(first)}[/]")
        for note in notes:
            say(f"[yellow]note:[/] {escape(note)}")

    def where(self, found: "Comparison", files: Sequence[Path]) -> None:
        """Print where everything is: the report first."""
        say()
        rows = {"folder": found.folder, **{path.stem: path for path in files}}
        for name, path in rows.items():
            labelled(name, str(path))


def _header(plan: "Plan", folder: Path) -> list[tuple[str, str]]:
    """Return what is compared, as labels and texts."""
    rows = [
        ("reward" if k == 0 else "", f"{one.name}: {one.source.label}")
        for k, one in enumerate(plan.contenders)
    ]
    rows.append(("track", ", ".join(road.name for road in plan.roads)))
    rows.append(("learner", "; ".join(learner.name for learner in plan.learners)))
    seeds = f"up to {plan.n_seeds} seeds" if plan.until_clear else f"{plan.n_seeds} seeds"
    rows.append(("each", f"{seeds} of {plan.steps:,} steps"))
    rows.append(("folder", str(folder)))
    return rows


def _facts(outcome: "Outcome") -> str:
    """Return the result of a job on the track that it was trained on."""
    score = outcome.scores[0]
    laps = f"greedy, best checkpoint: {percent(score.finish_rate)} of laps finished"
    laps = laps if score.lap_time is None else f"{laps}, {number(score.lap_time, 2, 's')}"
    return f"{laps}; last: {percent(score.last_finish_rate)}"

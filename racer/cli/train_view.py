"""What ``racer train`` shows while it runs, on stderr: a bar on a terminal, else plain lines."""

import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from racer.api.training_jobs import RUN, START
from racer.cli.action_table import ACTION_COLUMNS, action_rows
from racer.cli.output import DASH, console, escape, labelled, number, percent, tell
from racer.cli.table import print_table
from racer.jobs import Event, Listener, Log, Note, Phase, Print, Report
from racer.jobs import Progress as TrainingProgress
from racer.naming import in_one_line
from racer.run_files import LAST

PLAIN_SECONDS = 3.0
"""Time between two lines where there is no terminal (s)."""


class TrainView(Listener):
    """Shows a training. The bar moves whatever the training does: it is another process."""

    def __init__(self, *, quiet: bool = False) -> None:
        """Prepare; show within ``with``.

        Args:
            quiet: show errors only.
        """
        self._quiet = quiet
        self._until_finish: float | None = None
        self._console = console(stderr=True)
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[done]}"),
            TimeElapsedColumn(),
            console=self._console,
        )
        self._task = self._bar.add_task("starting", total=None, done="")
        self._facts: list[str] = []
        self._now = "starting"
        self._label = ""
        self._last_line = self._begun = time.monotonic()
        moving = self._console.is_terminal and not quiet
        self._live = Live(
            get_renderable=self._render,
            console=self._console,
            refresh_per_second=10,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        ) if moving else None  # fmt: skip

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def _render(self) -> Group:
        facts = [Text(line, no_wrap=True, overflow="ellipsis") for line in self._facts]
        return Group(self._bar, *facts)

    def _print(self, markup: str) -> None:
        if not self._quiet:
            tell(self._console, markup)

    def hear(self, name: str, event: Event) -> None:
        """Show what happens."""
        if isinstance(event, Phase):
            self.phase(event.text)
        elif isinstance(event, TrainingProgress):
            self._progress(event)
        elif isinstance(event, Note):
            self.note(event.text)
        elif isinstance(event, Print):
            self._print(f"[dim]reward function:[/] {escape(event.text)}")
        elif isinstance(event, Log):  # warnings, tracebacks of bugs: in any case
            self.text(event.text)
        elif isinstance(event, Report):
            self._report(event)

    def _report(self, event: Report) -> None:
        if event.topic == RUN:
            self._label = f"{Path(event.values['folder']).name}: "
            self._facts = []
        elif event.topic == START:
            self._until_finish = event.values["until_finish"]
            self._start(event.values)

    # --- what is being done ---

    def phase(self, text: str) -> None:
        """Say what is being done now, before and after the training itself."""
        self._now = self._label + text
        self._bar.update(self._task, description=escape(self._now), done="")
        self._bar.tasks[0].total = None  # the bar pulses; update() takes None for no change
        if self._live is None:
            self._line()

    def _progress(self, event: TrainingProgress) -> None:
        """Show how far the training is."""
        completed, total = float(event.steps), float(event.step_budget)
        done = f"{event.steps:,} of {event.step_budget:,} steps"
        if event.time_budget is not None:
            completed, total = event.seconds, event.time_budget
            done = f"{event.steps:,} steps, {completed:.0f} of {total:.0f} s"
        elif self._until_finish is not None:
            completed, total = event.finish_rate or 0.0, self._until_finish
            done = f"{event.steps:,} steps, until {percent(total)} of laps are finished"
        is_first = self._now != f"{self._label}training"
        self._now = f"{self._label}training"
        self._bar.update(
            self._task, description=escape(self._now), completed=completed, total=total, done=done
        )
        self._facts = facts_lines(event)
        if is_first and self._live is None:
            self._line()

    def tick(self) -> None:
        """Print a line if it is time and there is no terminal."""
        if self._live is None and time.monotonic() - self._last_line > PLAIN_SECONDS:
            self._line()

    def _line(self) -> None:
        now = time.monotonic()
        self._last_line = now
        done = self._bar.tasks[0].fields["done"]
        parts = [f"{now - self._begun:6.1f} s", self._now]
        parts += [done, " · ".join(self._facts)] if done else []
        self._print(escape("  ".join(parts)))

    # --- what a user should read ---

    def _start(self, about: dict[str, Any]) -> None:
        """Say what is trained with what."""
        if self._quiet:
            return
        for label, text in {
            "reward": about["reward"],
            **track_line(about["tracks"]),
            "car": f"{about['vehicle']}, {about['n_envs']} at a time",
            "algorithm": f"{about['algorithm']}: {settings_line(about)}",
        }.items():
            labelled(label, text, 11, made=self._console)
        if rows := action_rows(about["actions"]):
            print_table(ACTION_COLUMNS, rows, made=self._console)

    def note(self, text: str) -> None:
        """Show a remark."""
        self._print(f"[yellow]note:[/] {escape(text)}")

    def text(self, text: str) -> None:
        """Show what a process wrote to its stderr: a traceback."""
        tell(self._console, escape(text))

    def error(self, message: str) -> None:
        """Show an error, in one line."""
        tell(self._console, f"[bold red]error:[/] {escape(message)}")

    def replay(self, reward: str, file: str) -> None:
        """Say how a call that failed can be repeated."""
        command = f"racer reward run {reward} --params {file}"
        self._console.print(escape(f"params saved in {file}; replay: {command}"), soft_wrap=True)

    def stopped(self, folder: Path | None) -> None:
        """Say that the training was stopped at once."""
        if folder is None:
            self._print("interrupted before the training began: nothing is saved")
        else:
            self._print("interrupted at once")
            self.left_behind(folder)

    def left_behind(self, folder: Path | None) -> None:
        """Say which checkpoint a run without an end has, and how to go on from it."""
        if folder is not None and (folder / LAST).is_file():
            self._print(escape(f"the last checkpoint is {folder / 'last.zip'}"))
            self._print(escape(f"go on with: racer resume {folder}"))


def track_line(tracks: list[dict[str, Any]]) -> dict[str, str]:
    """Return the track, or all tracks, in words under a label."""
    driven = " in reverse" if tracks[0]["is_reversed"] else ""
    if len(tracks) == 1:
        track = tracks[0]
        return {"track": f"{track['file']} ({track['length']:.1f} m){driven}"}
    names = in_one_line(track["name"] for track in tracks)
    lengths = [track["length"] for track in tracks]
    return {
        "tracks": f"{names} ({min(lengths):.1f} to {max(lengths):.1f} m){driven}: each episode "
        f"draws one of {len(tracks)}"
    }


def facts_lines(event: TrainingProgress) -> list[str]:
    """Return the figures of the training: of the exploring car, then of the greedy one.

    The first are means of the last 100 episodes, in which actions are sampled; the others are of
    the newest evaluation, in which the car takes the action it thinks best. They are two cars.
    """
    parts = [f"{event.episodes:,} episodes", f"{event.steps_per_second:,.0f} steps/s"]
    if event.mean_return is not None:
        parts.append(f"exploring: return {event.mean_return:.3g}")
        parts[-1] += f", completion {number(event.completion, 0, '%')}"
    lines = [" · ".join(parts)]
    if event.finish_rate is not None:
        lap = "" if event.lap_time is None else f", lap {event.lap_time:.2f} s"
        lines.append(f"greedy: {percent(event.finish_rate)} of laps finished{lap}")
    return lines


def settings_line(event: dict[str, Any]) -> str:
    """Return an algorithm's hyperparameters in one line; those that were given have a ``*``."""
    parts = []
    for name, value in event["hyperparameters"].items():
        shown = ",".join(map(str, value)) if isinstance(value, list) else value
        shown = DASH if value is None else shown
        parts.append(f"{name}{'*' if name in event['given'] else ''} {shown}")
    return ", ".join(parts)

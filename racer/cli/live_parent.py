"""``racer watch --live``: looks at a reward file, and has each saved version tried."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.markup import escape

from racer.cli import live_job, train_job
from racer.cli.child import Child
from racer.cli.live_job import Version
from racer.cli.live_page import Page
from racer.cli.output import console, number, percent, print_error, print_note, say
from racer.cli.train_job import Job
from racer.cli.watchdog import Watchdog

POLL = 0.05
"""Seconds between two looks at the file and the child."""

SETTLE = 0.1
"""A file is taken when it has not changed for so long (s): editors write in several strokes."""


class Live:
    """One session: a reward file, its versions, and the process that tries them."""

    def __init__(
        self, job: Job, files: Callable[[], list[Path]], folder: Path, limit: float
    ) -> None:
        """Prepare; ``run`` does it.

        Args:
            job: what to train.
            files: returns the files to look at: the reward file and the modules beside it.
            folder: where everything goes.
            limit: seconds that a call of the reward function may take.
        """
        self._job = job
        self._files = files
        self._limit = limit
        self._page = Page(folder, title=str(job.config["reward"]))
        self._watchdog = Watchdog(limit)
        self._child: Child | None = None
        self._is_ready = False
        self._running: Version | None = None
        self._result: dict[str, Any] | None = None
        self._n_versions = 0
        self._before: str | None = None
        self._seen: object = None
        self._changed_at = 0.0
        self._saved_at = 0.0
        self._is_pending = True
        self._is_over = False
        self._row: list[str] = []
        self._handlers: dict[str, Callable[[dict[str, Any]], None]] = {
            live_job.READY: self._on_ready,
            live_job.CHECK: self._on_check,
            live_job.DONE: self._on_done,
            train_job.PHASE: lambda event: self._status(event["text"]),
            train_job.NOTE: lambda event: print_note(event["text"]),
            train_job.PRINT: lambda event: self._print(f"[dim]reward function:[/] {event['text']}"),
            train_job.START: self._on_start,
            train_job.PROGRESS: self._on_progress,
            train_job.LINE: self._watchdog.answer,
            train_job.RESULT: self._on_result,
            train_job.ERROR: lambda event: self._on_error(event["message"]),
        }

    def run(self, stop_after: int | None = None) -> int:
        """Try versions until Ctrl-C, and return the exit status.

        Args:
            stop_after: end after so many versions; None: never.
        """
        handlers = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
        for name in handlers:
            signal.signal(name, self._on_signal)
        page = self._page.begin()
        say(f"[bold]page[/]  {escape(str(page.resolve()))}  (open it in a browser; it stays fresh)")
        say("Edit the file and save it; Ctrl-C ends.")
        self._seen = self._stamp()
        try:
            while not self._is_over and (stop_after is None or self._tried < stop_after):
                self._look_at_files()
                self._work()
        finally:
            if self._child is not None:
                self._child.kill()
            self._watchdog.close()
            for name, handler in handlers.items():
                signal.signal(name, handler)
        return 0

    @property
    def _tried(self) -> int:
        """How many versions have been dealt with."""
        return len(self._page.history) - 1

    def _on_signal(self, *_: object) -> None:
        self._is_over = True

    # --- the file ---

    def _stamp(self) -> object:
        """Return what differs when a file was saved; a file that is away for a moment counts."""
        stamps = []
        for path in self._files():
            try:
                facts = path.stat()
                stamps.append((str(path), facts.st_mtime_ns, facts.st_size))
            except OSError:
                stamps.append((str(path), 0, 0))
        return stamps

    def _look_at_files(self) -> None:
        """Notice a save; a version that is being tried is then out of date."""
        now = time.monotonic()
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen, self._changed_at = stamp, now
            self._is_pending = True
            if self._running is not None and self._child is not None:
                self._child.say(train_job.STOP)
        elif self._may_begin and now - self._changed_at >= SETTLE:
            self._begin_version()

    @property
    def _may_begin(self) -> bool:
        """Whether there is a version to try, and nothing else to do."""
        return self._is_pending and self._is_ready and self._running is None

    def _begin_version(self) -> None:
        assert self._child is not None
        self._is_pending = False
        self._n_versions += 1
        folder = self._page.folder / f"v{self._n_versions:03d}"
        self._running = Version(self._n_versions, str(folder), self._before)
        self._saved_at = self._changed_at or time.monotonic()
        self._result = None
        self._page.error = ""
        self._row = [f"v{self._n_versions}", time.strftime("%H:%M:%S"), "–", "–", "–"]
        say(f"\n[bold]v{self._n_versions}[/]  {self._row[1]}")
        self._child.say(self._running.to_line())

    # --- the child ---

    def _work(self) -> None:
        """Hear the child, start it if there is none, and end it if a call does not return."""
        if self._child is None:
            self._child = Child("racer.cli.live_child")
            self._is_ready = False
            self._child.say(self._job.to_line())
        heard = self._child.hear(POLL)
        if isinstance(heard, str):
            console(stderr=True).print(escape(heard), soft_wrap=True)
        elif heard is not None:
            self._handlers[heard.pop("kind")](heard)
        child = self._child
        call = self._watchdog.look(ask=lambda: child.say(train_job.WHERE))
        if call is not None:
            folder = Path(self._running.folder) if self._running else None
            self._replace_child(self._watchdog.failure(call, folder)["message"])
        elif child.is_over:
            self._replace_child(f"the process that trains has ended (status {child.status})")

    def _replace_child(self, message: str) -> None:
        """Give up the child with the version it was at; another one starts."""
        assert self._child is not None
        self._child.kill()
        self._child = None
        self._watchdog.close()
        self._on_error(message)
        if not self._is_ready:  # it would happen again and again
            self._is_over = True
        elif self._running is not None:
            self._on_done({"number": self._running.number, "is_stale": False})

    # --- what the child says ---

    def _on_ready(self, event: dict[str, Any]) -> None:
        self._watchdog.watch(event["monitor"])
        self._is_ready = True
        self._status("waiting for the next save")

    def _on_start(self, event: dict[str, Any]) -> None:
        self._watchdog.facts = event["facts"]
        self._watchdog.reward = event["reward"]

    def _on_check(self, event: dict[str, Any]) -> None:
        found = event["findings"]
        self._page.findings = [finding_line(finding) for finding in found]
        loud = [finding for finding in found if finding["severity"] != "note"]
        self._row[4] = f"{len(loud)} found" if loud else "ok"
        for line in map(finding_line, loud):
            self._print(escape(line))
        self._show("lineup", event["picture"], "what each scripted driver would be paid")
        self._page.write()

    def _on_progress(self, event: dict[str, Any]) -> None:
        done = f"{event['steps']:,} of {event['step_budget']:,} steps"
        self._status(f"training: {done}, completion {number(event['completion'], 0, '%')}")

    def _on_result(self, event: dict[str, Any]) -> None:
        self._result = event
        summary = event["evaluation"]
        self._row[2] = percent(summary["finish_rate"])
        self._row[3] = number(summary["median_lap_time"], 2, "s")
        line = result_line(summary, self._page.history)
        self._page.headline = f"v{self._n_versions}: {line}"
        self._print(f"{escape(line)}; {event['total_steps']:,} steps of training")
        self._show("film", event["files"]["film"], f"v{self._n_versions}: its best lap")
        self._show("curves", event["files"]["curves"], "how it learned, against the last version")

    def _on_error(self, message: str) -> None:
        self._page.error = message
        if self._running is not None:
            self._row[2] = "failed"
        self._page.write()
        print_error(RuntimeError(message))

    def _on_done(self, event: dict[str, Any]) -> None:
        """Write the version into the table; remember it if it was trained to its end."""
        assert self._running is not None
        if self._result is not None:
            self._before = self._running.folder
        seconds = time.monotonic() - self._saved_at
        if self._result is not None:
            self._print(f"{seconds:.1f} s after saving")
        elif event["is_stale"]:
            self._row[2] = "saved again"
        self._running = None
        self._page.history.append(self._row)
        self._status("waiting for the next save")

    # --- what a user sees ---

    def _print(self, markup: str) -> None:
        say(f"    {markup}")

    def _status(self, text: str) -> None:
        version = f"v{self._running.number}: " if self._running else ""
        self._page.status = version + text
        self._page.write()

    def _show(self, kind: str, file: str | None, caption: str) -> None:
        """Put a picture on the page in place of the one of its kind."""
        kept = [one for one in self._page.pictures if one["kind"] != kind]
        if file is not None:
            relative = Path(file).resolve().relative_to(self._page.folder.resolve())
            kept.append({"kind": kind, "file": relative.as_posix(), "caption": caption})
        order = ("film", "curves", "lineup")
        self._page.pictures = sorted(kept, key=lambda one: order.index(one["kind"]))


def finding_line(finding: dict[str, Any]) -> str:
    """Return a finding of the check in one line."""
    line = finding.get("line")
    place = f"line {line}: " if line else ""
    return f"{finding['severity']}: {place}{finding['message']}"


def result_line(summary: dict[str, Any], history: list[list[str]]) -> str:
    """Return what came of a version, beside what came of the one before.

    Args:
        summary: as ``Evaluation.summary`` gives it.
        history: the page's table of versions.
    """
    n = summary["trials"]
    text = f"{round(summary['finish_rate'] * n)} of {n} laps finished"
    if summary["median_lap_time"] is not None:
        text += f", median {summary['median_lap_time']:.2f} s"
    trained = [row for row in history[1:] if row[2].endswith("%")]
    if trained:
        name, _, laps, lap_time, _ = trained[-1]
        text += f" ({name}: {laps}, {lap_time})"
    return text

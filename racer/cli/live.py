"""``racer watch --live``: looks at a reward file, and has each saved version tried."""

import time
from pathlib import Path
from typing import Any

from racer.cli.interruption import hearing_signals
from racer.cli.live_jobs import CHECK, IMPORTS, Version
from racer.cli.live_page import Page
from racer.cli.options import check_reward_timeout
from racer.cli.output import console, escape, number, percent, print_error, print_note, say
from racer.config.parse import make_config
from racer.config.train_config import TrainConfig
from racer.errors import ConfigError, RacerError, RewardError, RunError
from racer.jobs import (
    End,
    Event,
    Failure,
    Job,
    Limits,
    Listener,
    LocalExecutor,
    Log,
    Note,
    Phase,
    Print,
    Progress,
    Report,
)
from racer.reward.siblings import find_siblings, read_source
from racer.runs.run_folder import reserve_name

DEFAULT_STEPS = 50_000
"""Training steps of a version where no budget is given: enough for a first good lap."""

SECONDS = 3.0
"""Seconds of training after which a version ends where no budget is given."""

SETTLE = 0.1
"""A file is taken when it has not changed for so long (s): editors write in several strokes."""

WARM_UP = "warm up"
"""Name of the first job: the simulator is compiled."""


def watch_live(
    reward: str,
    *,
    settings: dict[str, Any],
    output: Path | None,
    reward_timeout: float,
    stop_after: int | None = None,
) -> int:
    """Try each saved version of a reward file until Ctrl-C, and return the exit status.

    Args:
        reward: the file.
        settings: those that were given, as ``make_config`` takes them.
        output: folder of the session; by default the next free one in ``live``.
        reward_timeout: seconds that a call of the reward function may take.
        stop_after: end after so many versions; None: never.

    Raises:
        RacerError: if there is no such file, or a setting cannot be used.
    """
    path = Path(reward).expanduser()
    if stop_after is not None and stop_after < 1:
        raise ConfigError(f"--versions: must be 1 or more, got {stop_after}")
    if not path.is_file():
        hint = f": give a file that you can edit, as {path.name}.py" if not path.suffix else ""
        raise RewardError(f"{reward}: no such file{hint}")
    check_reward_timeout(reward_timeout)
    config = make_config(on_note=print_note, **{**settings, "reward": str(path)})
    if (config.steps, config.minutes, config.until_finish) == (None, None, None):
        budget = {"steps": DEFAULT_STEPS, "minutes": SECONDS / 60.0}
        config = config.model_copy(update=budget)
    try:
        folder = output or Path("live") / reserve_name(Path("live"), path.stem)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{output or 'live'}: cannot be made: {error.strerror}") from error
    return Live(config, folder, reward_timeout, stop_after).run()


class Live(Listener):
    """One session: a reward file, and a feed of its versions; it hears what comes of them."""

    def __init__(
        self, config: TrainConfig, folder: Path, limit: float, stop_after: int | None = None
    ) -> None:
        """Prepare; ``run`` does it.

        Args:
            config: of each training; its reward is the file to look at.
            folder: where everything goes.
            limit: seconds that a call of the reward function may take.
            stop_after: end after so many versions; None: never.
        """
        self._config, self._stop_after = config.model_dump(), stop_after
        self._page = Page(folder, title=config.reward)
        self._file = Path(config.reward)
        self._executor = LocalExecutor(
            limits=Limits(call=limit), attempts=1, imports=IMPORTS, name="training"
        )
        self._is_warm = False
        self._running: Version | None = None
        self._n_versions = 0
        self._checked: int | None = None
        self._before: str | None = None
        self._seen: object = None
        self._changed_at = self._saved_at = 0.0
        self._is_pending = True
        self._is_over = False
        self._row: list[str] = []

    def run(self) -> int:
        """Try versions until Ctrl-C, and return the exit status.

        Raises:
            RacerError: if no worker can be started.
        """
        page = self._page.begin()
        say(f"[bold]page[/]  {escape(str(page.resolve()))}  (open it in a browser; it stays fresh)")
        say("Edit the file and save it; Ctrl-C ends.")
        self._seen = self._stamp()
        with hearing_signals(lambda _: self._executor.kill()):
            self._executor.run(self, self)
        return 0

    # --- the feed ---

    @property
    def n_left(self) -> int:
        """One, as long as a version may come."""
        tried = len(self._page.history) - 1
        is_over = self._is_over or (self._stop_after is not None and tried >= self._stop_after)
        return int(not is_over)

    def take(self) -> Job | None:
        """Return the next version, once it was saved and has settled."""
        if not self._is_warm:
            return Job(WARM_UP, "racer.cli.live_jobs:warm_up", self._config)
        is_settled = time.monotonic() - self._changed_at >= SETTLE
        if not (self.n_left and self._is_pending and is_settled):
            return None
        self._is_pending = False
        self._n_versions += 1
        folder = self._page.folder / f"v{self._n_versions:03d}"
        self._running = Version(self._n_versions, str(folder), self._before, self._config)
        self._saved_at = self._changed_at or time.monotonic()
        self._page.error = ""
        self._row = [f"v{self._n_versions}", time.strftime("%H:%M:%S"), *["–"] * 4]
        say(f"\n[bold]v{self._n_versions}[/]  {self._row[1]}")
        return self._running.job()

    def end(self, name: str, ending: End | Failure) -> None:
        """Write a version into the table; remember it if it was trained to its end."""
        if isinstance(ending, Failure):
            self._fail(ending)
        if name == WARM_UP:
            self._is_warm = True
            self._is_over = isinstance(ending, Failure) and ending.reason != "error"
        else:
            self._conclude(ending)
        self._status("waiting for the next save")

    def _conclude(self, ending: End | Failure) -> None:
        assert self._running is not None
        result = ending.value if isinstance(ending, End) else None
        if result is not None:
            self._show_result(result)
            self._before = self._running.folder
            self._print(f"{time.monotonic() - self._saved_at:.1f} s after saving")
        elif isinstance(ending, End):
            self._row[2] = "saved again"
        self._running = None
        self._page.history.append(self._row)

    def _fail(self, failure: Failure) -> None:
        self._page.error = failure.message
        if self._running is not None:
            self._row[2] = "failed"
            self._label_what_is_older(self._running.number)
        if failure.reason == "bug":
            console(stderr=True).print(escape(failure.log), soft_wrap=True)
        print_error(RacerError(failure.message))

    def _label_what_is_older(self, version: int) -> None:
        """Say whose findings and line-up are shown where a version could not be checked."""
        if self._checked not in (None, version):
            self._page.checked = (
                f"v{version} could not be checked: these are the findings of v{self._checked}"
            )
            self._caption_lineup(f"v{self._checked}, not v{version}")

    def _caption_lineup(self, version: str) -> None:
        caption = f"{version}: what each scripted driver would be paid"
        for picture in self._page.pictures:
            if picture["kind"] == "lineup":
                picture["caption"] = caption

    # --- what happens ---

    def tick(self) -> None:
        """Notice a save; a version that is being tried is then out of date."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen, self._changed_at = stamp, time.monotonic()
            self._is_pending = True
            if self._running is not None:
                self._executor.stop_running()

    def _stamp(self) -> object:
        """Return what differs when a file was saved; a file that is away for a moment counts."""
        stamps = []
        for path in watched_files(self._file):
            try:
                facts = path.stat()
                stamps.append((str(path), facts.st_mtime_ns, facts.st_size))
            except OSError:
                stamps.append((str(path), 0, 0))
        return stamps

    def hear(self, name: str, event: Event) -> None:
        """Show what happens to a version."""
        try:
            self._hear(event)
        except OSError:  # the page cannot be written
            self._is_over = True
            raise

    def _hear(self, event: Event) -> None:
        if isinstance(event, Phase):
            self._status(event.text)
        elif isinstance(event, Note):
            print_note(event.text)
        elif isinstance(event, Print):
            self._print(f"[dim]reward function:[/] {escape(event.text)}")
        elif isinstance(event, Log):
            console(stderr=True).print(escape(event.text), soft_wrap=True)
        elif isinstance(event, Report) and event.topic == CHECK:
            self._show_check(event.values)
        elif isinstance(event, Progress):
            done = f"{event.steps:,} of {event.step_budget:,} steps"
            self._status(
                f"training: {done}, exploring: completion {number(event.completion, 0, '%')}"
            )

    def _show_check(self, values: dict[str, Any]) -> None:
        found = values["findings"]
        self._checked = self._n_versions
        self._page.checked = f"check of v{self._checked}:"
        self._page.findings = [finding_line(finding) for finding in found]
        loud = [finding for finding in found if finding["severity"] != "note"]
        self._row[5] = f"{len(loud)} found" if loud else "ok"
        for line in map(finding_line, loud):
            self._print(escape(line))
        self._show("lineup", values["picture"], "")
        self._caption_lineup(f"v{self._checked}")
        self._page.write()

    def _show_result(self, result: dict[str, Any]) -> None:
        summary = result["evaluation"]
        self._row[2] = percent(summary["finish_rate"])
        self._row[3] = number(summary["median_lap_time"], 2, "s")
        self._row[4] = f"{result['total_steps']:,}"
        line = result_line(summary, self._page.history, result["beside"])
        effort = f"{result['total_steps']:,} steps of training, {result['ended']}"
        self._page.headline = f"v{self._n_versions}: {line}\n{effort}"
        self._print(escape(line))
        self._print(effort)
        if result["added"]:
            self._print(result["added"])
        self._show("film", result["files"]["film"], f"v{self._n_versions}: its best lap")
        curves = f"v{self._n_versions}: how it learned, against the last version"
        self._show("curves", result["files"]["curves"], curves)

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


def watched_files(path: Path) -> list[Path]:
    """Return the reward file and the modules beside it that it imports, as it is now."""
    try:
        text = read_source(path)
    except (OSError, SyntaxError, UnicodeDecodeError):  # half saved
        return [path]
    return [path, *(sibling.path for sibling in find_siblings(text, path.resolve().parent))]


def finding_line(finding: dict[str, Any]) -> str:
    """Return a finding of the check in one line."""
    line = finding.get("line")
    place = f"line {line}: " if line else ""
    return f"{finding['severity']}: {place}{finding['message']}"


def result_line(
    summary: dict[str, Any], history: list[list[str]], beside: dict[str, Any] | None
) -> str:
    """Return what came of a version, beside what came of the one before.

    Args:
        summary: as ``Evaluation.summary`` gives it.
        history: the page's table of versions.
        beside: how this version and the one before stood at equal steps; None of the first.
    """
    n = summary["trials"]
    text = f"greedy: {round(summary['finish_rate'] * n)} of {n} laps finished"
    if summary["median_lap_time"] is not None:
        text += f", median {summary['median_lap_time']:.2f} s"
    if beside is None:
        return text
    name, _, laps, lap_time, *_ = [row for row in history[1:] if row[2].endswith("%")][-1]
    if beside["is_equal"]:
        return f"{text} ({name}: {laps}, {lap_time})"
    mine, theirs = (
        "no episode yet" if beside[one] is None else number(beside[one], 0, "%")
        for one in ("completion", "other_completion")
    )
    return (
        f"{text}; {name} had {beside['other_steps']:,} steps: after {beside['steps']:,} steps the "
        f"completion in training was {mine}, with {name} {theirs}"
    )

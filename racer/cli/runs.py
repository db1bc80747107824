"""``racer runs``, ``racer show``, ``racer rm``: what was trained, one of them, away with it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from racer.cli.options import AsJson
from racer.cli.output import (
    count,
    escape,
    labelled,
    number,
    percent,
    print_json,
    print_note,
    say,
    say_command,
)
from racer.cli.table import print_table
from racer.errors import ConfigError, RunError, unknown_name
from racer.naming import as_list, in_one_line
from racer.run_files import RUNS

if TYPE_CHECKING:
    from racer.api import Run
    from racer.runs.listing import RunRow

RunsDir = Annotated[
    Path, typer.Option("--runs-dir", metavar="FOLDER", help="The folder with the runs.")
]
_KEYS = ("started", "name", "reward", "track", "algo", "status", "finish", "lap", "steps")
_COLUMNS = ["run", "status", "reward", "track", "algo", "seed", "steps", "finished",
            "last", "lap time"]  # fmt: skip
_LESS = ("seed", "algo", "steps", "× limit", "track", "last", "reward")  # where there is no room


def runs(
    folder: Annotated[
        str | None,
        typer.Argument(
            metavar="FOLDER",
            show_default=False,
            help="The folder with the runs, or the address of a store.",
        ),
    ] = None,
    runs_dir: RunsDir = RUNS,
    sort: Annotated[
        str, typer.Option(metavar="KEY", help="By " + ", ".join(_KEYS) + "; the best first.")
    ] = "started",
    reward: Annotated[str | None, typer.Option(help="Only with this reward function.")] = None,
    track: Annotated[str | None, typer.Option("--track", "-t", help="Only on this track.")] = None,
    algo: Annotated[str | None, typer.Option(help="Only of this algorithm.")] = None,
    status: Annotated[
        str | None,
        typer.Option(help="Only finished, interrupted, failed, running, stopped or damaged."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List all runs of a folder and the folders below it, also damaged ones."""
    from racer.evaluation.ratio import ratio_cell
    from racer.runs.limits import with_limit
    from racer.runs.listing import STATUSES, list_runs

    if sort not in _KEYS:
        raise ConfigError(f"--sort: {unknown_name('key', sort, list(_KEYS))}")
    if status is not None and status not in STATUSES:
        raise ConfigError(f"--status: {unknown_name('status', status, list(STATUSES))}")
    wanted = {"reward": reward, "track": track, "algo": algo, "status": status}
    where = folder or runs_dir
    found = list_runs(where)
    rows = [with_limit(row) for row in _sorted([row for row in found if _fits(row, wanted)], sort)]
    if as_json:
        print_json([row.to_dict() for row in rows])
        return
    if not rows:
        say(f"{escape(str(where))}: {_nothing(found, wanted)}", stderr=True)
        return
    ratios = [row.limit for row in rows]
    columns = [*_COLUMNS, "× limit"] if any(map(ratio_cell, ratios)) else _COLUMNS
    cells = [[*_cells(row), ratio_cell(row.limit)][: len(columns)] for row in rows]
    print_table(columns, cells, left=_COLUMNS[:5], drop=_LESS)
    say("[dim]finished, lap time: the best checkpoint; last: laps that the last policy finishes; "
        "both greedy[/]")  # fmt: skip
    for reason in dict.fromkeys(one["reason"] for one in ratios if one and one["reason"]):
        print_note(f"no limit to compare with: {reason}")
    for row in rows:
        if row.problem:
            say(f"{escape(row.name)}: {escape(row.problem)}")


def _fits(row: "RunRow", wanted: dict[str, str | None]) -> bool:
    """Return whether a run has the wanted values; a file may be named with its ending."""
    return all(
        value is None
        or {Path(value).stem, value, value.replace(":", "_")}
        & {getattr(row, key), *(row.tracks if key == "track" else ())}
        for key, value in wanted.items()
    )


def _sorted(rows: "list[RunRow]", key: str) -> "list[RunRow]":
    """Return the rows in order: the highest finish rate, the shortest lap first; else ascending."""
    if key == "finish":
        return sorted(rows, key=lambda row: -1.0 if row.finish_rate is None else row.finish_rate)[
            ::-1
        ]
    if key == "lap":
        return sorted(rows, key=lambda row: row.median_lap_time or float("inf"))
    if key == "steps":
        return sorted(rows, key=lambda row: row.total_steps or 0)
    return sorted(rows, key=lambda row: str(getattr(row, key)))


def _nothing(found: "list[RunRow]", wanted: dict[str, str | None]) -> str:
    """Say why a list is empty, and which values there are."""
    if not found:
        return "no runs; racer train makes one"
    texts = []
    for key in (key for key, value in wanted.items() if value is not None):
        there = sorted({str(getattr(row, key)) for row in found} - {""})
        texts.append(f"{key} is one of {', '.join(there)}")
    return f"none of {len(found)} runs fits; {'; '.join(texts)}"


def _cells(row: "RunRow") -> list[str]:
    return [
        row.name, row.status, row.reward, row.track, row.algo,
        "" if row.seed is None else str(row.seed),
        "" if row.total_steps is None else count(row.total_steps),
        percent(row.finish_rate), percent(row.last_finish_rate),
        number(row.median_lap_time, 2, "s"),
    ]  # fmt: skip


def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's folder or name.")],
    against: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Say what differs from this run; the exit status is 1 if anything does.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show one run: its settings, what came of it, its files, what to try next."""
    from racer.api.command import changed_settings
    from racer.evaluation.gain import gain_words
    from racer.runs.budget import ending_words
    from racer.runs.listing import size_of
    from racer.runs.policies import last_policy

    opened, row = _open(run)
    if against is not None:
        _show_difference(opened, _open(against)[0], as_json=as_json)
        return
    path, info = opened.folder, opened.info
    page: dict[str, Any] = {
        **row.to_dict(),
        "last": last_policy(opened.record),
        "settings": changed_settings(opened.config),
        "command": info.get("command", ""),
        "seconds": info.get("seconds"),
        "episodes": info.get("episodes"),
        "stop_reason": info.get("stop_reason"),
        "ended": ending_words(opened.config, str(info.get("stop_reason") or "")),
        "before": info.get("before"),
        "added": gain_words(
            info.get("before"), info.get("evaluation"), parent="parent" in info
        ),
        "notes": info.get("notes", []),
        "files": {file.name: file.stat().st_size for file in sorted(path.iterdir())
                  if file.is_file() and not file.name.startswith(".")},
        "size": size_of(path)[1],
        **({"imported": info["imported"], "laps": _laps(opened)} if "imported" in info else {}),
        "next": _next(str(path), row),
    }  # fmt: skip
    if as_json:
        print_json(page)
        return
    _print_page(page)


def _laps(run: "Run") -> list[dict[str, Any]]:
    """Return the fastest laps of a training that was made of logs."""
    table = run.episodes
    order = [int(i) for i in table["lap_time"].argsort() if table["lap_time"][i] > 0][:5]
    names = ("lap_time", "update", "car", "episode", "return")
    return [{name: table[name][i].item() for name in names} for i in order]


def _training_laps(page: dict[str, Any]) -> str:
    """Return the fastest laps in a line."""
    laps = page.get("laps", [])
    told = [f"{one['lap_time']:.2f} s (iteration {one['update']})" for one in laps]
    return "the fastest in training: " + ", ".join(told) if told else ""


def _open(name: str) -> "tuple[Run, RunRow]":
    """Return a run, and what a list says of it.

    Raises:
        RunError: if there is none, or it is damaged.
    """
    from racer import api
    from racer.runs.limits import with_limit
    from racer.runs.listing import describe_run

    path = api.find_run(name)
    if not path.is_dir():
        raise RunError(f"{path}: expected a run's folder, got a file")
    opened, row = api.load_run(path), describe_run(path)
    if row.status == "damaged":
        raise RunError(row.problem)
    return opened, with_limit(row)


def _show_difference(one: "Run", other: "Run", *, as_json: bool) -> None:
    """Print what differs between two runs, and exit with 1 if anything does."""
    from racer.api.differences import difference

    found = difference(one, other)
    if as_json:
        print_json({"equal": found.is_equal, "settings": found.settings, "place": found.place})
    else:
        for line in [*found.settings, found.place] if not found.is_equal else ["equal"]:
            if line:
                say(escape(line))
    if not found.is_equal:
        raise typer.Exit(1)


def _next(folder: str, row: "RunRow") -> list[str]:
    """Return the commands that suit a run as it stands."""
    from racer.runs.listing import IMPORTED

    if row.status in ("running", "failed"):
        return [f"racer why {folder}"]
    if row.status == IMPORTED:
        return [f"racer plot {folder}", f"racer why {folder}",
                f"racer reward replay center_line --run {folder}"]  # fmt: skip
    looks = [f"racer why {folder}", f"racer plot {folder}"]
    if row.finish_rate:
        looks += [f"racer watch {folder}", f"racer evaluate {folder} --trials 50"]
    return looks


def _print_page(page: dict[str, Any]) -> None:
    """Print what is known of a run, a line each."""
    from racer.evaluation.ratio import ratio_words
    from racer.runs.policies import last_words

    told = {**page["settings"]}
    if "track" in told:
        told["track"] = in_one_line(as_list(told["track"]))
    settings = ", ".join(f"{name} {value}" for name, value in told.items())
    effort = [
        f"{count(page['total_steps'])} steps" if page["total_steps"] is not None else "",
        f"{count(page['episodes'])} episodes" if isinstance(page["episodes"], int) else "",
        f"{page['seconds']:.1f} s" if isinstance(page["seconds"], int | float) else "",
        page["ended"],
    ]
    lap = f", median lap {number(page['median_lap_time'], 2, 's')}"
    lap += f", best {number(page['best_lap_time'], 2, 's')}"
    result = f"best checkpoint, greedy: {percent(page['finish_rate'])} of the laps finished"
    result += f", completion {number(page['completion'], 0, '%')}"
    lines = {
        "run": page["folder"],
        "status": page["status"] + (f": {page['problem']}" if page["problem"] else ""),
        "what": _what(page),
        "settings": settings or "nothing: all settings are the defaults",
        "training": ", ".join(filter(None, effort)) or "no finished update yet",
        "result": "no evaluation yet" if page["finish_rate"] is None else result + lap,
        "last": "; ".join(last_words(page["last"])) if page["last"] else "",
        "added": page["added"],
        "limit": ratio_words(page["limit"]),
        "started": page["started"],
        "command": str(page["command"]),
        "laps": _training_laps(page),
        "absent": ", ".join(page.get("imported", {}).get("absent", ())),
        "files": ", ".join(page["files"]) + f" ({page['size'] / 1e6:.1f} MB)",
    }
    for name, text in [*lines.items(), *(("note", str(note)) for note in page["notes"])]:
        if text:
            labelled(name, text, 10)
    say("\nTry next:")
    for command in page["next"]:
        say_command(command)


def _what(page: dict[str, Any]) -> str:
    """Return reward function, track, algorithm and seed; of logs what they tell."""
    seed = "seed not in the logs" if page["seed"] is None else f"seed {page['seed']}"
    named = (page["reward"], page["track"], page["algo"], seed)
    return ", ".join(one for one in named if one)


def rm(
    names: Annotated[list[str], typer.Argument(metavar="RUN...", help="Folders or names of runs.")],
    runs_dir: RunsDir = RUNS,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also runs that are being trained.")
    ] = False,
) -> None:
    """Remove runs, after a question. Other folders are refused."""
    from racer.runs.listing import removable_run, remove_run, size_of

    paths = list(dict.fromkeys(removable_run(name, runs_dir, force=force) for name in names))
    for path in paths:
        files, size = size_of(path)
        say(f"{escape(str(path))}: {count(files)} files, {size / 1e6:.1f} MB")
    if not yes and not _is_wanted(len(paths)):
        say("nothing is removed")
        raise typer.Exit(1)
    for path in paths:
        remove_run(path)
    say(f"removed {len(paths)}")


def _is_wanted(n_runs: int) -> bool:
    """Return whether the user wants runs to be removed.

    Raises:
        ConfigError: if nobody answers.
    """
    try:
        return typer.confirm(f"Remove {n_runs} {'run' if n_runs == 1 else 'runs'}?")
    except typer.Abort as error:  # the input has ended, or Ctrl-C
        raise ConfigError("nobody has answered: --yes removes without a question") from error

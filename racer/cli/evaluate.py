"""``racer evaluate``: laps of a trained policy or a driver, counted and timed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from racer import defaults
from racer.cli.options import AsJson
from racer.cli.output import escape, number, percent, print_json, print_note, say
from racer.cli.setting_options import DRIVE, setting_options
from racer.cli.table import print_table

if TYPE_CHECKING:
    from racer.evaluation import Evaluation, Trial

Who = Annotated[
    str,
    typer.Argument(metavar="RUN|DRIVER", help="A run's folder or name, a checkpoint file, "
                   "or a driver: pure-pursuit, reference, random."),
]  # fmt: skip
Checkpoint = Annotated[str, typer.Option(help="Of a run: best or last.", metavar="best|last")]
Line = Annotated[
    Path | None,
    typer.Option(
        help="What the driver reference follows: a .csv, .npy or .py with x, y and maybe speed.",
        metavar="FILE",
    ),
]

_LESS = ("return", "steps", "start", "waited", "resets")  # columns to leave out, these first

AllowPickle = Annotated[
    bool,
    typer.Option(
        "--allow-pickle",
        help="Read a checkpoint of an older racer: it can run any code, so only if you trust it.",
    ),
]


@setting_options(*DRIVE)
def evaluate(
    who: Who,
    trials: Annotated[
        int, typer.Option(help="Laps, from evenly spaced starts; at least one a track.")
    ] = 20,
    checkpoint: Checkpoint = "best",
    resets: Annotated[
        int, typer.Option(help="How often a car off the track is put back instead of being out.")
    ] = 0,
    off_track_penalty: Annotated[
        float, typer.Option(help="Seconds that each reset costs.", metavar="SECONDS")
    ] = defaults.OFF_TRACK_PENALTY,
    line: Line = None,
    algo: Annotated[
        str | None,
        typer.Option(
            help="What a zip of Stable-Baselines3 from elsewhere learned with: ppo, a2c, "
            "sac, dqn, td3, ddpg. It is a pickle: --allow-pickle.",
            metavar="ALGORITHM",
        ),
    ] = None,
    allow_pickle: AllowPickle = False,
    sample: Annotated[
        bool,
        typer.Option(
            "--sample",
            help="Draw the actions as in training: the exploring car, not the greedy one.",
        ),
    ] = False,
    as_json: AsJson = False,
    *,
    settings: dict[str, Any],
) -> None:
    """Let a trained car, or a built-in driver, try to lap.

    The greedy car always takes the action it thinks best, so nothing random
    decides. In its training the same policy explored: --sample.

    By default a run drives the track it was trained on. Options of the
    action space are for drivers: a run keeps its own.
    """
    from racer import api

    if algo is not None:
        settings["algo"] = algo
    evaluation = api.evaluate(
        who,
        trials=trials,
        checkpoint=checkpoint,
        resets=resets,
        off_track_penalty=off_track_penalty,
        line=line,
        allow_pickle=allow_pickle,
        sample=sample,
        on_note=print_note,
        **settings,
    )
    if len(evaluation.trials) > trials:
        print_note(
            f"--trials {trials} are too few: one lap on each of {len(evaluation.trials)} tracks"
        )
    if as_json:
        print_json(evaluation.to_dict())
        return
    for text in summary_lines(evaluation.summary()):
        say(text)
    say()
    print_trials(evaluation, with_resets=resets > 0)


def print_trials(evaluation: "Evaluation", *, with_resets: bool) -> None:
    """Print a row a trial."""
    columns = ["trial", "start", "end", "completion", "lap time", "steps", "return"]
    if with_resets:
        columns += ["off tracks", "resets", "waited"]
    rows = [_row(trial, with_resets=with_resets) for trial in evaluation.trials]
    if len(evaluation.tracks) > 1:
        columns.insert(1, "track")
        for row, trial in zip(rows, evaluation.trials, strict=True):
            row.insert(1, trial.track)
    title = f"{evaluation.driver} on {evaluation.track}"
    print_table(columns, rows, title=title, left=("end", "track"), drop=_LESS)


def _row(trial: "Trial", *, with_resets: bool) -> list[str]:
    row = [
        str(trial.trial), percent(trial.start), trial.end_reason.replace("_", " "),
        number(trial.completion, 1, "%"), number(trial.lap_time, 3, "s"), str(trial.steps),
        number(trial.episode_return, 2),
    ]  # fmt: skip
    if with_resets:
        row += [str(trial.off_tracks), str(trial.resets), number(trial.penalty_time, 1, "s")]
    return row


def summary_lines(summary: dict[str, Any], *, checkpoint: str = "") -> list[str]:
    """Return the figures of an evaluation in two lines, from ``Evaluation.summary``.

    A third one has the ratio of the median lap time to the limit, where that was looked for. Where
    it was driven on several tracks, a line for each follows. ``checkpoint`` says of which one.
    """
    from racer.evaluation.ratio import ratio_words

    n = summary["trials"]
    finished = round(summary["finish_rate"] * n)
    car = car_words(summary.get("policy"), checkpoint)
    times = "no lap was finished"
    if summary["median_lap_time"] is not None:
        median, best = summary["median_lap_time"], summary["best_lap_time"]
        times = f"lap time: median {median:.3f} s, best {best:.3f} s"
    return [
        f"{car}[bold]{finished} of {n} laps finished[/] ({percent(summary['finish_rate'])}), "
        f"completion {number(summary['completion'], 1, '%')}, "
        f"off the track {summary['off_tracks']} times",
        times,
        *filter(None, [escape(ratio_words(summary.get("limit")))]),
        *(_track_line(name, one) for name, one in summary.get("tracks", {}).items()),
    ]


def car_words(policy: str | None, checkpoint: str = "") -> str:
    """Return which of the two cars of a policy drove, for the head of a sentence.

    Args:
        policy: as ``Evaluation.policy`` has it.
        checkpoint: which one it was of, in words.
    """
    car = {"greedy": "greedy car", "sampled": "exploring car (actions drawn)"}.get(policy or "")
    words = ", ".join(escape(one) for one in (car, checkpoint) if one)
    return f"{words}: " if words else ""


def _track_line(name: str, one: dict[str, Any]) -> str:
    """Return the figures of one of several tracks."""
    from racer.evaluation.ratio import ratio_words

    n = one["trials"]
    median = one["median_lap_time"]
    lap = "" if median is None else f", median {median:.3f} s"
    lap += f": {escape(words)}" if (words := ratio_words(one.get("limit"))) else ""
    return f"  {escape(name)}: {round(one['finish_rate'] * n)} of {n} laps finished{lap}"

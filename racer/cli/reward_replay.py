"""``racer reward replay``: what another reward function would have paid for the same driving."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from racer.cli.isolated import isolated
from racer.cli.options import OUTPUT_PANEL, AsJson
from racer.cli.output import (
    count,
    escape,
    labelled,
    number,
    percent,
    print_json,
    print_note,
    say,
)
from racer.cli.table import print_table

if TYPE_CHECKING:
    from racer.reward_lab import Replay

N_SHOWN = 3  # episodes that are shown as the best and as the worst


def replay_reward(
    reward: Annotated[str, typer.Argument(metavar="NAME|FILE", help="The reward function.")],
    run: Annotated[str, typer.Option(metavar="RUN", help="A run's folder or name.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The picture; by default replay-NAME.png in the run's folder.",
            rich_help_panel=OUTPUT_PANEL,
        ),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds that a step may take.")] = 10.0,
    as_json: AsJson = False,
) -> None:
    """Pay every recorded step of a training again, with another reward function.

    It says what the function would have paid for the same driving, not what
    the car would have learned from it. The units of two rewards differ: look
    at the order of the episodes, and at the places on the track.
    """
    from racer.analysis.style import save_figure
    from racer.api import find_run
    from racer.reward import load_reward

    source = load_reward(reward)
    folder = find_run(run)
    kept = folder / f"replay-{source.name}-failure.json"
    found = isolated(timeout).replay(folder, source, kept)
    path = save_figure(_figure(found, folder), output or folder / f"replay-{source.name}.png")
    for note in found.notes:
        print_note(note)
    if as_json:
        print_json({**found.to_dict(), "picture": str(path)})
        return
    _print_summary(found)
    labelled("picture", str(path), 8)


def _figure(found: "Replay", folder: Path) -> Any:
    import numpy as np

    from racer.analysis.replay_figure import replay_figure
    from racer.runs.record import read_run

    episodes = found.episodes
    whole = np.isin(episodes.update, read_run(folder).updates["update"])  # batches
    edges, old, new = found.by_position()
    several = len(found.tracks) > 1
    where = f"; the maps: {found.tracks[0].name}" if several else ""
    return replay_figure(
        found.tracks[0], total_steps=episodes.total_steps[whole], update=episodes.update[whole],
        old=episodes.old[whole], new=episodes.new[whole], along=edges, old_by_position=old,
        new_by_position=new,
        old_name=found.old_reward, new_name=found.new_reward, title=f"Replay of {found.run}{where}",
        text=_agreement(found),
    )  # fmt: skip


def _agreement(found: "Replay") -> str:
    """Say how far the two functions agree on the order of the episodes."""
    if found.rank_correlation is None:
        return "one of the two pays every episode the same"
    return (
        f"rank correlation {number(found.rank_correlation, 2)}, "
        f"{percent(found.turned_pairs)} of the pairs of episodes change their order"
    )


def _print_summary(found: "Replay") -> None:
    """Print how far the functions agree, and the best and worst episodes by each."""
    episodes = found.episodes
    say(
        f"[bold]{escape(found.new_reward)}[/] on {count(found.n_steps)} steps and "
        f"{count(len(episodes))} episodes of {escape(found.run)}, trained with "
        f"{escape(found.old_reward)}"
    )
    if found.is_own or found.n_equal == found.n_steps:
        say(f"equal to the last bit: {count(found.n_equal)} of {count(found.n_steps)} steps")
    if not len(episodes):
        return
    say(f"order of the episodes: {_agreement(found)}")
    for name, by in ((found.old_reward, "old"), (found.new_reward, "new")):
        rows = [("best", e) for e in found.best(N_SHOWN, by=by)]
        rows += [("worst", e) for e in found.best(N_SHOWN, by=by, worst=True)]
        print_table(
            ["", "car", "episode", "end", "completion", "steps", "old return", "new return"],
            [_row(word, episode) for word, episode in rows],
            title=f"by {Path(name).name} ({by})",
            left=("", "end"),
            drop=("car", "steps", "completion"),
        )


def _row(word: str, episode: dict[str, Any]) -> list[str]:
    return [
        word, str(episode["car"]), str(episode["episode"]), episode["status"].replace("_", " "),
        number(episode["completion"], 1, "%"), str(episode["steps"]),
        number(episode["old_return"], 3), number(episode["new_return"], 3),
    ]  # fmt: skip

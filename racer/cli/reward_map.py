"""``racer reward map``: what a reward function pays all over a track, without training."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from racer import defaults
from racer.cli.isolated import isolated
from racer.cli.options import OUTPUT_PANEL, AsJson
from racer.cli.output import count, labelled, number, print_json, print_note
from racer.cli.setting_options import ROAD, one_track, setting_options
from racer.cli.table import print_table

if TYPE_CHECKING:
    from racer.reward_lab import RewardMap


@setting_options(*ROAD, without=("vehicle",))
def map_reward(
    reward: Annotated[str, typer.Argument(metavar="NAME|FILE", help="The reward function.")],
    steering: Annotated[
        str, typer.Option(metavar="left|straight|right", help="The steering command.")
    ] = "straight",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The picture; by default NAME-map.png.",
            rich_help_panel=OUTPUT_PANEL,
        ),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds that some calls may take.")] = 10.0,
    as_json: AsJson = False,
    *,
    settings: dict[str, Any],
) -> None:
    """Draw what a reward function pays all over a track, without training.

    A small map for each heading (along the road, turned 30° to both sides,
    against it) and for the slowest and the fastest speed of the actions.
    Each pose is judged as if the car had driven there from the start line.
    """
    from racer.analysis.style import save_figure
    from racer.reward import load_reward
    from racer.track import load_track

    source = load_reward(reward)
    settings = one_track(settings)
    actions = settings.pop("actions", None)
    road = load_track(
        settings.get("track", defaults.TRACK),
        reverse=settings.get("reverse", False),
        scale=settings.get("track_scale", 1.0),
        drop_duplicates=settings.get("drop_duplicates", False),
    )
    found = isolated(timeout).map(source, road, actions, steering)
    path = save_figure(_figure(found), output or Path(f"{source.name}-map.png"))
    for note in found.notes:
        print_note(note)
    if found.failure is not None:
        print_note(f"{count(found.n_failed)} poses failed, they are hatched: {found.failure}")
    if as_json:
        print_json({**found.to_dict(), "picture": str(path)})
        return
    _print_summary(found)
    labelled("picture", str(path), 8)


def _figure(found: "RewardMap") -> Any:
    from racer.analysis.reward_map_figure import reward_map_figure

    return reward_map_figure(
        found.track, found.x, found.y, found.rewards, headings=found.headings,
        speeds=found.speeds, steering=found.steering, failed=found.failed, reward=found.reward,
        notes=found.notes,
    )  # fmt: skip


def _print_summary(found: "RewardMap") -> None:
    """Print the range of rewards of each small map."""
    import numpy as np

    from racer.analysis.reward_map_figure import heading_text

    rows = []
    for i, speed in enumerate(found.speeds):
        for j, heading in enumerate(found.headings):
            paid = found.rewards[i, j][np.isfinite(found.rewards[i, j])]
            spread = [np.min(paid), np.median(paid), np.max(paid)] if len(paid) else [np.nan] * 3
            rows.append(
                [heading_text(heading), f"{speed:.3g} m/s", *(number(value, 3) for value in spread)]
            )
    title = f"{found.reward} on {found.track.name}, {count(found.n_poses)} poses"
    print_table(
        ["heading", "speed", "lowest", "median", "highest"], rows, title=title, left=("heading",)
    )

"""``racer reward map``: what a reward function pays all over a track, without training."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from racer.cli.apart import apart
from racer.cli.options import (
    OUTPUT_PANEL,
    ActionSpace,
    AsJson,
    MaxSpeed,
    MaxSteering,
    Reverse,
    SpeedGranularity,
    SteeringGranularity,
    TrackName,
    TrackScale,
)
from racer.cli.output import count, number, print_json, print_note, print_table, say
from racer.cli.settings import make_actions

if TYPE_CHECKING:
    from racer.reward_lab import RewardMap


def map_reward(
    reward: Annotated[str, typer.Argument(metavar="NAME|FILE", help="The reward function.")],
    track: TrackName = None,
    track_scale: TrackScale = None,
    reverse: Reverse = None,
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
    max_speed: MaxSpeed = None,
    speed_granularity: SpeedGranularity = None,
    max_steering: MaxSteering = None,
    steering_granularity: SteeringGranularity = None,
    action_space: ActionSpace = None,
    as_json: AsJson = False,
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
    road = load_track(track or "reinvent_2018", reverse=bool(reverse), scale=track_scale or 1.0)
    actions = make_actions(
        max_speed, speed_granularity, max_steering, steering_granularity, action_space
    )
    found = apart(timeout).map(source, road, actions, steering)
    path = save_figure(_figure(found), output or Path(f"{source.name}-map.png"))
    for note in found.notes:
        print_note(note)
    if found.failure is not None:
        print_note(f"{count(found.n_failed)} poses failed, they are hatched: {found.failure}")
    if as_json:
        print_json({**found.to_dict(), "picture": str(path)})
        return
    _print_summary(found)
    say(f"[bold]picture[/] {escape(str(path))}")


def _figure(found: "RewardMap") -> Any:
    from racer.analysis.reward_map import reward_map_figure

    return reward_map_figure(
        found.track, found.x, found.y, found.rewards, headings=found.headings,
        speeds=found.speeds, steering=found.steering, failed=found.failed, reward=found.reward,
        notes=found.notes,
    )  # fmt: skip


def _print_summary(found: "RewardMap") -> None:
    """Print the range of rewards of each small map."""
    import numpy as np

    from racer.analysis.reward_map import heading_text

    rows = []
    for i, speed in enumerate(found.speeds):
        for j, heading in enumerate(found.headings):
            paid = found.rewards[i, j][np.isfinite(found.rewards[i, j])]
            spread = [np.min(paid), np.median(paid), np.max(paid)] if len(paid) else [np.nan] * 3
            rows.append(
                [heading_text(heading), f"{speed:g} m/s", *(number(value, 3) for value in spread)]
            )
    title = f"{found.reward} on {found.track.name}, {count(found.n_poses)} poses"
    print_table(
        ["heading", "speed", "lowest", "median", "highest"], rows, title=title, left=("heading",)
    )

"""``racer actions``: the action space as a table, or one that suits a track."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from racer import defaults
from racer.cli.action_table import action_table
from racer.cli.options import AsJson
from racer.cli.output import print_json, print_note, say, say_command
from racer.cli.setting_options import setting_options
from racer.cli.table import print_table
from racer.errors import ConfigError

if TYPE_CHECKING:
    from racer.vehicle import DiscreteActions


@setting_options("actions")
def actions(
    suit: Annotated[
        str | None,
        typer.Option(
            "--for", metavar="TRACK", help="Propose actions that suit the reference of a track."
        ),
    ] = None,
    n: Annotated[int, typer.Option("--n", help="How many to propose.")] = 12,
    vehicle: Annotated[
        str, typer.Option(help="The car that they are proposed for.")
    ] = defaults.VEHICLE,
    track_scale: Annotated[float, typer.Option(help="Multiply the lengths of the track.")] = 1.0,
    reverse: Annotated[bool, typer.Option("--reverse", help="The other way round.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write them: a model_metadata.json.")
    ] = None,
    as_json: AsJson = False,
    *,
    settings: dict[str, Any],
) -> None:
    """List what the car can do: the steering angle and speed of each action.

    With --for, actions are proposed: few that come near to all commands of a
    fast lap, and full steering to each side.
    """
    from racer.vehicle import parse_actions

    given = settings.get("actions")
    if suit is None:
        _refuse_without_track(n, vehicle, track_scale, reverse=reverse)
        made = parse_actions(given)
    else:
        made = _proposed(suit, n, vehicle, given, scale=track_scale, reverse=reverse)
        if len(made.table()) < n:
            print_note(f"the lap has commands for {len(made.table())} actions, not {n}")
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(made.to_metadata(), indent=1) + "\n", "utf-8")
    if as_json:
        print_json(made.to_metadata())
        return
    table = action_table(made)
    print_table(table["columns"], table["rows"])
    if suit is not None and output is None:
        say("Train with them:")
        say_command(f"racer actions --for {suit} -o model_metadata.json")
        say_command("racer train --action-space model_metadata.json")


def _refuse_without_track(n: int, vehicle: str, scale: float, *, reverse: bool) -> None:
    """Refuse options that only a proposal has."""
    if (n, vehicle, scale, reverse) != (12, defaults.VEHICLE, 1.0, False):
        raise ConfigError("--n, --vehicle, --track-scale and --reverse belong to --for TRACK")


def _proposed(
    track: str, n: int, car: str, given: Any, *, scale: float, reverse: bool
) -> "DiscreteActions":
    """Return actions that suit a track.

    Raises:
        RacerError: if there is no reference, or other words for actions than a top speed are given.
    """
    from racer.evaluation.ratio import top_speed_of
    from racer.optimal import reference
    from racer.optimal.propose import propose_actions
    from racer.track import load_track
    from racer.vehicle import default_actions, vehicle

    words = dict(given or {})
    top_speed = words.pop("max_speed", None)
    if words:
        raise ConfigError(f"--for TRACK takes --max-speed alone, not {', '.join(sorted(words))}")
    loaded = load_track(track, reverse=reverse, scale=scale)
    top_speed = top_speed_of(default_actions()) if top_speed is None else float(top_speed)
    return propose_actions(reference(loaded, vehicle(car), top_speed), n)

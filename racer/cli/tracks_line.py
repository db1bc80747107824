"""``racer tracks line``: the reference of a track as a file, and as a reward function."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from racer import defaults
from racer.cli.options import AsJson
from racer.cli.output import escape, print_json, say
from racer.errors import ConfigError

if TYPE_CHECKING:
    from racer.optimal.line import RacingLine
    from racer.track import Track

Vehicle = Annotated[str, typer.Option(help="The car that the reference is for.")]
MaxSpeed = Annotated[
    float | None,
    typer.Option(
        help="The highest speed of its commands (m/s); by default that of the default actions.",
        show_default=False,
    ),
]
Scale = Annotated[float, typer.Option(help="Multiply all lengths.")]
Reverse = Annotated[bool, typer.Option("--reverse", help="Drive it the other way.")]


def line(
    track: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A track or track file.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write it: a .csv file.")
    ] = None,
    reward: Annotated[
        Path | None,
        typer.Option(help="Where to write a reward function that follows it: a .py file."),
    ] = None,
    vehicle: Vehicle = defaults.VEHICLE,
    max_speed: MaxSpeed = None,
    scale: Scale = 1.0,
    reverse: Reverse = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the reference of a track: a fast lap with margins, which can be driven.

    A row a point: s_m; x_m; y_m; psi_rad; kappa_radpm; vx_mps; ax_mps2; t_s.
    """
    from racer.optimal.line import write_line
    from racer.optimal.line_reward import reward_text
    from racer.track import load_track

    for path, ending in ((output, ".csv"), (reward, ".py")):
        _check_free(path, ending, force=force)
    loaded = load_track(track, reverse=reverse, scale=scale)
    found, fact = reference_line(loaded, vehicle, max_speed)
    if output is not None:
        write_line(found, output)
        fact["line"] = str(output)
    if reward is not None:
        reward.parent.mkdir(parents=True, exist_ok=True)
        reward.write_text(reward_text(found, loaded.name), "utf-8")
        fact["reward"] = str(reward)
    if as_json:
        print_json(fact)
        return
    say(escape(line_words(fact)))
    for name in ("line", "reward"):
        if name in fact:
            say(f"[bold]{name:<10}[/]{escape(fact[name])}")
    if output is None and reward is None:
        say(f"Write it: racer tracks line {escape(track)} -o line.csv --reward mine.py")


def _check_free(path: Path | None, ending: str, *, force: bool) -> None:
    """Refuse a file of another kind, and one that is there.

    Raises:
        ConfigError: it says which.
    """
    if path is None:
        return
    if path.suffix.lower() != ending:
        raise ConfigError(f"{path}: expected a name ending in {ending}, got '{path.suffix}'")
    if path.exists() and not force:
        raise ConfigError(f"{path}: exists already; --force replaces it")


def reference_line(
    track: "Track", car: str, max_speed: float | None
) -> "tuple[RacingLine, dict[str, Any]]":
    """Return the reference of a track, and what to say of it as plain data.

    Raises:
        RacerError: if there is none.
    """
    from racer.evaluation.ratio import top_speed_of
    from racer.optimal import reference
    from racer.optimal.line import RacingLine
    from racer.vehicle import default_actions, vehicle

    top_speed = top_speed_of(default_actions()) if max_speed is None else max_speed
    lap = reference(track, vehicle(car), top_speed)
    fact = {
        "track": track.name, "is_reversed": track.is_reversed, "vehicle": car,
        "max_speed": top_speed, "lap_time": lap.lap_time, "points": len(lap.time) - 1,
    }  # fmt: skip
    return RacingLine.of(lap), fact


def line_words(fact: dict[str, Any]) -> str:
    """Return a reference in words."""
    reverse = " in reverse" if fact["is_reversed"] else ""
    return (
        f"the reference of {fact['vehicle']} on {fact['track']}{reverse} at up to "
        f"{fact['max_speed']:.3g} m/s: {fact['lap_time']:.2f} s a flying lap"
    )

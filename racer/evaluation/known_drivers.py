"""The built-in drivers by name."""

from racer.errors import ConfigError, unknown_name
from racer.evaluation.drivers import Driver, PurePursuitDriver, RandomDriver
from racer.evaluation.reference_driver import ReferenceDriver
from racer.optimal.along_line import lap_along
from racer.optimal.line import RacingLine
from racer.optimal.line_file import LineLike, as_line
from racer.vehicle import Actions

DRIVERS = {
    "pure-pursuit": PurePursuitDriver,
    "reference": ReferenceDriver,
    "random": RandomDriver,
}


def make_driver(name: str, actions: Actions, seed: int = 0, line: LineLike | None = None) -> Driver:
    """Return the built-in driver of a name.

    Args:
        name: of ``DRIVERS``.
        actions: what it may choose.
        seed: of the random one.
        line: what the reference driver follows instead of the reference.

    Raises:
        RacerError: if there is no such driver, it follows no line, or the line is none.
    """
    if line is not None and name != "reference":
        raise ConfigError(f"line: only the driver 'reference' follows one, got '{name}'")
    if name == "random":
        return RandomDriver(actions, seed)
    if name == "pure-pursuit":
        return PurePursuitDriver(actions)
    if name == "reference" and line is not None:
        return _line_driver(as_line(line), actions)
    if name == "reference":
        return ReferenceDriver(actions)
    raise ConfigError(unknown_name("driver", name, list(DRIVERS)))


def _line_driver(line: RacingLine, actions: Actions) -> ReferenceDriver:
    """Return the driver that follows a line."""
    return ReferenceDriver(
        actions, lambda track, car, top_speed: lap_along(line, track, car, top_speed), line.name
    )

"""The built-in drivers by name."""

from racer.errors import ConfigError, unknown_name
from racer.evaluation.drivers import Driver, PurePursuitDriver, RandomDriver
from racer.evaluation.reference_driver import ReferenceDriver
from racer.vehicle import Actions

DRIVERS = {
    "pure-pursuit": PurePursuitDriver,
    "reference": ReferenceDriver,
    "random": RandomDriver,
}


def make_driver(name: str, actions: Actions, seed: int = 0) -> Driver:
    """Return the built-in driver of a name."""
    if name == "random":
        return RandomDriver(actions, seed)
    if name == "pure-pursuit":
        return PurePursuitDriver(actions)
    if name == "reference":
        return ReferenceDriver(actions)
    raise ConfigError(unknown_name("driver", name, list(DRIVERS)))

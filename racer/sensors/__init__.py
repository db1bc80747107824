"""What the car observes."""

from typing import Any

from racer.errors import ConfigError, unknown_name
from racer.sensors.base import Sensor, View
from racer.sensors.state import StateSensor

__all__ = ["SENSORS", "Sensor", "StateSensor", "View", "make_sensor"]

SENSORS = {"state": StateSensor}


def make_sensor(settings: "str | dict[str, Any] | Sensor") -> Sensor:
    """Return the sensor that a name, a dict from ``to_dict`` or a sensor itself stands for."""
    if not isinstance(settings, str | dict):
        return settings
    values: dict[str, Any] = {"sensor": settings} if isinstance(settings, str) else dict(settings)
    name = values.pop("sensor", "state")
    if name not in SENSORS:
        raise ConfigError(unknown_name("sensor", name, list(SENSORS)))
    if "look_ahead" in values:
        values["look_ahead"] = tuple(values["look_ahead"])
    try:
        return SENSORS[name](**values)
    except TypeError as error:
        raise ConfigError(f"sensor '{name}': {error}") from error

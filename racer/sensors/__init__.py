"""What the car observes."""

from typing import Any

from racer.errors import ConfigError, unknown_name
from racer.sensors.base import Looks, Sensor, View
from racer.sensors.camera import CameraSensor
from racer.sensors.composite import CompositeSensor
from racer.sensors.lidar import LidarSensor
from racer.sensors.state import StateSensor

__all__ = [
    "SENSORS",
    "CameraSensor",
    "CompositeSensor",
    "LidarSensor",
    "Looks",
    "Sensor",
    "StateSensor",
    "View",
    "make_sensor",
]

SENSORS: dict[str, type[Any]] = {
    "state": StateSensor,
    "camera": CameraSensor,
    "lidar": LidarSensor,
}
"""The class of each sensor, by the word that ``--observe`` takes."""


def make_sensor(settings: "str | dict[str, Any] | Sensor", commands: int = 1) -> Sensor:
    """Return the sensor that a name, a dict from ``to_dict`` or a sensor itself stands for.

    Names with + between them stand for a ``CompositeSensor``.

    Args:
        settings: of the sensor.
        commands: how many of the last commands the sensor ``state`` sees if it does not say so.

    Raises:
        ConfigError: for an unknown name, or settings that a sensor does not take.
    """
    if not isinstance(settings, str | dict):
        return settings
    values: dict[str, Any] = {"sensor": settings} if isinstance(settings, str) else dict(settings)
    name = str(values.pop("sensor", "state"))
    if "+" in name:
        parts = values.get("parts", name.split("+"))
        return CompositeSensor(tuple(make_sensor(part, commands) for part in parts))
    if name not in SENSORS:
        raise ConfigError(unknown_name("sensor", name, list(SENSORS)))
    if name == "state":
        values = {"commands": commands, **values}
    lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    try:
        sensor: Sensor = SENSORS[name](**values | lists)
    except TypeError as error:
        raise ConfigError(f"sensor '{name}': {error}") from error
    return sensor

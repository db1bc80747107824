"""The role of a sensor: it owns the observation array of all cars and writes it in place."""

from typing import Any, NamedTuple, Protocol

import gymnasium as gym

from racer.kernels.layout import Bytes, Floats, Integers, TrackArrays
from racer.track import Track


class Looks(NamedTuple):
    """What differs from car to car in what a camera sees; columns as in ``racer.kernels``."""

    cameras: Floats  # (n_cars, CAMERA_SIZE) how each camera is mounted
    grey: Bytes  # (n_cars, 1, 256) the colours of the ground's codes and the sky
    rgb: Bytes  # (n_cars, 3, 256) likewise
    effects: Floats  # (n_cars, EFFECT_SIZE) light, texture, blur, noise
    things: Floats  # (n_cars, MAX_THINGS, THING_SIZE) what is beside the road
    things_grey: Bytes  # (n_cars, MAX_THINGS, 1) their colours
    things_rgb: Bytes  # (n_cars, MAX_THINGS, 3) likewise
    eyes: Floats  # (n_cars, 3) x (m), y (m), heading (rad) where the picture now seen was taken
    seeds: Integers  # (n_cars,) of the noise of that picture


class View(NamedTuple):
    """What a sensor may look at. The arrays belong to the world and are not to be changed."""

    state: Floats  # (n_cars, STATE_SIZE)
    measured: Floats  # (n_cars, MEASURED_SIZE), localised where the cars are now
    tracks: TrackArrays
    track_index: Integers  # (n_cars,)
    vehicles: Floats  # (n_cars, n_params)
    roads: tuple[Track, ...]  # what ``tracks`` was packed from
    looks: Looks | None = None  # None: all cars see the same colours from the same place


class Sensor(Protocol):
    """Turns the state of the cars into observations."""

    @property
    def name(self) -> str:
        """The word that ``--observe`` takes."""

    def space(self) -> gym.Space[Any]:
        """Return the space of one car's observation."""

    def allocate(self, n_cars: int) -> Any:
        """Return an array for the observations of all cars: (n_cars, …); for a Dict, a dict."""

    def observe(self, view: View, cars: Integers, out: Any) -> None:
        """Write the rows of ``out`` of the listed cars, except frozen ones."""

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain data, with the name under ``sensor``."""

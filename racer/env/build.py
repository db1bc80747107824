"""Puts a world together from what a user names: tracks, a reward function, a car, its actions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from racer import defaults
from racer.env.randomize import Randomization
from racer.env.rules import RuleSettings
from racer.env.world import START_ADVANCE, World, training_starts
from racer.errors import ConfigError
from racer.kernels.layout import Floats, Integers, VehicleParams
from racer.reward import CallMonitor, RewardRunner, RewardSource, load_reward, track_facts
from racer.sensors import Sensor
from racer.track import Track, TrackLike, load_tracks
from racer.vehicle import Actions, ActionsLike, parse_actions
from racer.vehicle import vehicle as make_vehicle

RewardLike = str | Path | Callable[[dict[str, Any]], float] | RewardSource | None
"""A shipped name, a path, a Python function, a loaded source, or None (pays nothing)."""


@dataclass(frozen=True)
class Scenario:
    """Everything that makes a world, except how many cars there are and where they start."""

    tracks: tuple[Track, ...]
    """The tracks, in the direction they are driven. Of several, each episode draws one."""
    reward: RewardSource | None
    """The reward function; None pays nothing."""
    actions: Actions
    """What an action means."""
    vehicle: str | VehicleParams = defaults.VEHICLE
    """Preset name or parameters of the car."""
    sensor: "str | dict[str, Any] | Sensor" = defaults.SENSOR
    """What the car observes."""
    rules: RuleSettings = field(default_factory=RuleSettings)
    """When an episode ends."""
    randomize: "float | Mapping[str, float] | Randomization" = 0.0
    """Strength of all random elements, or of some; see ``Randomization``."""
    monitor: CallMonitor | None = None
    """Where calls of the reward function are announced, so that an endless one can be found."""
    output: Callable[[str], None] | None = None
    """Called with each of the first lines that the reward function prints."""

    @classmethod
    def of(
        cls,
        track: TrackLike | Sequence[TrackLike],
        reward_function: RewardLike,
        *,
        actions: ActionsLike = None,
        reverse: bool = False,
        rules: RuleSettings | Mapping[str, Any] | None = None,
        vehicle: str | VehicleParams | Mapping[str, float] = defaults.VEHICLE,
        **parts: Any,
    ) -> "Scenario":
        """Return the scenario of what a user names; ``parts`` are further fields.

        Rules and the car's parameters may be tables, as a spec that was read from JSON has them.
        """
        tracks = load_tracks(track, reverse=reverse)
        if isinstance(rules, Mapping):
            rules = RuleSettings.from_dict(rules)
        if isinstance(vehicle, Mapping):
            vehicle = make_vehicle(defaults.VEHICLE, **vehicle)
        if reward_function is not None and not isinstance(reward_function, RewardSource):
            reward_function = load_reward(reward_function)
        return cls(
            tracks,
            reward_function,
            parse_actions(actions),
            rules=rules or RuleSettings(),
            vehicle=vehicle,
            **parts,
        )

    @property
    def track(self) -> Track:
        """The one track that there is.

        Raises:
            ConfigError: if there are several.
        """
        if len(self.tracks) > 1:
            names = ", ".join(track.name for track in self.tracks)
            raise ConfigError(f"track: expected one track, got {len(self.tracks)}: {names:.200}")
        return self.tracks[0]

    def world(
        self,
        n_cars: int,
        *,
        track_index: Integers | None = None,
        first_car: int = 0,
        starts: Floats | None = None,
        start_advance: float = START_ADVANCE,
        seed: int = 0,
    ) -> World:
        """Return a world without a reward function; ``reward_runner`` makes one.

        Args:
            n_cars: how many cars.
            track_index: (n_cars,) on which track each car stays; by default each episode of a car
                draws its track.
            first_car: index of the first car in the larger batch that it stands for.
            starts: (n_cars,) fractions of the lap; by default the staggered training starts.
            start_advance: what each further episode adds to the start.
            seed: of what the random elements draw.
        """
        return World(
            self.tracks,
            n_cars=n_cars,
            track_index=track_index,
            vehicle=self.vehicle,
            sensor=self.sensor,
            rules=self.rules,
            starts=training_starts(n_cars, first_car) if starts is None else starts,
            start_advance=start_advance,
            randomize=self.randomize,
            seed=seed,
            first_car=first_car,
        )

    def reward_runner(
        self,
        n_cars: int,
        seed: int | Sequence[int],
        first_car: int = 0,
        track_index: Integers | None = None,
    ) -> RewardRunner | None:
        """Return fresh instances of the reward function for the cars, or None if there is none.

        Args:
            n_cars: how many cars.
            seed: of random numbers that the reward function draws; of several, one a car.
            first_car: index of the first car in the larger batch that these are part of.
            track_index: (n_cars,) the track of each car, ``World.track_index`` itself: it is looked
                at in each call. By default all cars stay on the first track.
        """
        if self.reward is None:
            return None
        facts = [track_facts(track) for track in self.tracks]
        index = np.zeros(n_cars, np.int64) if track_index is None else track_index
        return RewardRunner(
            self.reward,
            facts,
            index,
            seed=seed,
            first_car=first_car,
            monitor=self.monitor,
            output=self.output,
        )

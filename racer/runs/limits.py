"""How near runs come to the limit of their car on their track."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from racer.config.train_config import TrainConfig
from racer.errors import RacerError
from racer.evaluation.ratio import Limits, limits_of, top_speed_of
from racer.optimal import Limit
from racer.runs.listing import RunRow
from racer.runs.record import read_facts
from racer.track import load_tracks
from racer.vehicle import vehicle
from racer.vehicle.physics import physics_changes


def run_limits(info: Mapping[str, Any]) -> dict[str, Limits]:
    """Return how fast the car of a run could lap its tracks, by their labels, as ``config_limits``.

    Nothing is raised. A run whose settings name what is no longer there has no limit.

    Args:
        info: what its run.json says.
    """
    if "imported" in info:  # of another simulator's car
        return {}
    try:
        config = TrainConfig.of_run(info["config"])
        changes = physics_changes(info.get("physics"), vehicle(config.vehicle))
        found = config_limits(config)
    except (RacerError, KeyError, TypeError, AttributeError):
        return {}
    if not changes:
        return found
    unknown = Limit(None, False, f"the car moved otherwise then: {changes}")
    return {name: replace(one, own=unknown, fastest=None) for name, one in found.items()}


def config_limits(config: TrainConfig) -> dict[str, Limits]:
    """Return how fast a car could lap the tracks of some settings, by their labels.

    Nothing is computed: it would have to be waited for.

    Raises:
        RacerError: if a track or the car is not there.
    """
    road = (tuple(config.track), config.reverse, config.track_scale, config.drop_duplicates)
    return _limits(*road, config.vehicle, top_speed_of(config.make_actions()))


def with_limit(row: RunRow) -> RunRow:
    """Return a run with the ratio of its lap time to the limit; as it is where it has no lap."""
    if row.median_lap_time is None:
        return row
    return replace(row, limit=run_ratio(read_facts(Path(row.folder)), row.median_lap_time))


def run_ratio(info: Mapping[str, Any], lap_time: float | None) -> dict[str, Any] | None:
    """Return what stands beside a lap time (s) of a run on one track; None where nothing does."""
    found = list(run_limits(info).values())
    return found[0].beside(lap_time) if len(found) == 1 else None


@lru_cache(maxsize=64)
def _limits(
    names: tuple[str, ...],
    reverse: bool,
    scale: float,
    drop_duplicates: bool,
    car: str,
    top_speed: float,
) -> dict[str, Limits]:
    """Return the limits on some tracks: many runs of a list share them."""
    tracks = load_tracks(names, reverse=reverse, scale=scale, drop_duplicates=drop_duplicates)
    return limits_of(tracks, car, top_speed, solve=False)

"""All pictures that league racers read their logs by: their names, and when each helps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from matplotlib.figure import Figure

from racer.analysis.league import choices, episodes, heatmaps, laps, rewards
from racer.analysis.league.driven import Driven
from racer.runs.record import RunRecord


@dataclass(frozen=True)
class OfEpisodes:
    """A picture of whole episodes or updates: it needs the tables of a run only."""

    helps: str
    """When it does, in a line."""
    draw: Callable[[RunRecord], Figure]


@dataclass(frozen=True)
class OfSteps:
    """A picture of recorded steps on one track."""

    helps: str
    """When it does, in a line."""
    draw: Callable[[Driven, float], Figure]
    """Called with the steps and the run's discount factor."""


def _plain(draw: Callable[[Driven], Figure]) -> Callable[[Driven, float], Figure]:
    """Return a function that takes the discount too, which does not matter to it."""
    return lambda driven, _: draw(driven)


def _heat(measure: str) -> Callable[[Driven, float], Figure]:
    return lambda driven, gamma: heatmaps.heatmap(driven, measure, gamma)


KINDS: Mapping[str, OfEpisodes | OfSteps] = {
    "reward_by_progress": OfEpisodes(
        "does coming farther pay more? Finds rewards that pay for ending early",
        episodes.reward_by_progress,
    ),
    "reward_by_time": OfEpisodes(
        "is a faster lap paid more? Finds rewards that pay for time on the road",
        episodes.reward_by_time,
    ),
    "start_sections": OfEpisodes(
        "from which part of the lap do episodes fail? A table by tenths", episodes.start_sections
    ),
    "best_laps": OfEpisodes(
        "is it still getting faster, or is more training wasted?", episodes.best_laps
    ),
    "entropy_kl": OfEpisodes(
        "has the policy decided, and did an update go too far?", choices.entropy_and_kl
    ),
    "lap_correlations": OfSteps(
        "what do fast laps have in common: a short way, speed, calm steering?",
        _plain(laps.lap_correlations),
    ),
    "sector_correlations": OfSteps(
        "in which turn is a lap time decided?", _plain(laps.sector_correlations)
    ),
    "heat_visits": OfSteps("which line do the cars take?", _plain(heatmaps.visits)),
    "heat_reward": OfSteps("where does the reward function really pay?", _heat("reward")),
    "heat_future": OfSteps("where does the road ahead promise much?", _heat("future")),
    "heat_speed": OfSteps("where is it slow?", _heat("speed")),
    "heat_acceleration": OfSteps("where does it speed up and slow down?", _heat("acceleration")),
    "heat_braking": OfSteps("where does it brake, and does it have to?", _heat("braking")),
    "heat_slide": OfSteps("where does the car slide: too fast for the turn?", _heat("slide")),
    "heat_steering": OfSteps("which way does it steer, and where does it weave?",
                             _heat("steering")),
    "exits": OfSteps("where do cars leave the track, and on which side?", _plain(heatmaps.exits)),
    "actions_by_turn": OfSteps(
        "which actions does each turn use, and which are never used?",
        _plain(choices.actions_by_turn),
    ),
    "rewards": OfSteps(
        "is the reward flat, capped, or of few values?", _plain(rewards.rewards)
    ),
    "discount": OfSteps(
        "does the discount factor look as far ahead as a turn is long?", rewards.discount
    ),
}  # fmt: skip
"""By the name that ``racer plot --kind`` takes."""

DISCOUNTED = frozenset({"heat_future", "discount"})
"""Those that the discount factor matters to."""

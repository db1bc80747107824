"""Says in a line what breaks a car, from the figures of its robustness alone.

A condition breaks it where its 95 % interval lies below that of the plain laps: with few trials
little is clear, and little is claimed.
"""

import math
from collections.abc import Sequence

from racer.evaluation.robustness import ALL, GIVEN, OWN, PLAIN, Robustness, RobustnessOutcome

MOST = 4
"""Factors that are named; more are counted."""


def what_breaks(found: Robustness) -> str:
    """Return the verdict on one run.

    Args:
        found: what came of all conditions, the plain one among them.
    """
    plain = found.find(OWN)
    assert plain is not None
    if plain.finish_rate < 0.5:
        return f"it hardly laps its own road, with nothing random: {_of(plain)}"
    groups = _groups(found)
    broken = [_first_broken(group, plain) for group in groups]
    whole = [group for group, outcome in zip(groups, broken, strict=True) if outcome is None]
    costs = [100.0 * (plain.finish_rate - one.finish_rate) for group in whole for one in group]
    most = _most(max(costs, default=0.0))
    named = _named([outcome for outcome in broken if outcome is not None])
    if not named:
        return f"nothing breaks it clearly: nothing costs it {most}"
    rest = f"; nothing else costs it {most}" if costs else ""
    return f"what breaks it: {', '.join(named)}{rest}"


def _most(cost: float) -> str:
    """Return the largest cost in words, ``more than 5 of 100 laps``; it is in laps of 100."""
    return f"more than {math.ceil(cost - 1e-9)} of 100 laps" if cost > 1e-9 else "a lap"


def _groups(found: Robustness) -> list[list[RobustnessOutcome]]:
    """Return the outcomes that belong together, the weakest first: of a factor, of a place.

    All factors on other roads are judged in the tables: they repeat what is said of both.
    """
    groups: dict[tuple[str, str], list[RobustnessOutcome]] = {}
    for one in found.outcomes:
        where = one.condition
        if where.strength > 0.0 if where.place == OWN else where.factor == PLAIN:
            groups.setdefault((where.place, where.factor), []).append(one)
    return [sorted(group, key=lambda one: one.condition.strength) for group in groups.values()]


def _first_broken(
    group: Sequence[RobustnessOutcome], plain: RobustnessOutcome
) -> RobustnessOutcome | None:
    """Return the weakest outcome that is clearly worse than the plain one."""
    return next((one for one in group if one.interval[1] < plain.interval[0]), None)


def _named(broken: Sequence[RobustnessOutcome]) -> list[str]:
    """Return what breaks it in words: first the factors, those first that do it soonest."""
    alone = [one for one in broken if one.condition.factor not in (PLAIN, ALL)]
    alone.sort(key=lambda one: (one.condition.strength, one.finish_rate))
    words = [_words(one) for one in alone[:MOST]]
    if len(alone) > MOST:
        words.append(f"{len(alone) - MOST} more factors")
    return words + [_words(one) for one in broken if one not in alone]


def _words(outcome: RobustnessOutcome) -> str:
    return f"{condition_words(outcome)} ({_of(outcome)})"


def condition_words(outcome: RobustnessOutcome) -> str:
    """Return a condition in words: ``line color at 0.5``, ``10 roads it never saw``."""
    where = outcome.condition
    if where.factor == PLAIN:
        return place_words(outcome)
    factor = "all together" if where.factor == ALL else where.factor.replace("_", " ")
    there = "" if where.place == OWN else f"{place_words(outcome)}, "
    return f"{there}{factor} at {where.strength:.3g}"


def place_words(outcome: RobustnessOutcome) -> str:
    """Return in words where a condition was driven."""
    place, n = outcome.condition.place, len(outcome.roads)
    if place == OWN:
        return "its own road" if n == 1 else f"its {n} own roads"
    if place.startswith(GIVEN):
        return outcome.roads[0].road
    return "a road it never saw" if n == 1 else f"{n} roads it never saw"


def _of(outcome: RobustnessOutcome) -> str:
    return f"{outcome.finished} of {outcome.trials}"

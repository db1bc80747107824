"""Says in sentences how reward functions rank: who is fastest, and who cannot be told apart.

The reward functions are put into tiers: each of a tier is clearly better than each of the tiers
below it. Within a tier some may still be clearly better than others, which is then said.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from racer.studies.pairs import Pair, Seeds, count_successes, lap_times
from racer.studies.scores import FEWEST_SEEDS
from racer.studies.verdict_words import NOTHING, and_list, seed_count

WIDE = 1.25
"""A slowest lap by so much longer than the fastest is said: the result depends on luck."""

_PLACES = ("second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def ranking_sentence(pairs: Sequence[Pair], order: Sequence[str], seeds: Seeds) -> str:
    """Return what may be claimed under a condition: of one pair all, of several how they rank.

    Args:
        pairs: all of the condition.
        order: the names in the order to speak of them, best first.
        seeds: of each name.
    """
    if not pairs:
        return NOTHING
    if len(pairs) == 1:
        return pairs[0].sentence
    if not any(pair.is_tested for pair in pairs):
        return f"No verdict: too few seeds, train at least {FEWEST_SEEDS} of each."
    decided = [pair for pair in pairs if pair.is_decided]
    if not decided:
        return f"Not enough evidence between any two of {and_list(order)}.{_advice(pairs)}"
    better = {(pair.winner, pair.other(pair.winner)) for pair in decided if pair.winner}
    weak = "Weak evidence: " if any(pair.is_weak for pair in decided) else ""
    is_complete = len(pairs) == len(order) * (len(order) - 1) // 2
    claims = list(_claims(_tiers(order, better), better, seeds, is_complete=is_complete))
    return f"{weak}{'; '.join(claims)}.{_advice(pairs)}"


def _tiers(order: Sequence[str], better: set[tuple[str, str]]) -> list[list[str]]:
    """Return the names in tiers: all of one are clearly better than all of those below it."""
    tiers, rest = [], list(order)
    while rest:
        size = next(
            n
            for n in range(1, len(rest) + 1)
            if all((a, b) in better for a in rest[:n] for b in rest[n:])
        )
        tiers.append(rest[:size])
        rest = rest[size:]
    return tiers


def _claims(
    tiers: Sequence[Sequence[str]],
    better: set[tuple[str, str]],
    seeds: Seeds,
    *,
    is_complete: bool,
) -> Iterator[str]:
    """Yield a claim a tier, and those within tiers."""
    all_finish = all(count_successes(scores) == len(scores) for scores in seeds.values())
    place = 0
    for k, tier in enumerate(tiers):
        if len(tier) == 1:
            (name,) = tier
            first = "is fastest" if all_finish else "is best"
            word = first if place == 0 else _PLACES[min(place, len(_PLACES)) - 1]
            below = tiers[k + 1] if k + 1 < len(tiers) else ()
            yield f"{name} {word} ({_facts(name, below, seeds)})"
        else:
            within = [pair for pair in better if set(pair) <= set(tier)]
            for name in tier:
                losers = [other for other in tier if (name, other) in within]
                if losers:
                    yield f"{name} is better than {and_list(losers)}"
            open_pairs = [
                (a, b)
                for i, a in enumerate(tier)
                for b in tier[i + 1 :]
                if (a, b) not in within and (b, a) not in within
            ]
            if not within:
                ahead = "are ahead, and " if place == 0 and len(tiers) > 1 else ""
                yield f"{and_list(tier)} {ahead}cannot be told apart{_times(tier, seeds)}"
            elif is_complete:
                texts = [and_list(pair) for pair in open_pairs]
                yield f"not to be told apart are {', '.join(texts)}"
        place += len(tier)


def _facts(name: str, below: Sequence[str], seeds: Seeds) -> str:
    """Return lap time, its spread, and how it stands to the next tier."""
    times, n = lap_times(seeds[name]), len(seeds[name])
    if len(times) < n:
        finishing = f"{len(times)} of {n} seeds finish"
        return finishing if not times else f"{finishing}, {np.median(times):.1f} s"
    text = f"{np.median(times):.1f} s"
    slower = [float(np.median(lap_times(seeds[one]))) for one in below if lap_times(seeds[one])]
    if max(times) > WIDE * min(times):
        text += f", {min(times):.1f} to {max(times):.1f}: it depends on luck"
    elif slower:
        text += f", {_share(float(np.median(times)) / min(slower))} the time of {and_list(below)}"
    return text


def _share(ratio: float) -> str:
    """Return a ratio of times in words."""
    return "half" if 0.45 <= ratio <= 0.55 else f"{100.0 * ratio:.0f} % of"


def _times(tier: Sequence[str], seeds: Seeds) -> str:
    """Return the lap times of those that cannot be told apart."""
    known = [float(np.median(times)) for name in tier if (times := lap_times(seeds[name]))]
    return f" ({min(known):.1f} to {max(known):.1f} s)" if known else ""


def _advice(pairs: Sequence[Pair]) -> str:
    """Return how many more seeds would settle some pair that is open."""
    wanted = [
        (pair.more_seeds, pair)
        for pair in pairs
        if not pair.is_decided and pair.more_seeds is not None
    ]
    if not wanted:
        return ""
    more, pair = min(wanted, key=lambda one: one[0])
    count = seed_count(more)
    return f" About {count} of each would likely settle {pair.first} and {pair.second}."

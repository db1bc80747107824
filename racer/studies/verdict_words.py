"""Says in words what a comparison may claim."""

from collections.abc import Sequence

from racer.studies.pairs import Pair
from racer.studies.scores import FEWEST_SEEDS

NOTHING = "Nothing to compare: fewer than two reward functions were trained."


FEWEST_LAPPING = 3
"""Seeds that must finish before a word is said on lap times."""


def pair_sentence(pair: Pair) -> str:
    """Return what may be claimed about a pair, with the figures that it rests on."""
    a, b = pair.first, pair.second
    if not pair.is_tested:
        return (
            f"No verdict between {a} and {b}: {seeds_text(pair)} are too few, "
            f"train at least {FEWEST_SEEDS} of each."
        )
    if pair.winner is None:
        more = pair.more_seeds
        hint = "" if more is None else f"; about {seed_count(more)} of each would likely settle it"
        return f"Not enough evidence between {a} and {b}{hint}."
    weak = f"Weak evidence ({seeds_text(pair)}): " if pair.is_weak else ""
    verdict = f"{weak}{pair.winner} is better than {pair.other(pair.winner)}"
    return f"{verdict}: {_duels(pair, pair.winner)}. {_how(pair, pair.winner)}"


def seeds_text(pair: Pair) -> str:
    """Return how many seeds each of a pair has."""
    if pair.n_first == pair.n_second:
        return f"{pair.n_first} seed{'' if pair.n_first == 1 else 's'} each"
    return f"{pair.n_first} and {pair.n_second} seeds"


def agreement_sentence(pair: Pair, others: Sequence[Pair]) -> str:
    """Return how many other conditions agree with a verdict.

    Args:
        pair: of the main condition, with a winner.
        others: the same two under each other condition in which they were compared.
    """
    winner = pair.winner or ""
    loser = pair.other(winner)
    agree = sum(one.winner == winner for one in others)
    against = sum(one.winner == loser for one in others)
    n = len(others)
    if n == 0:
        return "They were not compared under another condition."
    which = f"{agree} of {n} other conditions {'agrees' if n == 1 else 'agree'}"
    opposite = f", {against} {'says' if against == 1 else 'say'} the opposite" if against else ""
    return f"{which} that {winner} is better than {loser}{opposite}."


def and_list(names: Sequence[str]) -> str:
    """Return ``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def percent_text(share: float) -> str:
    """Return a share in whole percent; 100 and 0 only where they are exact."""
    rounded = round(100 * share)
    if 0 < share < 1:
        rounded = min(max(rounded, 1), 99)
    return f"{rounded} %"


def _duels(pair: Pair, name: str) -> str:
    """Return how often a seed of the named one beats one of the other."""
    share = 0.5 if pair.beats is None else pair.beats
    share = share if name == pair.first else 1 - share
    return f"its seeds beat the other's in {percent_text(share)} of all duels"


def _how(pair: Pair, name: str) -> str:
    """Return how the difference came about: what was seen, not what was tested."""
    finishing = {
        pair.first: (pair.succeeded_first, pair.n_first),
        pair.second: (pair.succeeded_second, pair.n_second),
    }
    other = pair.other(name)
    counts = "{}/{} against {}/{} seeds finish".format(*finishing[name], *finishing[other])
    return f"{counts}; {_lap_times(pair, name)}."


def _lap_times(pair: Pair, name: str) -> str:
    """Return the lap times of the seeds that succeed, the named one first."""
    times = {pair.first: pair.lap_time_first, pair.second: pair.lap_time_second}
    n_finishing = {pair.first: pair.succeeded_first, pair.second: pair.succeeded_second}
    few = [one for one, n in n_finishing.items() if n < FEWEST_LAPPING]
    if few:
        return f"too few of {and_list(few)} finish to compare lap times"
    return f"they lap in {times[name]:.2f} s against {times[pair.other(name)]:.2f} s"


def seed_count(more: int) -> str:
    """Return ``1 more seed`` or ``7 more seeds``."""
    return f"{more} more seed{'' if more == 1 else 's'}"

"""Says in words what a comparison may claim."""

from collections.abc import Sequence

from racer.studies.pairs import FEWEST_SEEDS, MOST_MORE, Pair

NOTHING = "Nothing to compare: fewer than two reward functions were trained."


FEWEST_LAPPING = 3
"""Seeds that must finish before a word is said on lap times."""


def pair_sentence(pair: Pair) -> str:
    """Return what may be claimed about a pair, with the figures that it rests on."""
    a, b = pair.first, pair.second
    if pair.tests is None:
        return (
            f"No verdict between {a} and {b}: {seeds_text(pair)} are too few, "
            f"train at least {FEWEST_SEEDS} of each."
        )
    if not pair.is_decided:
        return f"Not enough evidence between {a} and {b}; {_more(pair.more_seeds)}."
    weak = f"Weak evidence ({seeds_text(pair)}): " if pair.is_weak else ""
    reasons = []
    if pair.finishes_more:
        reasons.append(f"finishes more often ({_successes(pair, pair.finishes_more)})")
    if pair.ranks_higher:
        reasons.append(f"is ranked higher ({_wins(pair, pair.ranks_higher)})")
    if pair.winner is None:
        return (
            f"{weak}{pair.finishes_more} {reasons[0]}, but {pair.ranks_higher} {reasons[1]}: "
            "look at the seeds."
        )
    why = " and ".join(reasons)
    verdict = f"{weak}{pair.winner} is better than {pair.other(pair.winner)}: it {why}."
    return f"{verdict} {_lap_times(pair)}"


def seeds_text(pair: Pair) -> str:
    """Return how many seeds each of a pair has."""
    if pair.n_first == pair.n_second:
        return f"{pair.n_first} seed{'' if pair.n_first == 1 else 's'} each"
    return f"{pair.n_first} and {pair.n_second} seeds"


def summary_sentence(pairs: Sequence[Pair], order: Sequence[str]) -> str:
    """Return what may be claimed under a condition: of one pair all, of several what was found.

    Args:
        pairs: all of the condition.
        order: the names in the order to speak of them.
    """
    if not pairs:
        return NOTHING
    if len(pairs) == 1:
        return pairs[0].sentence
    if all(pair.tests is None for pair in pairs):
        return f"No verdict: too few seeds, train at least {FEWEST_SEEDS} of each."
    decided = [pair for pair in pairs if pair.is_decided]
    open_pairs = [_open(pair) for pair in pairs if not pair.is_decided]
    if not decided:
        return f"Not enough evidence between any two of {and_list(order)}."
    weak = "Weak evidence: " if any(pair.is_weak for pair in decided) else ""
    claims = []
    for name in order:
        beaten = {pair.other(name) for pair in decided if pair.winner == name}
        if beaten:
            losers = [other for other in order if other in beaten]
            claims.append(f"{name} is better than {and_list(losers)}")
    claims += [
        f"{pair.finishes_more} finishes more often than {pair.ranks_higher}, which is ranked higher"
        for pair in decided
        if pair.is_mixed
    ]
    rest = f" Not enough evidence between {'; between '.join(open_pairs)}." if open_pairs else ""
    return f"{weak}{'; '.join(claims)}.{rest}"


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


def _successes(pair: Pair, name: str) -> str:
    """Return ``9/10 against 4/10 seeds``, the named one first."""
    both = [f"{pair.succeeded_first}/{pair.n_first}", f"{pair.succeeded_second}/{pair.n_second}"]
    return " against ".join(both if name == pair.first else both[::-1]) + " seeds"


def _wins(pair: Pair, name: str) -> str:
    """Return how often a seed of the named one beats one of the other."""
    share = 0.5 if pair.beats is None else pair.beats
    share = share if name == pair.first else 1 - share
    return f"its seeds beat the other's in {percent_text(share)} of all duels"


def _lap_times(pair: Pair) -> str:
    """Return what is known of the lap times of the seeds that succeed."""
    times = {pair.first: pair.lap_time_first, pair.second: pair.lap_time_second}
    known = {name: time for name, time in times.items() if time is not None}
    if not known:
        return "No seed of either finishes, so lap times cannot be compared."
    if len(known) == 1:
        (name,) = known
        return f"No seed of {pair.other(name)} finishes, so lap times cannot be compared."
    n_finishing = {pair.first: pair.succeeded_first, pair.second: pair.succeeded_second}
    if min(n_finishing.values()) < FEWEST_LAPPING:
        few = and_list([name for name, n in n_finishing.items() if n < FEWEST_LAPPING])
        return f"Too few seeds of {few} finish to compare lap times."
    if pair.laps_faster is None:
        figures = ", ".join(f"{name} {time:.2f} s" for name, time in known.items())
        return f"No clear difference in lap time among those that finish ({figures})."
    fast, slow = known[pair.laps_faster], known[pair.other(pair.laps_faster)]
    return (
        f"Among those that finish, {pair.laps_faster} laps faster ({fast:.2f} s against "
        f"{slow:.2f} s)."
    )


def _more(more: int | None) -> str:
    """Return how many more seeds would likely settle a pair."""
    if more is None:
        return f"it would take more than {MOST_MORE} more seeds, so treat them as equal"
    return f"about {more} more seed{'' if more == 1 else 's'} of each would likely settle it"


def _open(pair: Pair) -> str:
    """Return an undecided pair and how many seeds it wants, in short."""
    if pair.tests is None:
        wants = "too few seeds"
    elif pair.more_seeds is None:
        wants = f"more than {MOST_MORE} more seeds: treat them as equal"
    else:
        wants = f"about {pair.more_seeds} more seed{'' if pair.more_seeds == 1 else 's'}"
    return f"{pair.first} and {pair.second} ({wants})"

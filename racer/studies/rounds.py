"""Stopping when it is clear: seeds are added in rounds, and after each one may look.

Each look spends a share of the 5 % by which equal reward functions may get a verdict: the first one
35 %, each further one 65 % of the one before. All shares together, however many looks there are,
are 100 %; so the chance of any false alarm at any look is at most 5 % (Bonferroni over the looks;
Lan & DeMets 1983, "Discrete sequential boundaries for clinical trials", call it alpha spending).

A pair that was clear once stays clear. A reward function all of whose pairs are clear gets no more
seeds. Everything follows from the scores: whoever looks at them again makes the same looks, so that
a comparison that goes on spends none twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from racer.studies.pairs import ALPHA, Pair, Seeds, compare_pairs
from racer.studies.scores import FEWEST_SEEDS, SeedScore

ROUNDS = (FEWEST_SEEDS, 8, 12, 18, 27, 40)
"""Seeds of each reward function that is still open, after each round."""

_FIRST_SHARE, _DECAY = 0.35, 0.65


@dataclass(frozen=True)
class Look:
    """What was decided after a round."""

    n_seeds: Mapping[str, int]
    """Of each reward function."""
    level: float
    """What the corrected p-values were held against."""
    decided: tuple[tuple[str, str], ...]
    """The pairs that became clear at this look, the better one first."""


@dataclass(frozen=True)
class Progress:
    """How far a comparison has come that goes on until it is clear."""

    looks: tuple[Look, ...]
    pairs: tuple[Pair, ...]
    """As they stand after the last look."""
    wanted: Mapping[str, int]
    """How many seeds each reward function shall have; those of an open one grow by rounds."""
    is_over: bool
    """Whether every pair is clear, or all rounds are done."""

    @property
    def is_all_clear(self) -> bool:
        """Whether every pair is clear."""
        return bool(self.pairs) and all(pair.is_decided for pair in self.pairs)


def level_of_look(number: int, alpha: float = ALPHA) -> float:
    """Return the level of a look, counted from 0; over any number of looks at most ``alpha``."""
    return alpha * _FIRST_SHARE * _DECAY**number


def progress(seeds: Seeds, *, most: int = ROUNDS[-1], alpha: float = ALPHA) -> Progress:
    """Return the looks that the scores allow, and what is to be trained next.

    Args:
        seeds: of each reward function, in the order of their seeds; more than a look uses may be
            there, of a round that has not ended.
        most: seeds of each reward function at the end.
        alpha: how often equal reward functions may get a verdict at any look.
    """
    rounds = [*(n for n in ROUNDS if n < most), most]
    wanted = dict.fromkeys(seeds, rounds[0])
    clear: dict[frozenset[str], str] = {}
    looks: list[Look] = []
    is_over = False
    for number, n in enumerate(rounds):
        is_open = _open_names(seeds, clear) if number else list(seeds)
        wanted |= dict.fromkeys(is_open, n)
        is_over = not is_open
        if is_over or any(len(seeds[name]) < wanted[name] for name in seeds):
            break
        look = _look(_first(seeds, wanted), level_of_look(number, alpha), clear)
        clear |= {frozenset(pair): pair[0] for pair in look.decided}
        looks.append(look)
    else:
        is_over = True
    pairs: tuple[Pair, ...] = ()
    if looks:
        shown = _first(seeds, looks[-1].n_seeds)
        found = compare_pairs(shown, alpha=looks[-1].level)
        pairs = tuple(_kept(pair, clear) for pair in found)
    return Progress(tuple(looks), pairs, wanted, is_over)


def _first(seeds: Seeds, counts: Mapping[str, int]) -> dict[str, Sequence[SeedScore]]:
    """Return the first so many seeds of each reward function."""
    return {name: scores[: counts[name]] for name, scores in seeds.items()}


def _look(seeds: Seeds, level: float, clear: Mapping[frozenset[str], str]) -> Look:
    """Return what becomes clear at a look and was not before."""
    decided = tuple(
        (pair.winner, pair.other(pair.winner))
        for pair in compare_pairs(seeds, alpha=level, details=False)
        if pair.winner is not None and frozenset((pair.first, pair.second)) not in clear
    )
    return Look({name: len(scores) for name, scores in seeds.items()}, level, decided)


def _open_names(names: Iterable[str], clear: Mapping[frozenset[str], str]) -> list[str]:
    """Return the reward functions with a pair that is not clear."""
    every = list(names)
    return [a for a in every if any(frozenset((a, b)) not in clear for b in every if b != a)]


def _kept(pair: Pair, clear: Mapping[frozenset[str], str]) -> Pair:
    """Return a pair with the verdict of the look at which it became clear."""
    winner = clear.get(frozenset((pair.first, pair.second)))
    return replace(pair, winner=winner, more_seeds=None if winner else pair.more_seeds)

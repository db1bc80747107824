"""What a comparison may claim: which reward function is better, or that nobody can tell yet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from racer.studies.advice import fewest_seeds
from racer.studies.pairs import ALPHA, ENOUGH_SEEDS, Pair, Seeds, compare_pairs, rank_seeds
from racer.studies.ranking_words import ranking_sentence
from racer.studies.rounds import progress
from racer.studies.scores import Condition, Scores
from racer.studies.seed_statistics import beats
from racer.studies.verdict_words import NOTHING, agreement_sentence, and_list, pair_sentence


@dataclass(frozen=True)
class ConditionVerdict:
    """What may be claimed under one condition."""

    condition: str
    order: tuple[str, ...]
    """The reward functions by how often their seeds beat the others', best first: no claim."""
    pairs: tuple[Pair, ...]
    sentence: str
    left_out: Mapping[str, str]
    """Reward functions that failed under this condition's learner, and why, in a line."""

    def pair(self, first: str, second: str) -> Pair | None:
        """Return what came of two names, in either order; None if they were not compared."""
        names = {first, second}
        return next((pair for pair in self.pairs if {pair.first, pair.second} == names), None)


@dataclass(frozen=True)
class Verdicts:
    """What a comparison may claim."""

    sentence: str
    """The main condition in words, and how many other conditions agree."""
    notes: tuple[str, ...]
    """What must be known beside it: who failed, which seeds are missing, weak evidence."""
    conditions: tuple[ConditionVerdict, ...]
    """The main one first."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return asdict(self)


def verdicts(scores: Scores, *, alpha: float = ALPHA, baseline: str | None = None) -> Verdicts:
    """Compare the reward functions under each condition.

    Where a reward function failed with any seed of a learner it is left out: the seeds that did not
    fail are no fair sample of it.

    Args:
        scores: what was measured.
        alpha: how often equal reward functions may get a verdict, under each condition.
        baseline: compare the others with this one only.
    """
    judged = tuple(_judge(scores, one, alpha, baseline) for one in scores.conditions)
    return Verdicts(
        sentence=_overall(judged),
        notes=tuple(_notes(scores, judged, alpha, baseline)),
        conditions=judged,
    )


def _judge(
    scores: Scores, condition: Condition, alpha: float, baseline: str | None
) -> ConditionVerdict:
    """Return what may be claimed under one condition."""
    left_out: dict[str, str] = {}
    for failure in scores.failures:
        if failure.learner == condition.learner:
            left_out.setdefault(failure.reward, failure.error)
    names = [name for name in scores.rewards if name not in left_out]
    seeds = {name: scores.of(name, condition.name) for name in names}
    if scores.until_clear is not None:
        found = progress(seeds, most=scores.until_clear, alpha=alpha).pairs
    else:
        found = compare_pairs(seeds, alpha=alpha, baseline=baseline)
    pairs = tuple(replace(pair, sentence=pair_sentence(pair)) for pair in found)
    order = _order(seeds)
    sentence = ranking_sentence(pairs, order, seeds)
    return ConditionVerdict(condition.name, order, pairs, sentence, left_out)


def _order(seeds: Seeds) -> tuple[str, ...]:
    """Return the names by how often their seeds beat those of the others, best first."""
    ranks = rank_seeds(seeds)

    def strength(name: str) -> float:
        others = [ranks[other] for other in seeds if other != name and ranks[other]]
        if not ranks[name] or not others:
            return -1.0
        return float(np.mean([beats(ranks[name], other) for other in others]))

    return tuple(sorted(seeds, key=strength, reverse=True))


def _overall(judged: Sequence[ConditionVerdict]) -> str:
    """Return the main condition in words, then how far the others agree."""
    if not judged or not judged[0].pairs:
        return NOTHING
    main, others = judged[0], judged[1:]
    if not others:
        return main.sentence
    lines = [f"Under {main.condition}: {main.sentence}"]
    won = [pair for pair in main.pairs if pair.winner is not None]
    for pair in won:
        found = [other.pair(pair.first, pair.second) for other in others]
        rest = [one for one in found if one is not None]
        lines.append(agreement_sentence(pair, rest))
    if not won:
        decided = [one for one in others if any(pair.is_decided for pair in one.pairs)]
        lines += [f"Under {one.condition}: {one.sentence}" for one in decided]
        if not decided:
            lines.append("Nor is there enough under another condition.")
    return " ".join(lines)


def _notes(
    scores: Scores, judged: Sequence[ConditionVerdict], alpha: float, baseline: str | None
) -> Iterator[str]:
    """Yield what must be known beside the verdict, a line each."""
    yield from _failure_notes(scores)
    main = judged[:1]
    if scores.until_clear is not None:
        yield from (_look_note(scores, one, scores.until_clear, alpha) for one in main)
        return
    if scores.earlier_looks:
        before = and_list([str(n) for n in scores.earlier_looks])
        yield (
            f"looked at before with {before} seeds: each look is another chance for luck, and 5 % "
            "holds for one; --until-clear counts them"
        )
    for name in (name for one in main for name in scores.rewards if name in one.order):
        missing = len(scores.seeds) - len(scores.of(name, main[0].condition))
        if missing > 0:
            yield f"{name}: {missing} of {len(scores.seeds)} seeds are missing: all is provisional"
    pairs = [pair for one in main for pair in one.pairs if pair.is_tested]
    if any(pair.is_weak for pair in pairs):
        yield f"fewer than {ENOUGH_SEEDS} seeds: whatever is found is weak evidence"
    if pairs:
        note = hopeless_note(len(main[0].order), len(scores.seeds), alpha, baseline is not None)
        if note is not None:
            yield note


def hopeless_note(
    n_rewards: int, n_seeds: int, alpha: float = ALPHA, is_against_one: bool = False
) -> str | None:
    """Say that no result could be clear, however the trainings end; None if one could.

    Args:
        n_rewards: reward functions that are compared.
        n_seeds: of each.
        alpha: of the verdicts.
        is_against_one: whether all are compared with one only.
    """
    fewest = fewest_seeds(n_rewards, alpha, is_against_one=is_against_one)
    if n_seeds >= fewest:
        return None
    return (
        f"{n_seeds} seeds each and {n_rewards} reward functions: no result could be clear among "
        f"so many pairs; it takes {fewest} seeds, or fewer functions"
    )


def _look_note(scores: Scores, main: ConditionVerdict, most: int, alpha: float) -> str:
    """Return how often was looked, and what of the 5 % that has spent."""
    seeds = {name: scores.of(name, main.condition) for name in main.order}
    found = progress(seeds, most=most, alpha=alpha)
    spent = sum(look.level for look in found.looks)
    looks = and_list([str(max(look.n_seeds.values())) for look in found.looks]) or "no"
    state = "all is clear" if found.is_all_clear else "not all is clear"
    end = "" if found.is_over else "; the same command goes on"
    return f"looked after {looks} seeds, which spent {100 * spent:.1f} of 5 %: {state}{end}"


def _failure_notes(scores: Scores) -> Iterator[str]:
    """Yield who failed and is left out, and under which learner if there are several."""
    learners = {condition.learner for condition in scores.conditions}
    told = set()
    for failure in scores.failures:
        if (failure.reward, failure.learner) in told:
            continue
        told.add((failure.reward, failure.learner))
        under = f" under {failure.learner}" if len(learners) > 1 else ""
        yield f"{failure.reward} failed{under} and is left out: {failure.error}"

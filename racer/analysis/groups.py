"""Sorts runs into groups that differ in nothing but their seed, and says what they are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from racer.naming import in_one_line
from racer.runs.record import RunRecord

Groups = Mapping[str, Sequence[RunRecord]]

# the keys of run.json that make two runs different ideas and not two seeds of one
SUBJECTS = (
    "algorithm", "reward", "reward_digest", "track", "vehicle", "observation", "actions",
    "hyperparameters",
)  # fmt: skip
_EDITED = "reward_digest"  # a reward function that was changed between runs: no words tell how
_BARE = ("algorithm", "reward", "track")  # said without the key: "ppo", not "algorithm ppo"
_MOST_PARTS = 3


def group_runs(runs: RunRecord | Iterable[RunRecord] | Groups) -> dict[str, list[RunRecord]]:
    """Sort runs into groups of seeds, each under a label that tells it from the others.

    Args:
        runs: one run, several, or groups that are labelled already.

    Returns:
        The groups, in the order of their first run. A label names what differs between the groups
        (``ppo``, ``learning_rate 0.01``); of a single group it is what ``describe`` says.
    """
    if isinstance(runs, RunRecord):
        runs = [runs]
    if isinstance(runs, Mapping):
        return {label: list(members) for label, members in runs.items()}
    found: dict[tuple[tuple[str, str], ...], list[RunRecord]] = {}
    for run in runs:
        found.setdefault(tuple(_facts(run).items()), []).append(run)
    facts = [dict(key) for key in found]
    names = dict.fromkeys(name for fact in facts for name in fact)
    differing = [name for name in names if len({fact.get(name, "") for fact in facts}) > 1]
    told = _told(facts, differing)
    groups: dict[str, list[RunRecord]] = {}
    for fact, members in zip(facts, found.values(), strict=True):
        label = (
            _say(fact, [name for name in told if name != _EDITED]) if told else group_title(members)
        )
        if _EDITED in told:
            label = f"{label} {members[0].name}".strip()
        groups[_unused(label, groups)] = members
    return groups


def group_title(runs: Iterable[RunRecord]) -> str:
    """Say what the runs have in common: ``vpg, center_line, reinvent_2018``; or the run's name."""
    runs = list(runs)
    facts = [_facts(run) for run in runs]
    common = [name for name in _BARE if len({fact.get(name, "") for fact in facts}) == 1]
    text = _say(facts[0], common) if facts else ""
    return text or ", ".join(dict.fromkeys(run.name for run in runs))


def _told(facts: Sequence[Mapping[str, str]], differing: Sequence[str]) -> list[str]:
    """Return the names that labels tell: what is said bare, and others until no two are equal.

    Two algorithms have other hyperparameters as a matter of course: naming them would only hide
    what the comparison is about.
    """
    told = [name for name in differing if name in _BARE]
    for name in (name for name in differing if name not in _BARE):
        if len({_say(fact, told) for fact in facts}) == len(facts):
            break
        told.append(name)
    return told


def _facts(run: RunRecord) -> dict[str, str]:
    """Return what a run is about, as a flat mapping of names to text."""
    facts = {
        name: PurePath(text).stem if name == "reward" else text
        for subject in SUBJECTS
        if subject in run.info
        for name, text in _flat(subject, run.info[subject])
    }
    if "track" in facts:
        facts["track"] = in_one_line(PurePath(name).stem for name in run.tracks)
    return facts


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the leaves of nested mappings, each under its own key; a list is one leaf."""
    if not isinstance(value, Mapping):
        yield name, str(value)
        return
    for key, inner in value.items():
        yield from _flat(str(key), inner)


def _say(fact: Mapping[str, str], names: Sequence[str]) -> str:
    """Return a few of the facts in words."""
    parts = [
        fact[name] if name in _BARE else f"{name} {fact[name]}" for name in names if name in fact
    ]
    parts = [part if len(part) <= 40 else part[:39] + "…" for part in parts]
    return ", ".join(parts if len(parts) <= _MOST_PARTS else [*parts[:_MOST_PARTS], "…"])


def _unused(label: str, groups: Mapping[str, Any]) -> str:
    """Return the label, numbered if another group has it already."""
    label = label or "defaults"
    number, unused = 1, label
    while unused in groups:
        number += 1
        unused = f"{label} ({number})"
    return unused

"""Sorts runs into groups that differ in nothing but their seed, and says what they are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from racer.algorithms.known import FROM_REWARDS
from racer.naming import in_one_line
from racer.runs.record import RunRecord

Groups = Mapping[str, Sequence[RunRecord]]

# the keys of run.json that make two runs different ideas and not two seeds of one
SUBJECTS = (
    "algorithm", "reward", "reward_digest", "track", "vehicle", "observation", "actions",
    "hyperparameters",
)  # fmt: skip
# settings that do not change what is learned, or that a subject says already
_NO_DIFFERENCE = frozenset({
    *SUBJECTS, "algo", "seed", "steps", "minutes", "until_finish", "eval_every", "eval_trials",
    "record",
})  # fmt: skip
_EDITED = "reward_digest"  # a reward function that was changed between runs: no words tell how
_BARE = ("algorithm", "reward", "track")  # said without the key: "ppo", not "algorithm ppo"
_LETTERS = 40  # of one setting in a label


def group_runs(runs: RunRecord | Iterable[RunRecord] | Groups) -> dict[str, list[RunRecord]]:
    """Sort runs into groups of seeds, each under a label that tells it from the others.

    Args:
        runs: one run, several, or groups that are labelled already.

    Returns:
        The groups, in the order of their first run. A label names all that differs between the
        groups (``ppo``, ``learning_rate 0.01``) and nothing else; of a single group it is its
        title.
    """
    if isinstance(runs, RunRecord):
        runs = [runs]
    if isinstance(runs, Mapping):
        return {label: list(members) for label, members in runs.items()}
    found: dict[frozenset[tuple[str, str]], list[RunRecord]] = {}
    for run in runs:
        found.setdefault(frozenset(_facts(run).items()), []).append(run)
    several = list(found.values())
    if len(several) == 1:
        return {group_title(several[0]) or "defaults": several[0]}
    labels = [
        _say(fact, [name for name in fact if name != _EDITED])
        for fact in _differences([members[0] for members in several])
    ]
    groups: dict[str, list[RunRecord]] = {}
    for label, members in zip(labels, several, strict=True):
        if labels.count(label) > 1:  # an edited reward function, or lists that are too long to say
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


def _facts(run: RunRecord) -> dict[str, str]:
    """Return what a run is about, as a flat mapping of names to text; what is None is left out."""
    facts = {
        name: PurePath(text).stem if name == "reward" else text
        for subject in SUBJECTS
        if subject in run.info
        for name, text in _flat(subject, run.info[subject])
    }
    if (words := _action_words(run.info.get("actions"))) is not None:
        for name, _ in _flat("actions", run.info["actions"]):
            del facts[name]
        facts["actions"] = words
    if "track" in facts:
        facts["track"] = in_one_line(PurePath(name).stem for name in run.tracks)
    config = run.info.get("config")
    rest = config if isinstance(config, Mapping) else {}
    for name, value in rest.items():
        if name not in _NO_DIFFERENCE:
            facts |= dict(_flat(name, value))
    return facts


def _action_words(actions: Any) -> str | None:
    """Return an action space in words; None where run.json has it in another form."""
    try:
        values = [np.asarray(actions[name], np.float64) for name in ("steering", "speed")]
        degrees, speed = np.degrees(np.abs(values[0]).max()), values[1].max()
        return f"{len(values[0])} up to {degrees:.3g}° and {speed:.3g}\N{NO-BREAK SPACE}m/s"
    except (TypeError, KeyError, ValueError, IndexError):
        return None


def _differences(runs: Sequence[RunRecord]) -> list[dict[str, str]]:
    """Return of each run what differs between them: of several algorithms no own defaults.

    Two algorithms have other hyperparameters as a matter of course: naming them would only hide
    what the comparison is about.
    """
    facts = [_facts(run) for run in runs]
    names = dict.fromkeys(name for fact in facts for name in fact)
    differing = [name for name in names if len({fact.get(name) for fact in facts}) > 1]
    told = [{name: fact[name] for name in differing if name in fact} for fact in facts]
    if "algorithm" in differing:
        for run, fact in zip(runs, told, strict=True):
            for name, text in _own_defaults(run).items():
                if fact.get(name) == text:
                    del fact[name]
    return told


def _own_defaults(run: RunRecord) -> dict[str, str]:
    """Return the hyperparameters of a run's algorithm by default, as ``_facts`` has them."""
    learner = FROM_REWARDS.get(str(run.info.get("algorithm", "")))
    return {} if learner is None else dict(_flat("", learner.settings().to_dict()))


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the leaves of nested mappings, each under its own key; a list is one leaf."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(str(key), inner)
    elif isinstance(value, tuple):
        yield name, str(list(value))
    elif value is not None:
        yield name, str(value)


def _say(fact: Mapping[str, str], names: Sequence[str]) -> str:
    """Return some of the facts in words."""
    parts = [
        fact[name] if name in _BARE else f"{name} {fact[name]}" for name in names if name in fact
    ]
    return ", ".join(
        part if len(part) <= _LETTERS else part[: _LETTERS - 1] + "…" for part in parts
    )


def _unused(label: str, groups: Mapping[str, Any]) -> str:
    """Return the label, numbered if another group has it already."""
    label = label or "defaults"
    number, unused = 1, label
    while unused in groups:
        number += 1
        unused = f"{label} ({number})"
    return unused

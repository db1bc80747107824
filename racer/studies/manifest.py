"""The folder of a comparison, and what it says about itself: ``compare.json``.

| file | what |
|---|---|
| compare.json | all that decides the result: settings, digests of files and of the simulator |
| runs/REWARD-LEARNER-sSEED/ | a run folder each, with ``outcome.json`` when it is done |
| workers.log | what a worker process wrote that ended by itself, if one did |
| report.html, … | what is drawn at the end |

The same comparison finds its folder again and continues in it. Nothing of another comparison is
ever taken for it: a reward file, a track or a setting that has changed is an error.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from racer.config.train_config import TrainConfig
from racer.errors import ConfigError, RunError
from racer.foreign import parse_json, read_text
from racer.kernels._jit import CACHE_FOLDER
from racer.runs.provenance import provenance
from racer.runs.run_folder import free_name, reserve_name, write_json
from racer.studies.plan import Plan, Road

COMPARISONS = Path("comparisons")
"""Where comparisons are written."""

MANIFEST = "compare.json"
"""Name of the file in a comparison's folder that says what is compared."""

_DECISIVE = ("racer", "torch", "stable-baselines3", "numpy")
_ABSENT = "nothing"
_ABOUT = "about"  # what is good to know and decides nothing


def plan_facts(plan: Plan, versions: dict[str, str]) -> dict[str, Any]:
    """Return all that decides the result of a comparison, as plain data.

    Args:
        plan: what is compared.
        versions: of the installed packages, by name.
    """
    return {
        "rewards": {one.name: one.digest for one in plan.contenders},
        "learners": {one.name: {"algo": one.algo, **one.settings()} for one in plan.learners},
        "also_track": {one.name: one.digest for one in plan.roads[1:]},
        "seeds": list(plan.seeds),
        **({"until_clear": True} if plan.until_clear else {}),
        **shared_content(plan.config, plan.roads[0], plan.trials, versions),
    }


def shared_content(
    config: TrainConfig, road: Road, trials: int, versions: dict[str, str]
) -> dict[str, Any]:
    """Return what decides the result of every study: settings, track, simulator, versions.

    Args:
        config: the settings that all trainings share.
        road: the one of the training.
        trials: laps of each evaluation.
        versions: of the installed packages, by name.
    """
    settings = config.model_dump(exclude={"reward", "algo", "hyperparameters", "seed", "track"})
    return {
        "track": road.name,
        "track file": road.digest,
        "settings": {**settings, "trials": trials},
        "simulator": CACHE_FOLDER.name if CACHE_FOLDER.name.startswith("kernels-") else "",
        "versions": {name: versions.get(name) for name in _DECISIVE},
    }


@dataclass(frozen=True)
class Kind:
    """What is kept in a folder."""

    noun: str
    manifest: str
    """Name of the file that says what it is."""


COMPARISON = Kind("comparison", MANIFEST)


def open_folder(plan: Plan, name: str | None, comparisons: Path = COMPARISONS) -> Path:
    """Return the folder of a comparison: the one it has begun in, or a new one.

    Args:
        plan: what is compared.
        name: of the folder; by default one that tells the reward functions, numbered.
        comparisons: the folder of all comparisons.

    Raises:
        ConfigError: if the name is no name of a folder.
        RunError: if something else has this name; the message says what differs.
    """
    about = provenance()
    content = plan_facts(plan, about["versions"])
    about["files"] = {one.name: one.source.label for one in plan.contenders}
    names = [one.name for one in plan.contenders]
    stem = "-vs-".join(names) if len(names) == 2 else f"{names[0]}-vs-{len(names) - 1}-others"
    return open_kind(COMPARISON, content, about, stem, name, comparisons)


def open_kind(
    kind: Kind,
    content: dict[str, Any],
    about: dict[str, Any],
    stem: str,
    name: str | None,
    parent: Path,
) -> Path:
    """Return the folder in which this has begun, or a new one.

    Args:
        kind: what it is to hold.
        content: all that decides the result.
        about: what is good to know and decides nothing.
        stem: of the folder's name where none is given.
        name: of the folder.
        parent: the folder of all such folders.

    Raises:
        ConfigError: if the name is no name of a folder.
        RunError: if something else has this name; the message says what differs.
    """
    if name is None:
        name = _unnamed(kind, stem, content, parent)
    elif name in ("", ".", "..") or Path(name).name != name:
        raise ConfigError(f"name: expected the name of a folder in {parent}, got '{name}'")
    folder = parent / name
    if folder.exists():
        _refuse_another(kind, folder, content, can_continue=_is_repeatable(content))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / kind.manifest, {**content, _ABOUT: about})
    except OSError as error:
        raise RunError(f"{folder}: the {kind.noun} cannot be written: {error.strerror}") from error
    return folder


def _is_repeatable(content: dict[str, Any]) -> bool:
    """Return whether it can be known that the same is compared: not so for Python functions."""
    return None not in content["rewards"].values()


def _unnamed(kind: Kind, stem: str, content: dict[str, Any], parent: Path) -> str:
    """Return the name of a folder in which the same has begun, or the next free one."""
    for folder in sorted(parent.glob(f"{stem}-[0-9][0-9][0-9]*")):
        earlier = read_manifest(folder, kind)
        if earlier and _is_repeatable(content) and not differences(earlier, content):
            return folder.name
    try:
        return reserve_name(parent, stem)
    except OSError as error:
        raise RunError(f"{parent}: the {kind.noun} cannot be written: {error.strerror}") from error


def read_manifest(folder: Path, kind: Kind = COMPARISON) -> dict[str, Any] | None:
    """Return what a folder says about itself; None if it is none of this kind."""
    try:
        content = parse_json(read_text(folder / kind.manifest))
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict) or not {"rewards", "seeds"} <= content.keys():
        return None
    content.pop(_ABOUT, None)
    return content


def _refuse_another(
    kind: Kind, folder: Path, content: dict[str, Any], *, can_continue: bool
) -> None:
    """Raise if a folder holds anything but this."""
    earlier = read_manifest(folder, kind)
    if earlier is None and (not folder.is_dir() or any(folder.iterdir())):
        raise RunError(f"{folder}: already there, and not a {kind.noun}: choose another --name")
    if earlier is None:
        return
    proposal = free_name(folder.parent, folder.name)
    if not can_continue:
        raise RunError(
            f"{folder}: already there, and whether a Python function is still the same cannot be "
            f"known: choose another name, such as {proposal}"
        )
    changed = differences(earlier, content)
    if changed:
        raise RunError(
            f"{folder}: was begun with something else: {'; '.join(changed)}; "
            f"choose another --name, such as {proposal}"
        )


def differences(earlier: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return a line for each thing that has changed; more seeds are no change, but a continuation.

    Args:
        earlier: what ``describe`` returned then.
        now: what it returns now.
    """
    lines = []
    before, after = _flat(earlier), _flat(now)
    if not set(earlier["seeds"]) <= set(now["seeds"]):
        lines.append(f"seeds {_seeds(earlier)}, now {_seeds(now)}")
    for key in sorted({*before, *after}):
        old, new = before.get(key, _ABSENT), after.get(key, _ABSENT)
        if old != new:
            lines.append(_difference(key, old, new))
    return list(dict.fromkeys(lines))


_NOUNS = {"rewards": "reward function", "also_track": "track", "learners": "learner"}


def _difference(key: tuple[str, ...], old: Any, new: Any) -> str:
    """Return one line for a value that has changed."""
    kind, *rest = key
    if kind == "simulator":
        return "the simulator is another version"
    if kind in _NOUNS and _ABSENT in (old, new):
        return f"{_NOUNS[kind]} {rest[0]} {'is new' if old == _ABSENT else 'is missing'}"
    if kind in ("rewards", "also_track", "track file"):
        return f"the file of {' '.join([_NOUNS.get(kind, 'the track'), *rest])} has changed"
    name = " ".join(rest) or kind
    if isinstance(old, dict) or isinstance(new, dict):
        return f"{name} has changed"
    return f"{name} was {old}, now {new}"


def _flat(content: dict[str, Any]) -> dict[tuple[str, ...], Any]:
    """Return the values of the groups by the path to them, without the seeds."""
    found: dict[tuple[str, ...], Any] = {}
    for kind, value in content.items():
        if kind == "learners":
            for name, settings in value.items():
                found |= {(kind, name, key): one for key, one in settings.items()}
        elif isinstance(value, dict):
            found |= {(kind, name): one for name, one in value.items()}
        elif kind != "seeds":
            found[(kind,)] = value
    return found


def _seeds(content: dict[str, Any]) -> str:
    seeds = content["seeds"]
    return f"{seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else str(seeds[0])

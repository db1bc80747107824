"""The folder of a search, and what it says about itself: ``tune.json``.

| file | what |
|---|---|
| tune.json | all that decides the result but the number of trials |
| study.db | the trials, for Optuna and its dashboard, unless they are kept elsewhere |
| trials/NUMBER/sSEED/ | a run folder each, with ``outcome.json`` when it is done |
| confirmation/ | the runs of the best and of the defaults, on fresh seeds |
| trials.csv, best.toml, unproven.toml, report.html | what came of it |
"""

from pathlib import Path
from typing import Any

from racer.runs.provenance import provenance
from racer.studies.manifest import Kind, open_kind, shared_content
from racer.studies.tune.tune_plan import TunePlan

TUNING = Path("tuning")
"""Where searches are written."""

CONFIRMATION = "confirmation"
"""Name of the folder of the runs that confirm; its lock is held by the process that confirms."""

STUDY = Kind("study", "tune.json")


def open_study(plan: TunePlan, name: str | None, tuning_dir: Path = TUNING) -> Path:
    """Return the folder of a search: the one it has begun in, or a new one.

    Args:
        plan: what is searched.
        name: of the folder; by default one that tells the reward function, numbered.
        tuning_dir: the folder of all searches.

    Raises:
        ConfigError: if the name is no name of a folder.
        RunError: if something else has this name; the message says what differs.
    """
    about = provenance()
    content: dict[str, Any] = {
        "rewards": {plan.source.name: plan.source.digest},
        "space": {one.name: one.text for one in plan.dimensions},
        "defaults": plan.defaults,
        **shared_content(plan.config, plan.road, plan.laps, about["versions"]),
        "algorithm": {"algo": plan.config.algo, **plan.config.hyperparameters},
        "search": {"sweep": plan.is_sweep, "n_seeds": len(plan.seeds)},
        "seeds": list(plan.seeds),
    }
    about["files"] = {plan.source.name: plan.source.label}
    stem = f"{plan.source.name}-{plan.config.algo}-{'sweep' if plan.is_sweep else 'tune'}"
    return open_kind(STUDY, content, about, stem, name, tuning_dir)

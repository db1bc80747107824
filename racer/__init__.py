"""racer: an open DeepRacer for a laptop.

The verbs of the command line, in Python::

    import racer

    run = racer.train("center_line", track="reinvent_2018", steps=100_000)
    print(run.evaluation.finish_rate, run.evaluation.median_lap_time)
    racer.watch(run, "lap.gif")

Importing racer imports nothing heavy: each name is fetched when it is first used. It also lets
``gymnasium.make("racer/TimeTrial-v0")`` find the environments (racer/gym.py).
"""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from racer.api import (
        Run,
        clone,
        distill,
        evaluate,
        export,
        export_car,
        export_sb3,
        load_run,
        plot,
        resume,
        train,
        watch,
        why,
    )
    from racer.api.robustness import robustness
    from racer.env import RacerEnv, RacerVectorEnv
    from racer.errors import RacerError
    from racer.reward import load_reward
    from racer.reward_lab import RewardCheck, check_reward
    from racer.studies.compare import Comparison, compare
    from racer.studies.tune.records import SearchResult
    from racer.studies.tune.tune import tune
    from racer.track import Track, load_track

__all__ = [
    "Comparison",
    "RacerEnv",
    "RacerError",
    "RacerVectorEnv",
    "RewardCheck",
    "Run",
    "SearchResult",
    "Track",
    "check_reward",
    "clone",
    "compare",
    "distill",
    "evaluate",
    "export",
    "export_car",
    "export_sb3",
    "load_reward",
    "load_run",
    "load_track",
    "plot",
    "resume",
    "robustness",
    "train",
    "tune",
    "watch",
    "why",
]

_HOMES = {
    "racer.api": (
        "Run",
        "clone",
        "distill",
        "evaluate",
        "export",
        "export_car",
        "export_sb3",
        "load_run",
        "plot",
        "resume",
        "train",
        "watch",
        "why",
    ),
    "racer.api.robustness": ("robustness",),
    "racer.env": ("RacerEnv", "RacerVectorEnv"),
    "racer.errors": ("RacerError",),
    "racer.reward": ("load_reward",),
    "racer.reward_lab": ("RewardCheck", "check_reward"),
    "racer.studies.compare": ("Comparison", "compare"),
    "racer.studies.tune.records": ("SearchResult",),
    "racer.studies.tune.tune": ("tune",),
    "racer.track": ("Track", "load_track"),
}
"""Which module each public name comes from."""

_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Fetch a public name when it is first used (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'racer' has no attribute '{name}'")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, for completion."""
    return sorted([*globals(), *__all__])


class _RegisterAfterGymnasium:
    """Registers the environments when somebody imports Gymnasium, once.

    ``gymnasium.make`` knows only what is registered, and Gymnasium loads no plugins. Importing it
    from here instead would be plainer, but nearly double what ``racer --help`` takes.
    """

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Hand Gymnasium's own spec on, with the registration after its execution."""
        if name != "gymnasium":
            return None
        sys.meta_path.remove(_RegisterAfterGymnasium)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_register(module: ModuleType) -> None:
                execute(module)
                importlib.import_module("racer.gym")

            spec.loader.exec_module = execute_and_register  # type: ignore[method-assign]
        return spec


if "gymnasium" in sys.modules:
    importlib.import_module("racer.gym")
else:
    sys.meta_path.insert(0, _RegisterAfterGymnasium)

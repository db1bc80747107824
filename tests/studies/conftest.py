"""A tiny comparison: few cars, few steps, an easy track."""

from collections.abc import Callable
from pathlib import Path

import pytest

from racer.config.train_config import TrainConfig
from racer.jobs import InProcessExecutor, Listener
from racer.studies.runner import TrainingFeed
from racer.studies.training import Outcome, Training

TINY = {
    "track": "oval", "n_envs": 4, "steps": 60, "eval_every": 100, "eval_trials": 2,
    "max_seconds": 4.0, "hyperparameters": {"episodes_per_update": 4},
}  # fmt: skip

SOURCES = {
    "good": "def reward_function(params):\n    return 1.0 - abs(params['distance_from_center'])\n",
    "other": "def reward_function(params):\n    return params['speed']\n",
    "unloadable": "import no_such_module\ndef reward_function(params):\n    return 1.0\n",
    "divides": "def reward_function(params):\n    return 1.0 / (params['steps'] - 5.0)\n",
    "dies": "import os\ndef reward_function(params):\n    os._exit(7)\n",
    "loops": "def reward_function(params):\n    while True:\n        pass\n",
}


@pytest.fixture(scope="session")
def files(tmp_path_factory) -> dict[str, Path]:
    """Reward functions of all kinds, by name."""
    folder = tmp_path_factory.mktemp("rewards")
    for name, text in SOURCES.items():
        (folder / f"{name}.py").write_text(text)
    return {name: folder / f"{name}.py" for name in SOURCES}


@pytest.fixture(scope="session")
def tiny() -> TrainConfig:
    """Settings of a training of a second."""
    return TrainConfig.of(**TINY)


@pytest.fixture(scope="session")
def do() -> Callable[[Training], Outcome]:
    """Do a training in this process, as a study does it."""

    def train(training: Training) -> Outcome:
        feed = TrainingFeed([training], training.folder.parent, Listener())
        InProcessExecutor().run(feed, Listener())
        return feed.outcomes[training.folder]

    return train

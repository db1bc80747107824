"""What racer adds to the TensorBoard files of a run: evaluations, and what it was trained with."""

from collections.abc import Mapping
from typing import Any

from stable_baselines3.common.logger import HParam, Logger

from racer.config.train_config import TrainConfig
from racer.evaluation import Evaluation
from racer.naming import in_one_line

FIGURES = ("finish_rate", "completion", "median_lap_time", "best_lap_time")
"""What is shown of an evaluation, under ``eval/``."""

_SETTINGS = ("algo", "seed", "reward", "vehicle", "observe", "n_envs")


def show_evaluation(logger: Logger, evaluation: Evaluation, steps: int) -> None:
    """Write an evaluation's figures at the training step that it belongs to."""
    figures = {f"eval/{name}": getattr(evaluation, name) for name in FIGURES}
    _write(logger, {name: one for name, one in figures.items() if one is not None}, steps)


def show_settings(logger: Logger, config: TrainConfig, hyperparameters: Mapping[str, Any]) -> None:
    """Write what a run is trained with, so that TensorBoard's HPARAMS page lists it.

    Args:
        logger: of the run.
        config: its settings.
        hyperparameters: all of the algorithm's.
    """
    shown = {name: getattr(config, name) for name in _SETTINGS}
    values = {**shown, "track": in_one_line(config.track), **hyperparameters}
    metrics: dict[str, float] = {f"eval/{name}": 0.0 for name in FIGURES}
    plain = {name: _plain(value) for name, value in values.items()}
    _write(logger, {"hparams": HParam(plain, metrics)}, 0)


def _plain(value: Any) -> bool | int | float | str:
    """Return a value as TensorBoard's page takes it."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return value if isinstance(value, bool | int | float | str) else str(value).lower()


def _write(logger: Logger, values: dict[str, Any], steps: int) -> None:
    """Write at once: the logger's own rows wait for the end of the next rollout."""
    for output in logger.output_formats:
        output.write(values, dict.fromkeys(values, ()), steps)

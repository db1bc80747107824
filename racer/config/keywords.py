"""The keywords of ``racer.train`` and its like, so that a type checker sees a misspelt one.

What there is to set is declared once, in ``declaration.py``, and in the table of hyperparameters; a
test keeps these classes equal to both.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict


class DriveKeywords(TypedDict, total=False):
    """The settings of a drive: track, car, what it sees, random elements, episodes."""

    track: str | Path | Sequence[str | Path]
    track_scale: float
    reverse: bool
    drop_duplicates: bool
    vehicle: str
    observe: str
    image_size: str
    rgb: bool
    frame_stack: int
    lidar_form: str | None
    lidar_beams: int | None
    lidar_sectors: int | None
    lidar_values: int | None
    lidar_clip: float | None
    lidar_angle: float | None
    lidar_yaw: float | None
    randomize: float | Mapping[str, float] | str | Path
    max_seconds: float | None
    first_steps: int
    start_advance: float
    start_at: float | None


class FieldKeywords(DriveKeywords, total=False):
    """The settings of a training, but for those that functions take by name."""

    algo: str
    teacher: str | Path | None
    seed: int
    n_envs: int
    hyperparameters: Mapping[str, Any]
    steps: int | None
    minutes: float | None
    until_finish: float | None
    eval_every: int
    eval_trials: int
    record: bool


class SettingKeywords(FieldKeywords, total=False):
    """The same with the actions, files of settings, and hyperparameters under all their names."""

    actions: Any
    config_file: str | Path | None
    hyperparameter_file: str | Path | None
    learning_rate: float
    lr: float
    discount_factor: float
    gamma: float
    entropy: float
    beta_entropy: float
    ent_coef: float
    entropy_coefficient: float
    episodes_per_update: int
    num_episodes_between_training: int
    n_steps: int
    batch_size: int
    minibatch_size: int
    epochs: int
    num_epochs: int
    n_epochs: int
    loss_type: str
    value_loss: str
    baseline: str
    normalize_advantage: bool
    value_learning_rate: float
    value_weight: float
    vf_coef: float
    max_grad_norm: float
    gae_lambda: float
    clip_range: float
    clip_range_vf: float | None
    target_kl: float | None
    use_rms_prop: bool
    gradient_steps: int
    buffer_size: int
    learning_starts: int
    tau: float
    temperature: float | None
    sac_alpha: float | None
    target_entropy: float
    net_arch: Sequence[int] | str
    activation: str
    activation_fn: str
    network: str
    critic: str
    log_std_init: float
    # DeepRacer's, which have no effect here
    e_greedy_value: Any
    epsilon_steps: Any
    exploration_type: Any
    max_sample_count: Any
    sampling_frequency: Any
    stack_size: Any
    term_cond_avg_score: Any
    term_cond_max_episodes: Any

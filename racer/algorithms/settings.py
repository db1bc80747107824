"""The settings of each algorithm, with defaults that suit this simulator.

What a setting means stands in hyperparameter_table.py; the lines here say why the default is so.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Literal

from racer.algorithms.hyperparameter_table import BY_NAME, Hyperparameter, parse_value
from racer.errors import ConfigError, unknown_name


@dataclass(frozen=True)
class AlgorithmSettings:
    """What the settings of all algorithms have in common: they are checked when they are made."""

    algorithm: ClassVar[str]

    def __post_init__(self) -> None:
        """Parse and check every field by the table; a list from JSON becomes a tuple."""
        for field in fields(self):
            try:
                value = parse_value(BY_NAME[field.name], getattr(self, field.name))
            except ConfigError as error:
                raise ConfigError(f"{self.algorithm}: {field.name}: {error}") from None
            object.__setattr__(self, field.name, value)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON and TOML hold them: with lists for tuples."""
        plain = asdict(self)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in plain.items()}


@dataclass(frozen=True)
class VPGSettings(AlgorithmSettings):
    """Vanilla policy gradient, for 64 cars that drive an episode each."""

    algorithm: ClassVar[str] = "vpg"

    learning_rate: float = 0.01
    # large: there is only one step a batch
    discount_factor: float = 0.99
    # 100 steps, 6.7 s, ahead
    entropy: float = 0.0
    # sampled actions explore enough in the few updates that are needed
    episodes_per_update: int = 64
    # one for each car of the default training
    baseline: Literal["value", "mean", "none"] = "value"
    # the only one that can stand in for what a time limit cuts off
    normalize_advantage: bool = True
    # rewards of any size learn at the same rate
    value_learning_rate: float = 0.01
    # a regression, safe to do quickly
    epochs: int = 2
    # of the baseline, four predict a little better in twice the time; the policy makes one step a
    # batch whatever is set here
    batch_size: int = 1024
    # of the baseline: larger is quicker
    loss_type: Literal["mse", "huber"] = "mse"
    # the mean is what a baseline should predict; Huber leans to the median
    max_grad_norm: float = 0.5
    # Stable-Baselines3's
    net_arch: tuple[int, ...] = (64, 64)
    # Stable-Baselines3's for a vector of observations
    activation: Literal["tanh", "relu"] = "tanh"
    # Stable-Baselines3's
    network: Literal["small", "shallow"] = "small"
    # learns to lap as surely as DeepRacer's, in a fraction of the time
    critic: Literal["same", "state"] = "same"
    # as in DeepRacer
    log_std_init: float = 0.0
    # Stable-Baselines3's; Box actions reach from -1 to 1


@dataclass(frozen=True)
class PPOSettings(AlgorithmSettings):
    """Proximal policy optimization, for 64 cars."""

    algorithm: ClassVar[str] = "ppo"

    learning_rate: float = 1e-3
    # more than SB3's 3e-4: few updates are enough here
    discount_factor: float = 0.99
    # 100 steps, 6.7 s, ahead
    entropy: float = 0.0
    # SB3's
    n_steps: int = 64
    # with 64 cars 4,096 steps an update
    batch_size: int = 512
    # eight mini-batches an epoch
    epochs: int = 4
    # few enough that clipping seldom has to act
    gae_lambda: float = 0.95
    # SB3's and DeepRacer's
    clip_range: float = 0.2
    # SB3's and DeepRacer's
    clip_range_vf: float | None = None
    # SB3's; depends on the size of rewards
    target_kl: float | None = None
    # SB3's
    normalize_advantage: bool = True
    # SB3's
    value_weight: float = 0.5
    # SB3's
    loss_type: Literal["mse", "huber"] = "mse"
    # SB3's
    max_grad_norm: float = 0.5
    # SB3's
    net_arch: tuple[int, ...] = (64, 64)
    # SB3's for a vector of observations
    activation: Literal["tanh", "relu"] = "tanh"
    # SB3's
    network: Literal["small", "shallow"] = "small"
    # learns to lap as surely as DeepRacer's, in a fraction of the time
    critic: Literal["same", "state"] = "same"
    # as in DeepRacer
    log_std_init: float = 0.0
    # SB3's


@dataclass(frozen=True)
class A2CSettings(AlgorithmSettings):
    """Advantage actor-critic, for 64 cars."""

    algorithm: ClassVar[str] = "a2c"

    learning_rate: float = 2e-3
    # more than SB3's 7e-4: a batch from 64 cars is steadier than from the usual 8
    discount_factor: float = 0.99
    # 100 steps, 6.7 s, ahead
    entropy: float = 0.0
    # SB3's
    n_steps: int = 16
    # with 64 cars 1,024 steps an update
    gae_lambda: float = 0.95
    # less noise than SB3's 1.0
    normalize_advantage: bool = True
    # rewards of any size learn at the same rate
    value_weight: float = 0.5
    # SB3's
    loss_type: Literal["mse", "huber"] = "mse"
    # SB3's
    max_grad_norm: float = 0.5
    # SB3's
    use_rms_prop: bool = False
    # Adam is steadier in the first updates
    net_arch: tuple[int, ...] = (64, 64)
    # SB3's for a vector of observations
    activation: Literal["tanh", "relu"] = "tanh"
    # SB3's
    network: Literal["small", "shallow"] = "small"
    # learns to lap as surely as DeepRacer's, in a fraction of the time
    critic: Literal["same", "state"] = "same"
    # as in DeepRacer
    log_std_init: float = 0.0
    # SB3's


@dataclass(frozen=True)
class DaggerSettings(AlgorithmSettings):
    """Imitation of a teacher, for 64 cars."""

    algorithm: ClassVar[str] = "dagger"

    learning_rate: float = 5e-4
    # half of Adam's usual, with which the shallow network never laps from 160×120 pixels
    n_steps: int = 8
    # with 64 cars 512 states a turn: the student soon drives with what it has learned
    batch_size: int = 128
    # of all states
    epochs: int = 8
    # 32 mini-batches a turn
    max_grad_norm: float = 0.5
    # Stable-Baselines3's
    net_arch: tuple[int, ...] = (64, 64)
    # Stable-Baselines3's for a vector of observations
    activation: Literal["tanh", "relu"] = "tanh"
    # Stable-Baselines3's
    network: Literal["small", "shallow"] = "small"
    # drives as well as DeepRacer's, in a fraction of the time
    log_std_init: float = 0.0
    # Stable-Baselines3's


SETTINGS: dict[str, type[AlgorithmSettings]] = {
    settings.algorithm: settings for settings in (VPGSettings, PPOSettings, A2CSettings)
}
"""The settings class of each algorithm that learns from rewards."""


def settings_class(algorithm: str) -> type[AlgorithmSettings]:
    """Return the settings class of an algorithm; an unknown one is an error that lists them."""
    if algorithm == DaggerSettings.algorithm:
        return DaggerSettings
    if algorithm not in SETTINGS:
        raise ConfigError(unknown_name("algorithm", algorithm, list(SETTINGS)))
    return SETTINGS[algorithm]


def hyperparameters_of(algorithm: str) -> list[Hyperparameter]:
    """Return the rows of the table that an algorithm takes, in the order of its settings."""
    return [BY_NAME[field.name] for field in fields(settings_class(algorithm))]

"""The one table of hyperparameters: what each is called by whom, and which values it takes.

Three vocabularies meet here. The names in front are those of DeepRacer's 2019 workshop, where it
has one. DeepRacer's hyperparameters.json and Stable-Baselines3 have their own; all are understood.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from racer.errors import ConfigError

Kind: TypeAlias = Literal["number", "count", "switch", "choice", "sizes"]
Value: TypeAlias = float | int | bool | str | tuple[int, ...] | None


@dataclass(frozen=True)
class Hyperparameter:
    """One row of the table.

    Attributes:
        name: the name used in settings, flags and messages.
        help: one line for somebody who has never trained anything.
        kind: what a value is: a real number, a whole number, true or false, one of several words,
            or a list of whole numbers.
        deepracer: its key in DeepRacer's hyperparameters.json, or "".
        sb3: the argument of Stable-Baselines3's (and our VPG's) constructor, or "".
        aliases: other names that are understood.
        low: smallest value (of each item, for a list).
        high: largest value.
        above: the value must be above ``low``, not equal to it.
        optional: None ("none") switches it off.
        choices: every accepted spelling of a word and the word it stands for.
    """

    name: str
    help: str
    kind: Kind
    deepracer: str = ""
    sb3: str = ""
    aliases: tuple[str, ...] = ()
    low: float = 0.0
    high: float = math.inf
    above: bool = False
    optional: bool = False
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names that are understood, the one in front first, each once."""
        given = (self.name, self.deepracer, self.sb3, *self.aliases)
        return tuple(dict.fromkeys(name for name in given if name))

    @property
    def expectation(self) -> str:
        """Which values are accepted, in words."""
        if self.kind == "switch":
            return "true or false"
        if self.kind == "choice":
            return " or ".join(dict.fromkeys(word for _, word in self.choices))
        thing = {"number": "a number", "count": "a whole number", "sizes": "whole numbers"}
        words = f"{thing[self.kind]} {'above' if self.above else 'of at least'} {_plain(self.low)}"
        if self.high < math.inf:
            words += f" and at most {_plain(self.high)}"
        if self.kind == "sizes":
            words += ", such as 64,64"
        return words + (", or none" if self.optional else "")


TABLE: tuple[Hyperparameter, ...] = (
    Hyperparameter(
        "learning_rate",
        "Length of a learning step: too small learns slowly, too large forgets what was learned.",
        "number", deepracer="lr", sb3="learning_rate", above=True, high=1.0,
    ),
    Hyperparameter(
        "discount_factor",
        "How much a reward one step later is worth: 0.9 looks 10 steps ahead, 0.99 a hundred.",
        "number", deepracer="discount_factor", sb3="gamma", high=1.0,
    ),
    Hyperparameter(
        "entropy",
        "Bonus for varied actions: more keeps the car exploring, too much keeps it from driving.",
        "number", deepracer="beta_entropy", sb3="ent_coef", high=1.0,
        aliases=("entropy_coefficient",),
    ),
    Hyperparameter(
        "episodes_per_update",
        "Episodes to drive, over all cars, before the policy changes: more is steadier and slower.",
        "count", deepracer="num_episodes_between_training", sb3="episodes_per_update",
        low=1, high=100_000,
    ),
    Hyperparameter(
        "n_steps",
        "Steps each car drives before the policy changes, in the middle of an episode or not.",
        "count", sb3="n_steps", low=1, high=1_000_000,
    ),
    Hyperparameter(
        "batch_size",
        "Steps in one mini-batch: less is more, noisier learning steps.",
        "count", deepracer="batch_size", sb3="batch_size", low=2, high=10_000_000,
        aliases=("minibatch_size",),
    ),
    Hyperparameter(
        "epochs",
        "How often the driven steps are gone through before they are thrown away.",
        "count", deepracer="num_epochs", sb3="n_epochs", low=1, high=1000,
    ),
    Hyperparameter(
        "loss_type",
        "How errors in expected return count: mse squares them, huber is calm about outliers.",
        "choice", deepracer="loss_type", sb3="value_loss",
        choices=(
            ("mse", "mse"), ("mean squared error", "mse"), ("mean_squared_error", "mse"),
            ("huber", "huber"),
        ),
    ),
    Hyperparameter(
        "baseline",
        "What a return is compared with: a learned value, the mean at the same time, or none.",
        "choice", sb3="baseline",
        choices=(("value", "value"), ("mean", "mean"), ("none", "none")),
    ),
    Hyperparameter(
        "normalize_advantage",
        "Scale advantages to the same spread in each batch, whatever the size of rewards.",
        "switch", sb3="normalize_advantage",
    ),
    Hyperparameter(
        "value_learning_rate",
        "Length of a learning step of the baseline, which learns apart from the policy.",
        "number", sb3="value_learning_rate", above=True, high=1.0,
    ),
    Hyperparameter(
        "value_weight",
        "Weight of the error in expected return beside the policy's own loss.",
        "number", sb3="vf_coef", high=1000.0,
    ),
    Hyperparameter(
        "max_grad_norm",
        "The longest gradient that is followed; a longer one is shortened.",
        "number", sb3="max_grad_norm", above=True, high=1e6,
    ),
    Hyperparameter(
        "gae_lambda",
        "How far advantages trust rewards (1) rather than expected returns (0).",
        "number", sb3="gae_lambda", high=1.0,
    ),
    Hyperparameter(
        "clip_range",
        "How far the probability of an action may move in one update: 0.2 is by a fifth.",
        "number", sb3="clip_range", above=True, high=1.0,
    ),
    Hyperparameter(
        "clip_range_vf",
        "How far an expected return may move in one update, in the unit of the reward.",
        "number", sb3="clip_range_vf", above=True, optional=True,
    ),
    Hyperparameter(
        "target_kl",
        "Stop an update early once the policy has moved about this far.",
        "number", sb3="target_kl", above=True, high=10.0, optional=True,
    ),
    Hyperparameter(
        "use_rms_prop",
        "Learn with RMSProp, as A2C's authors did, rather than with Adam.",
        "switch", sb3="use_rms_prop",
    ),
    Hyperparameter(
        "gradient_steps",
        "Mini-batches to learn from after each drive, drawn from all steps that are remembered.",
        "count", sb3="gradient_steps", low=1, high=100_000,
    ),
    Hyperparameter(
        "buffer_size",
        "Steps that are remembered, the last ones, to learn from again and again.",
        "count", sb3="buffer_size", low=1_000, high=100_000,
    ),
    Hyperparameter(
        "learning_starts",
        "Steps that are driven at random before the learning starts.",
        "count", sb3="learning_starts", low=0, high=100_000,
    ),
    Hyperparameter(
        "tau",
        "Share of the value network that goes into its slow copy in each learning step.",
        "number", sb3="tau", above=True, high=1.0,
    ),
    Hyperparameter(
        "temperature",
        "What varied actions are worth beside reward; none: found by itself, for target_entropy.",
        "number", deepracer="sac_alpha", high=100.0, optional=True,
    ),
    Hyperparameter(
        "target_entropy",
        "How varied actions stay if temperature is found by itself: less is surer of one action.",
        "number", sb3="target_entropy", low=-20.0, high=2.0,
    ),
    Hyperparameter(
        "net_arch",
        "Sizes of the hidden layers of the policy and of the value network.",
        "sizes", sb3="net_arch", low=1, high=4096,
    ),
    Hyperparameter(
        "activation",
        "What the hidden layers' neurons compute.",
        "choice", sb3="activation_fn",
        choices=(("tanh", "tanh"), ("relu", "relu")),
    ),
    Hyperparameter(
        "network",
        "With a camera: the layers that look at pictures; shallow is DeepRacer's, and slower.",
        "choice", sb3="network",
        choices=(
            ("small", "small"), ("shallow", "shallow"),
            ("DEEP_CONVOLUTIONAL_NETWORK_SHALLOW", "shallow"),
        ),
    ),
    Hyperparameter(
        "critic",
        "With a camera: the value network sees the same as the policy, or the state (in training).",
        "choice", sb3="critic",
        choices=(("same", "same"), ("state", "state")),
    ),
    Hyperparameter(
        "log_std_init",
        "Continuous actions: logarithm of the spread of the first actions; 0 is a spread of 1.",
        "number", sb3="log_std_init", low=-10.0, high=2.0,
    ),
)  # fmt: skip

BY_NAME: dict[str, Hyperparameter] = {name: row for row in TABLE for name in row.names}
"""The row of each name that is understood."""

NO_EFFECT: dict[str, str] = {
    "stack_size": "observations are not stacked, and DeepRacer itself does not use it",
    "e_greedy_value": "actions are drawn from the policy, never at random beside it",
    "epsilon_steps": "actions are drawn from the policy, never at random beside it",
    "exploration_type": "actions are drawn from the policy, DeepRacer's 'categorical'",
    "sampling_frequency": "each step is learned from: it is of SageMaker's notebook",
    "max_sample_count": "each step is learned from: it is of SageMaker's notebook",
    "term_cond_max_episodes": "the length of a training is an option of the training",
    "term_cond_avg_score": "the length of a training is an option of the training",
}
"""Keys that real hyperparameters.json files hold, and why they do nothing here."""


def parse_value(row: Hyperparameter, value: object) -> Value:
    """Return a value as the row's kind, from Python, JSON, TOML or the command line.

    Args:
        row: the hyperparameter.
        value: a number, a word, a list of numbers, or any of these as a string ("1e-3").

    Raises:
        ConfigError: if it is of another kind or out of range; the message has no name in front.
    """
    if row.optional and (value is None or _word(value) in ("none", "null")):
        return None
    parsed: Value = None
    if row.kind == "number":
        parsed = _number(value)
    elif row.kind == "count":
        parsed = _whole(value)
    elif row.kind == "sizes":
        parsed = _sizes(value)
    elif row.kind == "switch":
        parsed = _switch(value)
    else:
        parsed = dict(row.choices).get(_word(value))
    if parsed is None or not _in_range(row, parsed):
        raise ConfigError(f"expected {row.expectation}, got {value!r}")
    return parsed


def _in_range(row: Hyperparameter, value: Any) -> bool:
    """Say whether a number, or each number of a list, is within the row's bounds."""
    if row.kind in ("choice", "switch"):
        return True
    numbers = value if isinstance(value, tuple) else (value,)
    return all(
        (number > row.low if row.above else number >= row.low) and number <= row.high
        for number in numbers
    )


def _plain(number: float) -> str:
    """Return a bound as a person would write it: 0.5, 64, 1,000,000."""
    return f"{number:g}" if abs(number) < 1e5 else f"{number:,.0f}"


def _word(value: object) -> str:
    return value.strip().lower() if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _whole(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number == int(number) else None


def _switch(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(
        _word(value)
    )


def _sizes(value: object) -> tuple[int, ...] | None:
    if isinstance(value, str):
        value = [part for part in value.strip("[]() ").split(",") if part.strip()]
    if not isinstance(value, list | tuple):
        return None
    sizes = tuple(_whole(item) for item in value)
    return None if None in sizes else sizes  # type: ignore[return-value]

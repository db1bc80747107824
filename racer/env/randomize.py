"""Random elements: what differs from car to car and episode to episode.

A policy that has driven among them is not made for one light, one camera and one motor.

Every factor has a strength: 0 is off, 1 is moderate, and more than 1 is allowed. What a factor
draws follows from the seed, the car and the number of its episode alone, so that it does not depend
on the number of cars and a training can be resumed.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from racer.env.factors import COLUMNS, FACTORS
from racer.errors import ConfigError, unknown_name
from racer.foreign import parse_toml, read_text
from racer.kernels.layout import Floats, Integers
from racer.kernels.random import Words, stream_keys, uniforms

MAX_STRENGTH = 3.0
"""The largest strength: beyond it nothing could be seen or driven."""

_DOMAIN = 0x52414E44  # keeps these streams apart from others of the same seed


@dataclass(frozen=True)
class Randomization:
    """The strength of every factor."""

    strengths: Mapping[str, float]

    @classmethod
    def of(cls, given: "float | Mapping[str, float] | Randomization") -> "Randomization":
        """Return the strengths that a number for all, or a table with some of them, stands for.

        Raises:
            ConfigError: for an unknown factor, or a strength that is negative or too large.
        """
        if isinstance(given, Randomization):
            return given
        table: dict[str, Any] = (
            dict(given) if isinstance(given, Mapping) else dict.fromkeys(FACTORS, given)
        )
        for name, strength in table.items():
            if name not in FACTORS:
                raise ConfigError("randomize: " + unknown_name("factor", name, list(FACTORS)))
            is_number = isinstance(strength, int | float) and not isinstance(strength, bool)
            if not is_number or not 0.0 <= strength <= MAX_STRENGTH:
                raise ConfigError(
                    f"randomize: {name}: expected a strength from 0 to {MAX_STRENGTH:g}, "
                    f"got {strength!r}"
                )
        return cls({name: float(table.get(name, 0.0)) for name in FACTORS})

    @property
    def is_off(self) -> bool:
        """Whether nothing is random."""
        return not any(self.strengths.values())

    def draw(self, seed: int | Words, cars: Integers, episodes: Integers) -> Floats:
        """Return the values of some episodes: (n, len(COLUMNS)), units as in ``FACTORS``.

        Args:
            seed: of the run, >= 0; or (n,) one a car.
            cars: (n,) indices of the cars.
            episodes: (n,) of each car, from 0.
        """
        keys = stream_keys(seed + _DOMAIN, cars)[:, np.newaxis]
        counters = episodes[:, np.newaxis] * len(COLUMNS) + np.arange(len(COLUMNS))
        draws = 2.0 * uniforms(keys, counters) - 1.0
        drawn, column = np.empty_like(draws), 0
        for name, factor in FACTORS.items():
            for number in factor.numbers:
                drawn[:, column] = number.value(self.strengths[name], draws[:, column])
                column += 1
        return drawn

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the numbers whose factors are on: what is recorded of a draw."""
        return tuple(
            number.name
            for name, factor in FACTORS.items()
            if self.strengths[name]
            for number in factor.numbers
        )

    def recorded(self, drawn: Floats) -> dict[str, float]:
        """Return the values of one episode, (len(COLUMNS),), as plain data by ``columns``."""
        return {name: float(drawn[COLUMNS.index(name)]) for name in self.columns}


def parse_strengths(text: str) -> float | dict[str, float]:
    """Return the strengths that a word of the command line stands for.

    Args:
        text: a number for all factors, ``grip=0.5,brightness=1``, or a TOML file with a table.

    Raises:
        ConfigError: if it is none of these.
    """
    try:
        return float(text)
    except ValueError:
        pass
    if text.endswith(".toml"):
        try:
            values = parse_toml(read_text(Path(text)))
        except FileNotFoundError as error:
            raise ConfigError(f"{text}: no such file") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise ConfigError(f"{text}: {error}") from error
        table: dict[str, float] = values.get("randomize", values)
        return table
    pairs = [part.partition("=") for part in text.split(",")]
    try:
        return {name.strip().replace("-", "_"): float(value) for name, _, value in pairs}
    except ValueError as error:
        raise ConfigError(
            f"randomize: expected a strength such as 1.0, factors such as grip=0.5,brightness=1, "
            f"or a .toml file, got {text!r}"
        ) from error

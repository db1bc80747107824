"""One name of a search for hyperparameters, and the values that are tried for it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Dimension:
    """One name of a search, and its values: a range or a choice."""

    name: str
    low: float = 0.0
    """Of a range."""
    high: float = 0.0
    choices: tuple[Any, ...] = ()
    """Of a choice; empty for a range. A list of sizes is a text: ``64,64``."""

    @property
    def is_log(self) -> bool:
        """Whether a range is searched by powers of ten."""
        return not self.choices and self.low > 0.0 and self.high / self.low >= 10.0

    @property
    def text(self) -> str:
        """As a user writes it after ``NAME=``."""
        if self.choices:
            return ",".join(map(str, self.choices))
        return f"{self.low:g}:{self.high:g}"

    def including(self, value: Any) -> "Dimension":
        """Return the dimension with a value that must be among its own."""
        if not self.choices:
            return Dimension(self.name, min(self.low, value), max(self.high, value))
        return (
            self if value in self.choices else Dimension(self.name, choices=(value, *self.choices))
        )


def between(name: str, low: float, high: float) -> Dimension:
    """Return a range."""
    return Dimension(name, low, high)


def among(name: str, *choices: Any) -> Dimension:
    """Return a choice."""
    return Dimension(name, choices=choices)


DISCOUNTS = among("discount_factor", 0.9, 0.95, 0.98, 0.99, 0.995)
ENTROPIES = among("entropy", 0.0, 0.001, 0.003, 0.01, 0.03)
LAMBDAS = among("gae_lambda", 0.8, 0.9, 0.95, 0.98, 1.0)

"""What the settings of all algorithms have in common.

What a setting means stands in hyperparameter_table.py; each algorithm's own file in ``known``
holds its defaults and says why they are so.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from racer.algorithms.hyperparameter_table import BY_NAME, parse_value
from racer.errors import ConfigError


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

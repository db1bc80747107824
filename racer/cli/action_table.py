"""An action space as a table."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from racer.vehicle import Actions

ACTION_COLUMNS = ("action", "steering", "speed")
"""Headings of the table."""


def action_table(actions: "Actions") -> dict[str, Any]:
    """Return headings and rows of an action space, as text."""
    return {"columns": list(ACTION_COLUMNS), "rows": action_rows(actions.table())}


def action_rows(rows: Iterable[Any]) -> list[list[str]]:
    """Return the rows of an action space as text.

    Args:
        rows: name, steering (degrees) and speed (m/s) of each action.
    """
    return [[str(name), f"{degrees:.3g}°", f"{speed:.3g} m/s"] for name, degrees, speed in rows]

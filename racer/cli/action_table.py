"""The action space as text, for the command and for the process that trains."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from racer.vehicle import Actions


def action_table(actions: "Actions") -> dict[str, Any]:
    """Return headings and rows of an action space, as text."""
    rows = [
        [str(name), f"{degrees:g}°", f"{speed:g} m/s"] for name, degrees, speed in actions.table()
    ]
    return {"columns": ["action", "steering", "speed"], "rows": rows}

"""``racer actions``: the action space as a table."""

from typing import Any

from racer.cli.action_table import action_table
from racer.cli.options import AsJson
from racer.cli.output import print_json, print_table
from racer.cli.setting_options import setting_options


@setting_options("actions")
def actions(as_json: AsJson = False, *, settings: dict[str, Any]) -> None:
    """List what the car can do: the steering angle and speed of each action."""
    from racer.vehicle import parse_actions

    made = parse_actions(settings.get("actions"))
    if as_json:
        print_json(made.to_metadata())
    else:
        table = action_table(made)
        print_table(table["columns"], table["rows"])

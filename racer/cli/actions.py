"""``racer actions``: the action space as a table."""

from typing import TYPE_CHECKING, Any

from racer.cli.options import (
    ActionSpace,
    AsJson,
    MaxSpeed,
    MaxSteering,
    SpeedGranularity,
    SteeringGranularity,
)
from racer.cli.output import print_json, print_table
from racer.cli.settings import make_actions

if TYPE_CHECKING:
    from racer.vehicle import Actions


def actions(
    max_speed: MaxSpeed = None,
    speed_granularity: SpeedGranularity = None,
    max_steering: MaxSteering = None,
    steering_granularity: SteeringGranularity = None,
    action_space: ActionSpace = None,
    as_json: AsJson = False,
) -> None:
    """List what the car can do: the steering angle and speed of each action."""
    from racer.vehicle import default_actions

    made = make_actions(
        max_speed, speed_granularity, max_steering, steering_granularity, action_space
    )
    made = default_actions() if made is None else made
    if as_json:
        print_json(made.to_metadata())
    else:
        print_actions(table_of(made))


def table_of(actions: "Actions") -> dict[str, Any]:
    """Return the headings and rows of an action space, as text that can travel as JSON."""
    from racer.vehicle import DiscreteActions

    if isinstance(actions, DiscreteActions):
        rows = [[str(i), f"{degrees:g}°", f"{speed:g} m/s"] for i, degrees, speed in actions.table()]
        return {"columns": ["action", "steering", "speed"], "rows": rows}
    return {"columns": [], "rows": []}


def print_actions(table: dict[str, Any], *, stderr: bool = False) -> None:
    """Print what ``table_of`` returned."""
    print_table(table["columns"], table["rows"], stderr=stderr)

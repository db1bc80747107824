"""``racer actions``: the action space as a table."""

from racer.cli.action_table import action_table
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
        table = action_table(made)
        print_table(table["columns"], table["rows"])

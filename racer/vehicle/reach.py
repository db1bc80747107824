"""What a user should know about commands: some cars cannot follow, or nobody has measured."""

import math

from racer.kernels.layout import VehicleParams
from racer.vehicle.actions import Actions
from racer.vehicle.params import DEEPRACER

MEASURED_SPEED = 2.5
"""The fastest command in any log of the version 6 simulator that the default car was fitted to."""


def command_notes(actions: Actions, car: VehicleParams) -> list[str]:
    """Return a line for each kind of command that a car cannot follow, or that no log holds."""
    rows = actions.table()
    speed, angle = max(row[2] for row in rows), max(abs(row[1]) for row in rows)
    limit = math.degrees(car.steering_limit)
    lines = []
    if speed > car.speed_max + 1e-9:
        lines.append(
            f"speeds above {car.speed_max:g} m/s are commanded, but the car goes no faster"
        )
    if car == DEEPRACER and speed > MEASURED_SPEED + 1e-9:
        lines.append(
            f"speeds above {MEASURED_SPEED:g} m/s are commanded, and no log of version 6 is "
            "faster: what this car does there is extrapolated"
        )
    if angle > limit + 1e-9:
        lines.append(f"angles above {limit:.0f}° are commanded, but the car steers no further")
    return lines

"""What a car's motion depends on, as a run keeps it, and what has changed since."""

import math
from collections.abc import Mapping
from typing import Any

from racer.kernels.layout import VehicleParams
from racer.kernels.vehicle import EQUATIONS

_NAMED = 3  # so many changed parameters are told one by one


def physics_of(car: VehicleParams) -> dict[str, Any]:
    """Return the version of the equations and the car's parameters as plain data.

    A parameter without limit is None, since JSON has no infinity.
    """
    values = {k: v if math.isfinite(v) else None for k, v in car._asdict().items()}
    return {"equations": EQUATIONS, "vehicle": values}


def physics_changes(then: Mapping[str, Any] | None, car: VehicleParams) -> str:
    """Return in words what makes a car move otherwise than in a run; "" if nothing does.

    Args:
        then: what ``physics_of`` gave when the run was made; None of a run that did not keep it,
            whose equations were the first.
        car: of today.
    """
    now = physics_of(car)
    before = 1 if then is None else then["equations"]
    if then is None or before != EQUATIONS:
        return f"version {EQUATIONS} of the car's equations, not {before}"
    old, new = then["vehicle"], now["vehicle"]
    changed = [
        f"{name} {_number(value)}, not {_number(old.get(name))}"
        for name, value in new.items()
        if old.get(name) != value
    ]
    more = len(changed) - _NAMED
    return "; ".join(changed[:_NAMED] + ([f"and {more} more"] if more > 0 else []))


def _number(value: float | None) -> str:
    return "without limit" if value is None else f"{value:.4g}"

"""How fast a car could go: the time-optimal lap, and a reference lap that can be driven."""

from racer.optimal.lap import OptimalLap
from racer.optimal.limits import Limit, limit
from racer.optimal.program import Margins
from racer.optimal.reference import reference, standing_time
from racer.optimal.solve import solve_lap

__all__ = ["Limit", "Margins", "OptimalLap", "limit", "reference", "solve_lap", "standing_time"]

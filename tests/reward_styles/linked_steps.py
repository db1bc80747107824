# Style: objects linked from step to step, dataclass, NamedTuple, functools.cached_property
from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Dict, List, NamedTuple, Optional


class Vector(NamedTuple):
    x: float
    y: float

    def __sub__(self, other: Vector) -> Vector:
        return Vector(self.x - other.x, self.y - other.y)

    @property
    def length(self) -> float:
        return math.hypot(self.x, self.y)

    @property
    def angle(self) -> float:
        return math.atan2(self.y, self.x)


@dataclass
class Statistics:
    values: List[float] = field(default_factory=list)

    def z_score(self, value: float) -> float:
        self.values.append(value)
        n = len(self.values)
        mean = sum(self.values) / n
        spread = math.sqrt(sum((v - mean) ** 2 for v in self.values) / n)
        return (value - mean) / spread if spread > 0.0 else 0.0


@dataclass(eq=False)
class Step:
    params: Dict[str, Any]
    previous: Optional[Step] = None
    speeds: Statistics = field(default_factory=Statistics)

    @cached_property
    def position(self) -> Vector:
        return Vector(self.params.get("x"), self.params.get("y"))

    @cached_property
    def moved(self) -> Vector:
        if self.previous is None:
            return Vector(0.0, 0.0)
        return self.position - self.previous.position

    @cached_property
    def gained(self) -> float:
        before = self.previous.params.get("progress", 0.0) if self.previous else 0.0
        return self.params.get("progress") - before

    @cached_property
    def count(self) -> int:
        return 1 if self.previous is None else self.previous.count + 1

    @property
    def slip(self) -> float:
        if self.moved.length < 1e-3:
            return 0.0
        turned = self.moved.angle - math.radians(self.params.get("heading", 0))
        return abs(math.remainder(turned, 2 * math.pi))

    def reward(self) -> float:
        way = 100.0 * math.e ** (-2 * self.slip) * max(self.gained, 0.0)
        z = max(-2.0, min(2.0, self.speeds.z_score(self.moved.length)))
        score = way * (1.0 + 0.1 * z) / math.sqrt(self.count)
        if self.params.get("is_offtrack", False) or self.params.get("is_crashed", False):
            return 1e-4
        return float(max(score, 1e-4))


_last: Optional[Step] = None


def reward_function(params: Dict[str, Any]) -> float:
    global _last
    if _last is not None and params["steps"] <= _last.params["steps"]:
        _last = None  # a new episode: let the old chain go
    speeds = _last.speeds if _last is not None else Statistics()
    step = Step(params, previous=_last, speeds=speeds)
    value = step.reward()
    _last = step
    return value

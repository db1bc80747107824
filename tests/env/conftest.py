"""Worlds that can be reckoned by hand."""

import numpy as np
import pytest

from racer.track import Track


def make_straight(length: float = 6.0, width: float = 0.8) -> Track:
    """A straight road along the x axis."""
    x = np.linspace(0.0, length, 41)
    line = np.stack([x, np.zeros_like(x)], axis=1)
    offset = np.array([0.0, width / 2])
    return Track(name="straight", center=line, inner=line + offset, outer=line - offset)


def make_circle(radius: float = 2.0, width: float = 1.0, n: int = 400) -> Track:
    """A circle about the origin, driven counter-clockwise from (radius, 0)."""
    angle = np.linspace(0.0, 2.0 * np.pi, n + 1)
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    unit[-1] = unit[0]
    half = width / 2
    return Track(
        name="circle",
        center=radius * unit,
        inner=(radius - half) * unit,
        outer=(radius + half) * unit,
    )


@pytest.fixture(scope="session")
def straight() -> Track:
    return make_straight()


@pytest.fixture(scope="session")
def circle() -> Track:
    return make_circle()

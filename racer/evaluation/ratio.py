"""Lap times beside the limit: how much longer a car needed than it could have, from rest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from racer.kernels.layout import VehicleParams
from racer.optimal import Limit, limit
from racer.track import Track
from racer.track.several import label
from racer.vehicle import Actions, vehicle


@dataclass(frozen=True)
class Limits:
    """How fast a car could lap a track, from rest at the start line."""

    top_speed: float
    """The highest speed of the actions (m/s)."""
    own: Limit
    """At this speed."""
    fastest_speed: float
    """The highest speed that the car can be told (m/s)."""
    fastest: Limit | None
    """At that one; None: the actions have it already."""

    def beside(self, lap_time: float | None) -> dict[str, Any]:
        """Return what to say beside a lap time (s), as plain data: see ``ratio_words``."""
        return {
            "ratio": self.own.ratio(lap_time),
            "top_speed": self.top_speed,
            "lap_time": self.own.lap_time,
            "is_exact": self.own.is_exact,
            "reason": self.own.reason,
            "fastest_speed": self.fastest_speed if self.fastest else None,
            "fastest_lap_time": self.fastest.lap_time if self.fastest else None,
            "fastest_is_exact": self.fastest.is_exact if self.fastest else None,
        }


def limits_of(
    tracks: Iterable[Track], car: str | VehicleParams, top_speed: float, *, solve: bool = True
) -> dict[str, Limits]:
    """Return how fast a car could lap each of some tracks, by their labels.

    Args:
        tracks: in the direction they are driven.
        car: a preset's name, or parameters.
        top_speed: the highest that can be commanded (m/s).
        solve: compute what is not known, if CasADi is there (some seconds a track).
    """
    params = vehicle(car)
    fastest_speed = params.speed_max
    found = {}
    for track in tracks:
        own = limit(track, params, top_speed, solve=solve)
        fastest = None
        if top_speed < fastest_speed - 1e-6 and own.lap_time is not None:
            fastest = limit(track, params, fastest_speed, solve=solve)
        found[label([track])] = Limits(top_speed, own, fastest_speed, fastest)
    return found


def top_speed_of(actions: Actions) -> float:
    """Return the highest speed that actions command (m/s)."""
    return max(speed for _, _, speed in actions.table())


def ratio_words(beside: Mapping[str, Any] | None) -> str:
    """Return what stands beside a lap time, in words; "" where nothing was looked for.

    For example: ``1.93 × the limit at 2 m/s, 8.30 s; at 4 m/s this car could do ≈ 5.51 s``.

    Args:
        beside: what ``Limits.beside`` gave.
    """
    if not beside:
        return ""
    if beside["lap_time"] is None:
        return f"no limit to compare with: {beside['reason']}"
    own = str(Limit(beside["lap_time"], beside["is_exact"]))
    ratio, speed = beside["ratio"], f"at {beside['top_speed']:.3g} m/s"
    text = f"{ratio_cell(beside)} the limit {speed}, {own}" if ratio else f"limit {speed}: {own}"
    if beside["fastest_lap_time"] is not None:
        fastest = Limit(beside["fastest_lap_time"], beside["fastest_is_exact"])
        text += f"; at {beside['fastest_speed']:.3g} m/s this car could do {fastest}"
    return text


def ratio_cell(beside: Mapping[str, Any] | None) -> str:
    """Return the ratio for a table, as ``1.93 ×``, with ≈ if the limit is interpolated."""
    if not beside or beside["ratio"] is None:
        return ""
    return f"{'' if beside['is_exact'] else '≈ '}{beside['ratio']:.2f} ×"

"""Tracks as rows of a table: what ``racer tracks`` and its verbs print."""

import math
from typing import TYPE_CHECKING, Any

from racer.cli.output import DASH, number, print_json
from racer.cli.table import print_table

if TYPE_CHECKING:
    from racer.track import Track


def print_tracks(facts: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print what ``listed_facts`` said of several tracks, as a table or as JSON."""
    if as_json:
        print_json(facts)
        return
    print_table(
        ["track", "length", "width", "tightest", "turns", "driven", "about"],
        [_row(fact) for fact in facts],
        left=("track", "width", "driven", "about"),
        drop=("driven", "turns", "tightest", "width"),
    )


def listed_facts(track: "Track") -> dict[str, Any]:
    """Return what the lists say of a track, as plain data: lengths in metres."""
    radius = track.tightest_radius
    direction = "counter-clockwise" if track.is_ccw else "clockwise"
    return {
        "name": track.name,
        "title": track.title,
        "description": track.description,
        "length": track.length,
        "width": track.width,
        "min_width": track.min_width,
        "max_width": track.max_width,
        "tightest_radius": radius if math.isfinite(radius) else None,
        "turns": track.n_turns,
        "waypoints": len(track.center),
        "is_loop": track.is_loop,
        "direction": direction if track.is_loop else "from end to end",
        "is_reversed": track.is_reversed,
        "file": str(track.source) if track.source else "",
    }


def _row(fact: dict[str, Any]) -> list[str]:
    return [
        fact["name"], number(fact["length"], 1, "m"), width_text(fact),
        number(fact["tightest_radius"], 2, "m"), str(fact["turns"]),
        fact["direction"], fact["description"] or fact["title"] or DASH,
    ]  # fmt: skip


def width_text(fact: dict[str, Any]) -> str:
    """Return the width, or its range where it changes by a centimetre or more."""
    low, high = fact["min_width"], fact["max_width"]
    return f"{low:.2f}–{high:.2f} m" if high - low >= 0.01 else f"{fact['width']:.2f} m"

"""What a training added: its best policy beside what the car could before the first update."""

from collections.abc import Mapping
from typing import Any, TypeGuard

NOTICEABLE_LAPS = 0.1
"""A difference of finish rates, or of completion, below this is next to nothing."""
NOTICEABLE_TIME = 0.05
"""The same for lap times, as a share of the one before."""

_FIGURES = ("trials", "finish_rate", "completion")


def gain_words(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, *, parent: bool = False
) -> str:
    """Return what a training added, in words; "" where it is not known.

    For example: ``untrained: 12 of 20 laps finished, median 12.68 s; training added 8 laps and
    made them 1.17 s slower``.

    Args:
        before: figures of the first policy, as ``Evaluation.figures`` gives them.
        after: of the best one, on the same starts.
        parent: the first policy was that of another run.
    """
    if not (_are_figures(before) and _are_figures(after)):
        return ""
    who = "with the weights of its parent" if parent else "untrained"
    finished = round(before["finish_rate"] * before["trials"])
    text = f"{who}: {finished} of {before['trials']} laps finished"
    if before["median_lap_time"] is not None:
        text += f", median {before['median_lap_time']:.2f} s"
    else:
        text += f", completion {before['completion']:.0f} %"
    return f"{text}; training {_difference(before, after)}"


def _are_figures(figures: Mapping[str, Any] | None) -> TypeGuard[Mapping[str, Any]]:
    """Return whether a file that somebody wrote holds figures."""
    if not isinstance(figures, Mapping):
        return False
    lap = figures.get("median_lap_time")
    return (lap is None or _is_number(lap)) and all(_is_number(figures.get(n)) for n in _FIGURES)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Say what is better, what is worse, or that nothing is."""
    rate = after["finish_rate"] - before["finish_rate"]
    n = max(round(abs(rate) * after["trials"]), 1)
    laps = f"{n} lap{'s' if n > 1 else ''}"
    if rate <= -NOTICEABLE_LAPS:
        return f"took {laps} away"
    found = [f"added {laps}"] if rate >= NOTICEABLE_LAPS else []
    was, is_now = before["median_lap_time"], after["median_lap_time"]
    if was is not None and is_now is not None and abs(is_now - was) >= NOTICEABLE_TIME * was:
        seconds = f"{abs(is_now - was):.2f} s"
        found.append(f"took {seconds} off them" if is_now < was else f"made them {seconds} slower")
    further = after["completion"] - before["completion"]
    if not found and abs(further) >= 100.0 * NOTICEABLE_LAPS:
        found.append(f"{'added' if further > 0.0 else 'took away'} {abs(further):.0f} % of the lap")
    return " and ".join(found) or "added next to nothing"

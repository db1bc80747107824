"""What a car saw during a trial, for films and figures."""

from dataclasses import dataclass

from racer.kernels.layout import Bytes, Floats


@dataclass(frozen=True)
class Sights:
    """One row a control step."""

    pictures: Bytes
    """(n_steps, 1 or 3, height, width) the newest picture, grey or RGB."""
    is_seen: bool
    """Whether the driver sees it; if not, it drives by something else."""
    probabilities: Floats | None
    """(n_steps, n_actions); None for a driver or continuous actions."""
    actions: tuple[str, ...]
    """What each action is."""

"""How sure a share of laps is."""

import math


def wilson_interval(successes: int, trials: int, z: float = 1.959964) -> tuple[float, float]:
    """Return Wilson's interval for a success rate; it is honest at 0 % and 100 % too.

    Args:
        successes: how many trials succeeded.
        trials: how many there were; with none, the interval is all of (0, 1).
        z: quantile of the normal distribution; the default gives 95 %.

    Source: Wilson 1927, J. Am. Stat. Assoc. 22, 209.
    """
    if trials == 0:
        return 0.0, 1.0
    rate, w = successes / trials, z * z / trials
    middle = (rate + w / 2) / (1 + w)
    half = z * math.sqrt(rate * (1 - rate) / trials + w / (4 * trials)) / (1 + w)
    return max(0.0, middle - half), min(1.0, middle + half)

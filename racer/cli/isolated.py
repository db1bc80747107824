"""How the command line calls reward functions in another process."""

import sys
from typing import TYPE_CHECKING

from racer.cli.output import print_note
from racer.errors import ConfigError

if TYPE_CHECKING:
    from racer.reward_lab.isolated import IsolatedCalls


def isolated(timeout: float) -> "IsolatedCalls":
    """Return what calls reward functions elsewhere; notes and what they print go to stderr.

    Args:
        timeout: what a call may take (s).

    Raises:
        ConfigError: if it is not positive.
    """
    from racer.reward_lab.isolated import IsolatedCalls

    if not timeout > 0.0:
        raise ConfigError(f"--timeout: must be positive, got {timeout:g}")
    return IsolatedCalls(timeout, print_note, lambda line: print(line, file=sys.stderr))

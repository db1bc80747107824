"""A child process that is watched: one channel, and one way to find and end an endless call.

``WatchedChild`` is the parent's side, ``Channel`` the child's. Importing this is cheap: a command
starts its child first, and loads what else it needs while the child does the same.
"""

from racer.processes.child import Limits, WatchedChild
from racer.processes.endings import how_it_ended

__all__ = ["Limits", "WatchedChild", "how_it_ended"]

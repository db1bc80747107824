"""Where racer keeps what it can make again: compiled code, computed laps."""

import os
from pathlib import Path


def user_cache() -> Path:
    """Return the folder for this user's caches; ``RACER_CACHE`` overrides it.

    Raises:
        RuntimeError: if no home directory can be determined.
    """
    if override := os.environ.get("RACER_CACHE"):
        return Path(override)
    import platformdirs  # here: not every command needs it

    return platformdirs.user_cache_path("racer", appauthor=False, opinion=False)

"""What was computed once on this machine: plain data in the user's cache folder."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from racer.cache import user_cache
from racer.errors import RunError
from racer.kernels.layout import VehicleParams
from racer.optimal.digest import car_digest, track_digest
from racer.storage.sealed_json import read_sealed_json, write_sealed_json
from racer.track import Track


def kept_file(kind: str, track: Track, car: VehicleParams, top_speed: float) -> Path | None:
    """Return where something of a lap is kept; None where there is no folder for it.

    Args:
        kind: what it is.
        track: in the direction it is driven.
        car: its parameters.
        top_speed: (m/s).
    """
    name = f"{kind}-{track_digest(track)}-{car_digest(car)}-{top_speed:.6g}.json"
    try:
        folder = user_cache() / "laps"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # RuntimeError: no home directory can be determined
        return None
    return folder / name


def read_kept(file: Path | None) -> Any:
    """Return what is kept in a file; None if there is nothing, or it is damaged."""
    with contextlib.suppress(RunError):
        content = read_sealed_json(file) if file is not None else None
        return None if content is None else content["kept"]
    return None


def kept(file: Path | None, compute: Callable[[], Any]) -> Any:
    """Return what is kept in a file, else what ``compute`` returns, kept from now on."""
    found = read_kept(file)
    if found is None:
        found = compute()
        if file is not None:
            with contextlib.suppress(RunError):  # a full disk costs the next one a computation
                write_sealed_json(file, {"kept": found})
    return found

"""Finds and loads tracks: by shipped name, or from a file in one of three formats."""

import math
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from racer import assets
from racer.errors import TrackError, unknown_name
from racer.run_files import RUN_JSON, RUNS
from racer.track.files_csv import load_csv
from racer.track.files_npy import load_npy
from racer.track.files_toml import load_toml
from racer.track.generate import generate_track, seed_of
from racer.track.track import Track

_SUFFIXES = (".toml", ".npy", ".csv")


def load_track(
    name: str | Path,
    *,
    reverse: bool = False,
    scale: float = 1.0,
    drop_duplicates: bool = False,
) -> Track:
    """Return a track.

    Args:
        name: a shipped track's name, or a file: ``.toml``, DeepRacer ``.npy``, TUM ``.csv``. A path
            or a file in the working folder wins over a shipped name. ``generated:17`` needs no
            file: it is drawn from seed 17.
        reverse: drive it the other way round.
        scale: multiply all lengths, for example 0.1 for a full-size track.
        drop_duplicates: leave out repeated waypoints, as the real simulator does since 6.0.5.

    Raises:
        TrackError: if there is no such track or its file cannot be used.
    """
    track = _find(str(name), drop_duplicates)
    if not (math.isfinite(scale) and scale > 0.0):
        where = track.source.name if track.source else str(name)
        raise TrackError(f"{where}: scale must be positive, got {scale:g}")
    if scale != 1.0:
        track = track.scaled(scale)
    return track.reversed() if reverse else track


def _find(name: str, drop_duplicates: bool) -> Track:
    """Return the track that a name means: a file, a shipped track, a generated one."""
    path = assets.find(name, "tracks", ".toml")
    if path is not None:
        return _load(path, drop_duplicates)
    seed = seed_of(name)
    if seed is not None:
        return _generated(seed)
    raise TrackError(_not_found(Path(name)))


_NEAREST = {
    "reinvent_base": "reinvent_2018", "oval_track": "oval", "bowtie_track": "bowtie",
    "straight_track": "straight",
}  # fmt: skip
"""DeepRacer's own routes, and the shipped track that is drawn after each or nearest to it."""


def _not_found(path: Path) -> str:
    """Return the message for a track that is no file and no shipped name."""
    name = str(path)
    if (RUNS / path / RUN_JSON).is_file() or (path / RUN_JSON).is_file():
        return f"{name}: is a run: expected a track: {', '.join(track_names())}, or a file"
    if path.suffix.lower() in _SUFFIXES or path.parent != Path():
        folder = path.parent
        files = {one.name.lower(): one for one in folder.glob("*") if one.suffix in _SUFFIXES}
        near = get_close_matches(path.name.lower(), list(files), n=1)
        hint = f": did you mean '{files[near[0]]}'?" if near else ""
        return f"{name}: no such file{hint}"
    unknown = unknown_name("track", name, track_names())
    if (nearest := _NEAREST.get(name.lower())) is not None:
        unknown = f"unknown track '{name}': of ours '{nearest}' is nearest to DeepRacer's"
    return f"{unknown}; DeepRacer's routes are given as files: --track {name}.npy"


@lru_cache(maxsize=256)
def _generated(seed: int) -> Track:
    """Return the track of a seed, drawn once in a process: it takes a tenth of a second."""
    return generate_track(seed)


def _load(path: Path, drop_duplicates: bool) -> Track:
    """Return the track of a file, by its suffix."""
    suffix = path.suffix.lower()
    if suffix == ".toml":
        return load_toml(path)
    if suffix == ".npy":
        return load_npy(path, drop_duplicates=drop_duplicates)
    if suffix == ".csv":
        return load_csv(path)
    raise TrackError(f"{path.name}: a track file ends in .toml, .npy or .csv, got '{path.suffix}'")


def track_names() -> list[str]:
    """Return the names of the shipped tracks, sorted."""
    return [path.stem for path in assets.asset_files("tracks", ".toml")]

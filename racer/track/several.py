"""Several tracks at once: how a user names them, and loading them."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from racer.errors import TrackError
from racer.naming import GENERATED, in_one_line
from racer.track.files import load_track
from racer.track.track import Track

MAX_TRACKS = 256
"""The most tracks that cars can be spread over: their number fits into a byte."""

TrackLike = str | Path | Track
"""How a user names a track: a shipped name, generated:SEED, a file, or the track itself."""

_RANGE = re.compile(re.escape(GENERATED) + r"(\d{1,10})-(\d{1,10})")


def split_names(given: object) -> tuple[str, ...]:
    """Return the names of tracks that a user gave: one or several, ranges written out.

    Args:
        given: ``oval``, ``generated:1-7`` (seven tracks), or a list of such names.

    Raises:
        TrackError: if there is none, one comes twice, there are too many, or it is no name.
    """
    names: list[str] = []
    for one in [given] if isinstance(given, str | Path) else _listed(given):
        if not isinstance(one, str | Path):
            raise TrackError(f"track: expected a name or a file, got {one!r:.60}")
        names += _written_out(str(one))
    _check(names)
    return tuple(names)


def load_tracks(
    given: TrackLike | Sequence[TrackLike],
    *,
    reverse: bool = False,
    scale: float = 1.0,
    drop_duplicates: bool = False,
) -> tuple[Track, ...]:
    """Return one or several tracks; all that is said of them is said of each.

    Args:
        given: a name, a file or a track, or a list of these; ``generated:1-7`` is seven.
        reverse: drive them the other way round.
        scale: multiply all lengths of those that are loaded here.
        drop_duplicates: leave out repeated waypoints of a ``.npy`` route.

    Raises:
        TrackError: if there is no such track, its file cannot be used, or two have one name.
    """
    listed = [given] if isinstance(given, str | Path | Track) else _listed(given)
    tracks: list[Track] = []
    for one in listed:
        if isinstance(one, Track):
            tracks.append(one.reversed() if reverse else one)
            continue
        tracks += [
            load_track(name, reverse=reverse, scale=scale, drop_duplicates=drop_duplicates)
            for name in split_names(one)
        ]
    _check([track.name for track in tracks])
    return tuple(tracks)


def label(tracks: Iterable[Track]) -> str:
    """Return what tables call some tracks: their names, with ``(reversed)`` where it is so."""
    return in_one_line(t.name + (" (reversed)" if t.is_reversed else "") for t in tracks)


def _listed(given: object) -> list[object]:
    if not isinstance(given, Iterable):
        raise TrackError(f"track: expected a name or a list of names, got {given!r:.60}")
    return list(given)


def _written_out(name: str) -> list[str]:
    """Return the names that ``generated:1-7`` stands for; of any other name, itself."""
    found = _RANGE.fullmatch(name)
    if found is None:
        return [name]
    first, last = int(found[1]), int(found[2])
    if last < first:
        raise TrackError(f"{name}: expected the smaller seed first, as {GENERATED}{last}-{first}")
    if last - first >= MAX_TRACKS:
        raise TrackError(f"{name}: expected at most {MAX_TRACKS} tracks, got {last - first + 1:,}")
    return [f"{GENERATED}{seed}" for seed in range(first, last + 1)]


def _check(names: Sequence[str]) -> None:
    """Check the names of all tracks together.

    Raises:
        TrackError: if there is none, one comes twice, or there are too many.
    """
    if not names:
        raise TrackError("track: expected at least one track, got none")
    twice = [name for k, name in enumerate(names) if name in names[:k]]
    if twice:
        raise TrackError(f"track: expected each track once, got '{twice[0]}' twice")
    if len(names) > MAX_TRACKS:
        raise TrackError(f"track: expected at most {MAX_TRACKS} tracks, got {len(names):,}")

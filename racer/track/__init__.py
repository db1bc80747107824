"""Tracks: files in, exact geometry out."""

from racer.track.files import load_track, track_names
from racer.track.generate import generate_track
from racer.track.several import TrackLike, load_tracks
from racer.track.track import Projection, Track, pack_tracks

__all__ = [
    "Projection",
    "Track",
    "TrackLike",
    "generate_track",
    "load_track",
    "load_tracks",
    "pack_tracks",
    "track_names",
]

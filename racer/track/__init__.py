"""Tracks: files in, exact geometry out."""

from racer.track.files import load_track, track_names
from racer.track.generate import generate_track
from racer.track.track import Projection, Track, pack_tracks

__all__ = ["Projection", "Track", "generate_track", "load_track", "pack_tracks", "track_names"]

"""Tracks: files in, exact geometry out."""

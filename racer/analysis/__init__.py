"""Reads runs; each figure function returns a matplotlib Figure."""

"""Runs on the disk: what is in their folders, written, read, listed and compared."""

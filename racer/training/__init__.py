"""One training: configuration, run folder, loop."""

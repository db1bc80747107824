"""racer: an open DeepRacer that runs on a laptop."""

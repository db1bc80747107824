"""Many trainings at once: compare reward functions."""

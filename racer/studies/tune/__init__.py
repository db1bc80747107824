"""Tune hyperparameters: search, then confirm on seeds that the search never saw."""

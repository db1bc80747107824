"""Drivers, trials, lap metrics."""

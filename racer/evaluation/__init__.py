"""Drivers, trials, lap metrics, traces."""

from racer.evaluation.drivers import DRIVERS, Driver, PurePursuitDriver, RandomDriver, make_driver
from racer.evaluation.evaluate import Evaluation, Trial, evaluate, spread_starts
from racer.evaluation.traces import Recorder, Trace

__all__ = [
    "DRIVERS",
    "Driver",
    "Evaluation",
    "PurePursuitDriver",
    "RandomDriver",
    "Recorder",
    "Trace",
    "Trial",
    "evaluate",
    "make_driver",
    "spread_starts",
]

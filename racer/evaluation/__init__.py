"""Drivers, trials, lap metrics, traces."""

from racer.evaluation.drivers import Driver, PurePursuitDriver, RandomDriver
from racer.evaluation.evaluate import Evaluation, Trial, evaluate, spread_starts
from racer.evaluation.known_drivers import DRIVERS, make_driver
from racer.evaluation.reference_driver import ReferenceDriver
from racer.evaluation.traces import Recorder, Trace

__all__ = [
    "DRIVERS",
    "Driver",
    "Evaluation",
    "PurePursuitDriver",
    "RandomDriver",
    "Recorder",
    "ReferenceDriver",
    "Trace",
    "Trial",
    "evaluate",
    "make_driver",
    "spread_starts",
]

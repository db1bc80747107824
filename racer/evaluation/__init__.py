"""Drivers, trials, lap metrics, traces."""

from racer.evaluation.compiled import Compilation, compile_checked
from racer.evaluation.drivers import DRIVERS, Driver, PurePursuitDriver, RandomDriver, make_driver
from racer.evaluation.evaluate import Evaluation, Trial, evaluate, spread_starts
from racer.evaluation.traces import Recorder, Trace

__all__ = [
    "DRIVERS",
    "Compilation",
    "Driver",
    "Evaluation",
    "PurePursuitDriver",
    "RandomDriver",
    "Recorder",
    "Trace",
    "Trial",
    "compile_checked",
    "evaluate",
    "make_driver",
    "spread_starts",
]

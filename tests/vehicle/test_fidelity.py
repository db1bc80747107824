"""The presets against real traces, by the measure of benchmarks/fidelity.py."""

import importlib.util
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from racer.vehicle.params import VEHICLES

ROOT = Path(__file__).resolve().parents[2]
LOGS = Path(os.environ.get("RACER_REFERENCE_DATA", ROOT.parent / "shared")) / "logs"
SCRIPT = ROOT / "benchmarks" / "fidelity.py"

pytestmark = pytest.mark.skipif(
    not LOGS.is_dir(), reason="no reference data: set RACER_REFERENCE_DATA"
)


@pytest.fixture(scope="module")
def fidelity():
    spec = importlib.util.spec_from_file_location("fidelity", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["fidelity"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["fidelity"]


def median(fidelity, name, file, *, whole_log):
    step = 1.0 / 15.0 if file.startswith("v4") else None
    trace = fidelity.read_trace(LOGS / file, step)
    return np.median(fidelity.errors(VEHICLES[name], trace, whole_log)[:, -1])


def test_the_traces_have_the_windows_that_the_docs_count(fidelity):
    counts = [len(fidelity.read_trace(LOGS / file).starts) for file in fidelity.V6]
    assert counts == [21, 124]


@pytest.mark.parametrize(("whole_log", "limits"), [(False, (0.125, 0.1)), (True, (0.115, 0.1))])
def test_the_default_car_stays_near_the_version_6_traces(fidelity, whole_log, limits):
    for file, limit in zip(fidelity.V6, limits, strict=True):
        assert median(fidelity, "deepracer", file, whole_log=whole_log) < limit
        assert median(fidelity, "ideal", file, whole_log=whole_log) > 0.2


def test_the_version_4_car_stays_near_the_version_4_trace(fidelity):
    assert median(fidelity, "deepracer_v4", fidelity.V4[0], whole_log=True) < 0.19
    assert median(fidelity, "ideal", fidelity.V4[0], whole_log=True) > 0.6

"""The cache of compiled code, and what is compiled how often."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from racer.env import RacerEnv, RacerVectorEnv, World
from racer.kernels import observe, world
from racer.kernels._jit import CACHE_FOLDER, config
from racer.track import load_track

COMPILE = """
from racer.kernels import _jit
from racer.kernels.angles import wrap_to_pi
print(_jit.CACHE_FOLDER, wrap_to_pi(7.0))
"""


def start(cache):
    return subprocess.Popen(
        [sys.executable, "-c", COMPILE],
        env={**os.environ, "RACER_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        text=True,
    )


def answer(process):
    out, _ = process.communicate(timeout=900)
    assert process.returncode == 0
    folder, value = out.split()
    assert float(value) == pytest.approx(7.0 - 2.0 * np.pi)
    return Path(folder)


def test_compiled_code_is_kept_outside_the_installation():
    package = Path(world.__file__).resolve().parents[1]
    assert not CACHE_FOLDER.is_relative_to(package)


def test_two_processes_can_compile_at_once(tmp_path):
    processes = [start(tmp_path) for _ in range(2)]
    folders = {answer(process) for process in processes}
    assert len(folders) == 1
    if not config.DISABLE_JIT:
        (folder,) = folders
        assert list(folder.rglob("*.nbi"))
        assert answer(start(tmp_path)) == folder


def test_without_a_writable_cache_a_temporary_one_is_used_and_removed(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("no folder can be made in here")
    folder = answer(start(blocked))
    assert folder.name.startswith("racer-")
    assert not folder.exists()


@pytest.mark.skipif(config.DISABLE_JIT, reason="nothing is compiled")
def test_each_kernel_is_compiled_once_whatever_drives():
    kernels = (world.start_cars, world.judge_cars, world.advance_cars, observe.observe_state)
    before = [len(kernel.signatures) for kernel in kernels]  # of other tests of this process
    tracks = [load_track(name) for name in ("oval", "bowtie", "straight")]
    for env in (RacerEnv("oval"), RacerEnv(tracks[2].reversed(), reward_function=None)):
        env.reset(seed=0)
        env.step(5)
    batch = RacerVectorEnv(3)
    batch.reset(seed=0)
    batch.step(np.array([0, 5, 9]))
    several = World(tracks, n_cars=3, track_index=np.arange(3))
    several.step(np.zeros(3), np.ones(3))
    assert [len(kernel.signatures) for kernel in kernels] == [max(1, n) for n in before]

import multiprocessing
import sys
import time

import numpy as np
import pytest

from racer.errors import RewardError
from racer.kernels.layout import MEASURED_SIZE
from racer.reward import (
    CallMonitor,
    RewardFailure,
    RewardRunner,
    TrackFacts,
    iter_params,
    load_reward,
)


class Clock:
    """A clock that a test sets."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_nothing_runs_before_the_first_and_after_the_last_call(facts, make_rows, source):
    with CallMonitor.create(3) as monitor, CallMonitor.open(monitor.path) as watcher:
        assert watcher.poll() is None
        plain = source("def reward_function(p): return 1.0\n")
        runner = RewardRunner(plain, [facts], np.zeros(3, np.int64), monitor=monitor)
        assert watcher.poll() is None
        rewards = np.zeros(3)
        runner(make_rows(3), np.arange(3), rewards)
        assert watcher.poll() is None
        assert rewards.tolist() == [1.0, 1.0, 1.0]


def test_each_call_is_seen_with_its_car_its_track_and_its_params(facts, make_rows):
    other = TrackFacts(9.0, ((0.0, 0.0), (9.0, 0.0)))
    tracks = [facts, other]
    index = np.array([0, 1, 1, 0, 1])
    cars = np.array([4, 0, 3])
    rows = make_rows(5)
    seen = []
    with CallMonitor.create(5) as monitor, CallMonitor.open(monitor.path) as watcher:

        def look(params):
            call = watcher.poll()
            seen.append(call.car)
            assert call.track == index[call.car]
            assert call.params(tracks) == params
            return 1.0

        runner = RewardRunner(load_reward(look), tracks, index, monitor=monitor)
        runner(rows, cars, np.zeros(5))
    assert seen == [4, 0, 3]


def test_the_car_is_named_by_its_place_in_the_larger_batch(facts, make_rows):
    seen = []
    with CallMonitor.create(2) as monitor, CallMonitor.open(monitor.path) as watcher:

        def look(params):
            seen.append(watcher.poll().car)
            return 1.0

        runner = RewardRunner(
            load_reward(look), [facts], np.zeros(2, np.int64), first_car=7, monitor=monitor
        )
        runner(make_rows(2), np.arange(2), np.zeros(2))
    assert seen == [7, 8]


def test_the_time_counts_while_the_same_call_is_running(make_rows):
    clock = Clock()
    with CallMonitor.create(2) as monitor, CallMonitor.open(monitor.path, clock=clock) as watcher:
        rows, cars, tracks = make_rows(2), np.array([0, 1]), np.array([0, 0])
        position = monitor.begin(rows, cars, tracks)
        position[0] = 0
        assert watcher.poll().seconds == 0.0
        clock.now += 2.5
        assert watcher.poll().seconds == 2.5
        position[0] = 1  # the next call of the batch
        call = watcher.poll()
        assert (call.car, call.seconds) == (1, 0.0)
        clock.now += 1.0
        assert watcher.poll().seconds == 1.0
        monitor.end()
        assert watcher.poll() is None
        position = monitor.begin(rows, cars, tracks)
        position[0] = 1  # the same place in a later batch is another call
        assert watcher.poll().seconds == 0.0


def test_executing_the_file_is_watched_like_a_call(facts):
    clock = Clock()
    with CallMonitor.create(1) as monitor, CallMonitor.open(monitor.path, clock=clock) as watcher:
        monitor.begin_start()
        watcher.poll()
        clock.now += 3.0
        call = watcher.poll()
        assert (call.car, call.seconds) == (None, 3.0)
        assert call.params([facts]) is None
        monitor.end()
        assert watcher.poll() is None


def test_a_failed_call_is_over(facts, make_rows, source):
    with CallMonitor.create(2) as monitor, CallMonitor.open(monitor.path) as watcher:
        failing = source("def reward_function(p): return 1 / 0\n")
        runner = RewardRunner(failing, [facts], np.zeros(2, np.int64), monitor=monitor)
        with pytest.raises(RewardFailure):
            runner(make_rows(2), np.arange(2), np.zeros(2))
        assert watcher.poll() is None
        with pytest.raises(RewardError):
            RewardRunner(source("1 / 0\n"), [facts], np.zeros(2, np.int64), monitor=monitor)
        assert watcher.poll() is None


def test_the_side_that_created_the_file_removes_it(tmp_path):
    monitor = CallMonitor.create(4, tmp_path)
    watcher = CallMonitor.open(monitor.path)
    path = monitor.path
    assert path.parent == tmp_path
    watcher.close()
    watcher.close()
    assert path.exists()
    monitor.close()
    assert not path.exists()


@pytest.mark.parametrize("content", [None, b"", b"x" * 20, b"x" * 4000])
def test_a_file_that_is_no_monitor_is_refused(content, tmp_path):
    path = tmp_path / "calls"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RewardError, match="calls: "):
        CallMonitor.open(path)


def test_more_calls_than_the_file_has_room_for_are_refused(make_rows):
    with (
        CallMonitor.create(2) as monitor,
        pytest.raises(RewardError, match="a call monitor for 2 cars got 3 calls"),
    ):
        monitor.begin(make_rows(3), np.arange(3), np.zeros(3, np.int64))


def test_an_endless_loop_in_another_process_is_seen_with_its_params(
    facts, make_rows, write, monkeypatch, tmp_path
):
    reward_path = write(
        "def reward_function(params):\n"
        "    while params['steps'] == 9:\n"
        "        try:\n            pass\n        except:\n            pass\n"
        "    return 1.0\n"
    )
    rows = make_rows(4, M_STEPS=3)
    rows[2] = make_rows(1, seed=5, M_STEPS=9)
    # A spawned process imports the module of its function by name.
    (tmp_path / "endless_child.py").write_text(
        "from racer.reward import CallMonitor, RewardRunner, load_reward\nimport numpy as np\n"
        "def run(path, reward_path, facts, rows):\n"
        "    monitor = CallMonitor.open(path)\n"
        "    runner = RewardRunner(\n"
        "        load_reward(reward_path), [facts], np.zeros(4, np.int64), monitor=monitor\n    )\n"
        "    runner(rows, np.arange(4), np.zeros(4))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    import endless_child

    with CallMonitor.create(4) as monitor:
        process = multiprocessing.get_context("spawn").Process(
            target=endless_child.run, args=(monitor.path, reward_path, facts, rows), daemon=True
        )
        process.start()
        try:
            call = wait_for_call(monitor, process, car=2)
        finally:
            process.kill()
            process.join()
        (expected,) = iter_params(rows[2:3], facts)
        assert call.params([facts]) == expected
        assert call.seconds > 0.0
    sys.modules.pop("endless_child")


def wait_for_call(monitor, process, car):
    """Return the call once it has been seen twice; fail if the process ends before."""
    while process.is_alive():
        call = monitor.poll()
        if call is not None and call.car == car and call.seconds > 0.0:
            return call
        time.sleep(0.01)
    pytest.fail(f"the process ended with exit code {process.exitcode}")


def test_a_row_of_the_file_has_the_layout_of_the_kernels(make_rows):
    with CallMonitor.create(3) as monitor:
        rows = make_rows(3)
        monitor.begin(rows, np.arange(3), np.zeros(3, np.int64))[0] = 2
        row = monitor.poll().row
        assert row.shape == (MEASURED_SIZE,)
        np.testing.assert_array_equal(row, rows[2])

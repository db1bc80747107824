"""What sees an endless loop from outside."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from racer.errors import RewardError
from racer.kernels.layout import M_STEPS, MEASURED_SIZE
from racer.processes.calls import CallClock, CallWatch
from racer.reward import CallMonitor, track_facts
from racer.track import load_track


class World:
    """Time and the child as the test wants them."""

    def __init__(self):
        self.now = 0.0
        self.cpu = 0.0
        self.n_asked = 0
        self.answer = None

    def ask(self):
        self.n_asked += 1

    def place(self, files):
        assert files == {"/a/mine.py": "mine.py"}
        return self.answer


@pytest.fixture
def world():
    return World()


@pytest.fixture
def monitor(tmp_path):
    with CallMonitor.create(4, tmp_path) as monitor:
        yield monitor


@pytest.fixture
def watch(world, monitor, tmp_path):
    clock = CallClock(lambda: world.cpu, lambda: world.now)
    watch = CallWatch(2.0, 6.0, clock, world, lambda: world.now)
    facts = asdict(track_facts(load_track("oval")))
    other = {"length": 1.0, "waypoints": [[0.0, 0.0], [1.0, 0.0]], "is_reversed": False}
    watch.begin(
        {
            "monitor": str(monitor.path), "facts": [other, facts], "reward": "mine.py",
            "files": {"/a/mine.py": "mine.py"}, "folder": str(tmp_path),
        }
    )  # fmt: skip
    yield watch
    watch.close()


def begin_call(monitor):
    rows = np.zeros((2, MEASURED_SIZE))
    rows[:, M_STEPS] = 37.0
    place = monitor.begin(rows, np.array([1, 3]), np.array([0, 1]))
    place[0] = 1  # the call of car 3, on the second track


def look_for(watch, world, seconds, cpu=1.0):
    """Look twice a second; the call uses so much of a processor."""
    found = None
    for _ in range(round(seconds / 0.5)):
        world.now += 0.5
        world.cpu += 0.5 * cpu
        found = watch.look()
    return found


def test_a_call_is_endless_after_the_limit_and_the_question_for_its_line(
    watch, world, monitor, tmp_path
):
    begin_call(monitor)
    assert look_for(watch, world, 2.0) is None
    assert world.n_asked == 0
    assert look_for(watch, world, 0.5) is None
    assert world.n_asked == 1
    world.answer = "mine.py:12"
    found = look_for(watch, world, 0.5)
    assert world.n_asked == 1
    message = "mine.py:12: step 37 of car 3: the call has not returned after 2 s: an endless loop?"
    assert found["message"] == message
    assert (found["reason"], found["car"]) == ("endless", 3)
    assert found["saved"] == str(tmp_path / "failure.json")
    failure = json.loads((tmp_path / "failure.json").read_text())
    assert (failure["line"], failure["step"], failure["car"]) == (12, 37, 3)
    assert failure["params"]["track_length"] == load_track("oval").length


def test_a_call_that_sleeps_is_cut_after_ten_times_as_long_and_told_to_wait(watch, world, monitor):
    begin_call(monitor)
    assert look_for(watch, world, 19.5, cpu=0.0) is None
    found = look_for(watch, world, 3.0, cpu=0.0)
    assert "the call has not returned after 22 s of waiting: for what?" in found["message"]


def test_a_call_that_computes_on_a_busy_machine_is_charged_what_it_computes(watch, world, monitor):
    begin_call(monitor)
    assert look_for(watch, world, 9.0, cpu=0.2) is None
    assert "after 2 s: an endless loop?" in look_for(watch, world, 4.0, cpu=0.2)["message"]


def test_without_an_answer_the_line_is_left_out(watch, world, monitor):
    begin_call(monitor)
    assert look_for(watch, world, 3.0) is None
    found = look_for(watch, world, 1.0)
    assert found["message"].startswith("mine.py: step 37 of car 3: ")


def test_params_are_kept_only_where_there_is_a_folder(watch, world, monitor, tmp_path):
    watch.begin({**watch.about, "folder": str(tmp_path / "nosuch")})
    begin_call(monitor)
    assert "saved" not in look_for(watch, world, 4.0)


def test_a_call_that_returns_in_time_is_none_of_its_business(watch, world, monitor):
    for _ in range(10):
        begin_call(monitor)
        assert look_for(watch, world, 1.5) is None
        monitor.end()
        assert look_for(watch, world, 1.5) is None
    assert world.n_asked == 0


def test_the_execution_of_the_file_may_take_longer_than_a_call(watch, world, monitor, tmp_path):
    monitor.begin_start()
    assert look_for(watch, world, 11.0) is None
    found = look_for(watch, world, 4.0)
    assert found["message"].startswith("mine.py: the file is still being executed after 12 s")
    assert found["at_load"]
    assert not (tmp_path / "failure.json").exists()


def test_on_a_busy_machine_a_call_may_take_ten_times_as_long(watch, world, monitor):
    world.answer = "mine.py:12"
    begin_call(monitor)
    assert look_for(watch, world, 19.0, cpu=0.1) is None
    assert look_for(watch, world, 2.0, cpu=0.1) is not None


def test_a_call_that_sleeps_is_found_too(watch, world, monitor):
    world.answer = "mine.py:12"
    begin_call(monitor)
    assert look_for(watch, world, 20.0, cpu=0.0) is None
    assert look_for(watch, world, 1.0, cpu=0.0) is not None


def test_a_laptop_that_slept_is_no_endless_loop(world):
    clock = CallClock(lambda: None, lambda: world.now)
    world.now += 0.25
    assert clock() == 0.25
    world.now += 8 * 3600.0
    assert clock() == 1.25


def test_the_calls_of_a_child_that_has_ended_are_not_watched(watch, tmp_path):
    watch.begin({**watch.about, "monitor": str(tmp_path / "gone")})
    assert watch.look() is None  # what the child ended with is told, and not this
    (tmp_path / "other").write_text("something else")
    with pytest.raises(RewardError, match="expected a call monitor"):
        watch.begin({**watch.about, "monitor": str(tmp_path / "other")})

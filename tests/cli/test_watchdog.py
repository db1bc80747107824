"""What sees an endless loop from outside."""

import json

import numpy as np
import pytest

from racer.cli import watchdog
from racer.cli.train_child import beyond_limits
from racer.cli.watchdog import PatientClock, Watchdog
from racer.errors import RewardError
from racer.kernels.layout import M_STEPS, MEASURED_SIZE
from racer.reward import CallMonitor, track_facts
from racer.track import load_track
from racer.vehicle import DiscreteActions, vehicle


class Clock:
    """Time as the test wants it."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(watchdog, "time", clock)
    return clock


@pytest.fixture
def monitor(tmp_path):
    with CallMonitor.create(4, tmp_path) as monitor:
        yield monitor


def make_dog(monitor, limit=2.0):
    dog = Watchdog(limit)
    facts = track_facts(load_track("oval"))
    other = {"length": 1.0, "waypoints": [[0.0, 0.0], [1.0, 0.0]], "is_reversed": False}
    waypoints = [list(point) for point in facts.waypoints]
    dog.facts = [other, {**other, "length": facts.length, "waypoints": waypoints}]
    dog.reward = "mine.py"
    dog.watch(str(monitor.path))
    return dog


def begin_call(monitor):
    rows = np.zeros((2, MEASURED_SIZE))
    rows[:, M_STEPS] = 37.0
    place = monitor.begin(rows, np.array([1, 3]), np.array([0, 1]))
    place[0] = 1  # the call of car 3, on the second track


def look_for(dog, clock, seconds):
    asked = []
    found = None
    for _ in range(round(seconds / 0.5)):
        clock.now += 0.5
        found = dog.look(lambda: asked.append(clock.now))
    return found, asked


def test_a_call_is_endless_after_the_limit_and_the_question_for_its_line(monitor, clock, tmp_path):
    dog = make_dog(monitor)
    begin_call(monitor)
    found, asked = look_for(dog, clock, 2.0)
    assert found is None
    found, asked = look_for(dog, clock, 0.5)
    assert (found, len(asked)) == (None, 1)
    dog.answer({"file": "mine.py", "line": 12})
    found, asked = look_for(dog, clock, 0.5)
    assert asked == []
    assert found.car == 3
    event = dog.failure(found, tmp_path)
    message = "mine.py:12: step 37 of car 3: the call has not returned after 2 s: an endless loop?"
    assert event == {"message": message, "failure": str(tmp_path / "failure.json")}
    failure = json.loads((tmp_path / "failure.json").read_text())
    assert (failure["line"], failure["step"], failure["car"]) == (12, 37, 3)
    assert failure["params"]["track_length"] == load_track("oval").length
    dog.close()


def test_without_an_answer_the_line_is_left_out(monitor, clock, tmp_path):
    dog = make_dog(monitor)
    begin_call(monitor)
    found, _ = look_for(dog, clock, 3.0)
    assert found is None
    found, _ = look_for(dog, clock, 1.0)
    event = dog.failure(found, tmp_path / "nosuch")
    assert event["message"].startswith("mine.py: step 37 of car 3: ")
    assert event["failure"] is None
    dog.close()


def test_a_call_that_returns_in_time_is_none_of_its_business(monitor, clock):
    dog = make_dog(monitor)
    for _ in range(10):
        begin_call(monitor)
        assert look_for(dog, clock, 1.5) == (None, [])
        monitor.end()
        assert look_for(dog, clock, 1.5) == (None, [])
    dog.close()


def test_the_execution_of_the_file_may_take_longer_than_a_call(monitor, clock, tmp_path):
    dog = make_dog(monitor)
    monitor.begin_start()
    assert look_for(dog, clock, 11.0) == (None, [])
    found, _ = look_for(dog, clock, 4.0)
    event = dog.failure(found, tmp_path)
    assert event["message"].startswith("mine.py: the file is still being executed after 12 s")
    assert event["failure"] is None
    assert not (tmp_path / "failure.json").exists()
    dog.close()


def test_a_laptop_that_slept_is_no_endless_loop(clock):
    patient = PatientClock()
    clock.now += 0.25
    assert patient() == 0.25
    clock.now += 8 * 3600.0
    assert patient() == 1.25


def test_commands_beyond_the_car_are_pointed_out():
    car = vehicle("deepracer", speed_max=4.0, steering_limit=0.524)
    assert beyond_limits(DiscreteActions.from_grid(), car) == []
    lines = beyond_limits(DiscreteActions.from_grid(max_speed=5.0), car)
    assert lines == ["speeds above 4 m/s are commanded, but the car goes no faster"]
    tight = vehicle("deepracer", steering_limit=0.35)
    lines = beyond_limits(DiscreteActions.from_grid(), tight)
    assert lines == ["angles above 20° are commanded, but the car steers no further"]
    assert json.dumps(lines)


def test_the_calls_of_a_child_that_has_ended_are_not_watched(tmp_path):
    dog = Watchdog(2.0)
    dog.watch(str(tmp_path / "gone"))  # what the child ended with is told, and not this
    assert dog.look(ask=lambda: None) is None
    (tmp_path / "other").write_text("something else")
    with pytest.raises(RewardError, match="expected a call monitor"):
        dog.watch(str(tmp_path / "other"))

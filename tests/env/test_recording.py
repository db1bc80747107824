"""What a recording says, and how large it is. What it is good for: tests/evaluation."""

import numpy as np
import pyarrow as pa
import pytest

from racer.env import RacerVectorEnv, Scenario
from racer.env.recording import (
    RecordingSettings,
    StepRecorder,
    recording_schema,
    track_digest,
)
from racer.errors import RunError
from racer.kernels import layout
from racer.track import load_track
from racer.vehicle import ContinuousActions, default_actions

FACTS = {"seed": 3, "reward": "speed.py", "reward_digest": "abc", "reward_path": "interpreted"}


def settings_of(actions, n_cars=4):
    world = Scenario.of("oval", None).world(n_cars)
    return RecordingSettings.of(world, actions, **FACTS)


def bytes_a_row(schema):
    return sum(field.type.bit_width for field in schema) // 8


@pytest.mark.parametrize(
    ("actions", "n_bytes"), [(default_actions(), 42), (ContinuousActions(), 48)]
)
def test_a_step_takes_at_most_48_bytes(actions, n_bytes):
    assert bytes_a_row(recording_schema(settings_of(actions))) == n_bytes


def test_counters_are_wide_enough_for_many_cars_and_long_episodes():
    settings = settings_of(default_actions())
    values = {**vars(settings), "starts": [0.0] * 70_000, "max_steps": 65_535}
    schema = recording_schema(RecordingSettings(**values))
    assert schema.field("car").type == schema.field("steps").type == pa.uint32()
    values = {**vars(settings), "starts": [0.0] * 65_536, "max_steps": 65_534}
    schema = recording_schema(RecordingSettings(**values))
    assert schema.field("car").type == schema.field("steps").type == pa.uint16()


def test_the_digest_of_a_track_knows_its_shape_and_its_direction():
    oval = load_track("oval")
    tracks = [oval, oval.reversed(), oval.scaled(1.001), load_track("kidney")]
    assert len({track_digest(track) for track in tracks}) == 4
    assert track_digest(oval) == track_digest(load_track("oval"))


def test_rows_hold_the_pose_that_was_judged_and_what_was_paid(tmp_path):
    env = RacerVectorEnv(3, "oval", "center_line")
    env.reset(seed=0)
    path = tmp_path / "steps.arrows"
    recorder = StepRecorder(path, settings_of(env.scenario.actions, 3))
    recorder.listen(env.world)
    expected = []
    for k in range(40):
        before = env.world.state.copy()
        recorder.actions = np.array([k % 10, 4, 9])
        _, rewards, *_ = env.step(recorder.actions)
        for i in range(3):
            car = before[i]
            row = [i, car[layout.EPISODE], car[layout.STEPS] + 1, *car[:3]]
            expected.append([*row, recorder.actions[i], rewards[i]])
    recorder.close()
    table = pa.ipc.open_stream(path.read_bytes()).read_all()
    assert recorder.n_steps == len(table) == 120
    rows = np.array(expected)
    assert rows[:, 1].max() >= 1.0  # a second episode
    for column, values in zip(table.schema.names, rows.T, strict=True):
        assert table[column].to_numpy().astype(float).tolist() == values.tolist(), column


def test_listening_twice_does_not_record_twice(tmp_path):
    env = RacerVectorEnv(2, "oval", "center_line")
    env.reset(seed=0)
    recorder = StepRecorder(tmp_path / "s.arrows", settings_of(env.scenario.actions, 2))
    recorder.actions = np.zeros(2, np.int64)
    recorder.listen(env.world)
    recorder.listen(env.world)
    env.step(recorder.actions)
    env.reset(seed=1)  # a new runner of the reward function
    recorder.listen(env.world)
    env.step(recorder.actions)
    assert recorder.n_steps == 4
    recorder.close()


def test_what_is_flushed_can_be_read_while_the_training_goes_on(tmp_path):
    env = RacerVectorEnv(2, "oval", None)
    env.reset(seed=0)
    path = tmp_path / "s.arrows"
    recorder = StepRecorder(path, settings_of(env.scenario.actions, 2))
    recorder.listen(env.world)
    recorder.actions = np.array([4, 4])
    for _ in range(5):
        env.step(recorder.actions)
    recorder.flush()
    env.step(recorder.actions)
    assert len(pa.ipc.open_stream(path.read_bytes()).read_all()) == 10
    recorder.close()
    assert len(pa.ipc.open_stream(path.read_bytes()).read_all()) == 12


def test_more_steps_than_a_batch_are_written_by_and_by(tmp_path, monkeypatch):
    monkeypatch.setattr("racer.env.recording.BATCH", 10)
    env = RacerVectorEnv(4, "oval", None)
    env.reset(seed=0)
    path = tmp_path / "s.arrows"
    recorder = StepRecorder(path, settings_of(env.scenario.actions))
    recorder.listen(env.world)
    recorder.actions = np.zeros(4, np.int64)
    for _ in range(7):
        env.step(recorder.actions)
    recorder.close()
    sizes = [len(batch) for batch in pa.ipc.open_stream(path.read_bytes())]
    assert sizes == [8, 8, 8, 4]


def test_a_place_that_cannot_be_written_is_one_line(tmp_path):
    with pytest.raises(RunError, match=r"steps\.arrows: the steps cannot be recorded: .*no-record"):
        StepRecorder(tmp_path / "missing" / "steps.arrows", settings_of(default_actions()))

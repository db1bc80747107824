"""Recorded steps are measured again to the last bit; what cannot be read says so in one line."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from racer.env import RuleSettings, Scenario, ScenarioVectorEnv
from racer.env.recording import SETTINGS_KEY, RecordingSettings, StepRecorder
from racer.errors import RunError
from racer.evaluation import PurePursuitDriver, RandomDriver
from racer.evaluation.recorded_steps import judge_again, read_recording, recorded_world
from racer.kernels import layout
from racer.reward import iter_params, track_facts
from racer.track import load_track
from racer.vehicle import ContinuousActions, default_actions

FACTS = {"seed": 3, "reward": "x", "reward_digest": "abc", "reward_path": "interpreted"}


class Watcher:
    """A reward function of the world that keeps all params and measured rows it is called with."""

    def __init__(self, track):
        self.facts = track_facts(track)
        self.params, self.rows = [], []

    def __call__(self, measured, cars, rewards):
        self.rows.extend(measured[cars].copy())
        self.params.extend(iter_params(measured[cars], self.facts))
        rewards[cars] = np.sin(measured[cars, layout.NOSE_X] * 1e3) / 3.0


def record(path, track, *, actions=None, rules=None, n_cars=5, n_steps=250, driver="random"):
    """Drive some cars, and return what their reward function saw."""
    actions = actions or default_actions()
    scenario = Scenario.of(track, None, actions=actions, rules=rules)
    env = ScenarioVectorEnv(scenario, n_cars)
    env.reset(seed=3)
    watcher = Watcher(scenario.track)
    env.world.reward = watcher
    recorder = StepRecorder(path, RecordingSettings.of(env.world, actions, **FACTS))
    recorder.listen(env.world)
    drivers = {"random": RandomDriver, "pursuit": lambda a, s: PurePursuitDriver(a)}
    drive = drivers[driver](actions, 3)
    rng = np.random.default_rng(0)
    for _ in range(n_steps):
        recorder.actions = drive.act(env.world)
        env.set_active(rng.random(n_cars) < 0.9)  # frozen cars make no step, and are not recorded
        env.step(recorder.actions)
    recorder.close()
    return watcher


def measure_again(path, track):
    recording = read_recording(path)
    world = recorded_world(recording, [track])
    again = world.reward = Watcher(track)
    paid = [(steps.reward[rows], world.rewards[steps.car[rows]]) for steps, rows in
            judge_again(recording, world)]  # fmt: skip
    old, new = (np.concatenate(part) for part in zip(*paid, strict=True))
    return again, old, new


RESETS = RuleSettings(max_resets=3, off_track_penalty=1.0, max_seconds=30.0)


@pytest.mark.parametrize(
    ("name", "reverse", "options"),
    [
        ("reinvent_2018", False, {}),
        ("reinvent_2018", True, {"driver": "pursuit"}),
        ("oval", False, {"actions": ContinuousActions()}),
        ("straight", False, {"driver": "pursuit"}),
        ("bowtie", False, {"rules": RuleSettings(max_seconds=4.0, first_steps=1)}),
        ("oval", False, {"rules": RESETS, "n_steps": 400}),
    ],
)
def test_every_param_is_the_same_to_the_last_bit(tmp_path, name, reverse, options):
    track = load_track(name, reverse=reverse)
    seen = record(tmp_path / "s.arrows", track, **options)
    again, old, new = measure_again(tmp_path / "s.arrows", track)
    assert len(seen.params) == len(again.params) > 400
    for one, other in zip(seen.params, again.params, strict=True):
        assert one.pop("waypoints") == other.pop("waypoints")
        assert repr(one) == repr(other)  # tells -0.0 from 0.0, and types
    assert old.tobytes() == new.tobytes()


@pytest.mark.parametrize("driver", ["random", "pursuit"])
def test_the_ends_of_episodes_and_lap_times_are_the_same_too(tmp_path, driver):
    track = load_track("oval")
    rules = RuleSettings(max_seconds=20.0)
    seen = record(tmp_path / "s", track, driver=driver, rules=rules, n_steps=350)
    again, _, _ = measure_again(tmp_path / "s", track)
    columns = [layout.STATUS, layout.LAP_TIME]
    before, after = np.array(seen.rows)[:, columns], np.array(again.rows)[:, columns]
    assert before.tobytes() == after.tobytes()
    expected = layout.LAP_COMPLETE if driver == "pursuit" else layout.OFF_TRACK
    assert expected in before[:, 0]


def test_a_file_cut_off_anywhere_gives_its_complete_batches_and_a_note(tmp_path, monkeypatch):
    monkeypatch.setattr("racer.env.recording.BATCH", 200)
    path, track = tmp_path / "s.arrows", load_track("oval")
    record(path, track)
    whole = read_recording(path)
    assert whole.notes == ()
    assert len(whole.batches) > 4
    data = path.read_bytes()
    for part in (0.5, 0.75, 0.9):
        path.write_bytes(data[: int(part * len(data))])
        cut = read_recording(path)
        assert 0 < len(cut.batches) < len(whole.batches)
        assert len(cut.notes) == 1
        assert f"after {cut.n_steps:,} complete steps, which are used" in cut.notes[0]
        assert "\n" not in cut.notes[0]
        for one, other in zip(cut.batches, whole.batches, strict=False):
            assert one.reward.tobytes() == other.reward.tobytes()


def test_a_damaged_batch_ends_what_is_used(tmp_path, monkeypatch):
    monkeypatch.setattr("racer.env.recording.BATCH", 200)
    path, track = tmp_path / "s.arrows", load_track("oval")
    record(path, track)
    n_batches = len(read_recording(path).batches)
    data = bytearray(path.read_bytes())
    middle = len(data) * 2 // 3
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(data)
    found = read_recording(path)
    assert 0 < len(found.batches) < n_batches
    assert "damaged" in found.notes[0]


def rewrite(path, settings=None, **columns):
    """Write a recording anew with other settings or columns."""
    table = pa.ipc.open_stream(path.read_bytes()).read_all()
    for name, values in columns.items():
        index = table.schema.get_field_index(name)
        field = table.schema.field(name)
        table = table.set_column(index, field, pa.array(values, field.type))
    if settings is not None:
        table = table.replace_schema_metadata({SETTINGS_KEY: settings})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"car": 5}, "expected cars 0 to 4"),
        ({"steps": 1}, "expected finite poses, and steps of 2 or more"),
        ({"x": np.nan}, "expected finite poses"),
        ({"action": 10}, "an action must be in 0 to 9, got 10"),
        ({"action": -1}, "an action must be in 0 to 9, got -1"),
    ],
)
def test_a_value_that_cannot_be_is_damage(tmp_path, columns, problem):
    path = tmp_path / "s.arrows"
    record(path, load_track("oval"), n_steps=20)
    n = read_recording(path).n_steps
    rewrite(path, **{name: np.full(n, value) for name, value in columns.items()})
    with pytest.raises(RunError, match=rf"s\.arrows: holds no complete step: .*{problem}"):
        read_recording(path)


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(RunError, match=r"steps\.arrows: no such recording"):
        read_recording(tmp_path / "steps.arrows")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not arrow at all", b"\xff" * 64])
def test_another_file_is_not_a_recording(tmp_path, content):
    path = tmp_path / "steps.arrows"
    path.write_bytes(content)
    with pytest.raises(RunError, match="not a recording of racer") as error:
        read_recording(path)
    assert "\n" not in str(error.value)


def test_an_arrow_file_of_something_else_is_not_a_recording(tmp_path):
    path = tmp_path / "steps.arrows"
    table = pa.table({"x": [1.0]})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    with pytest.raises(RunError, match="not a recording of racer: its metadata are missing"):
        read_recording(path)


def test_a_recording_of_another_version_says_which(tmp_path):
    path = tmp_path / "steps.arrows"
    record(path, load_track("oval"), n_steps=5)
    rewrite(path, settings=b'{"schema": 2}')
    with pytest.raises(RunError, match="format: this version of racer reads 1, got 2"):
        read_recording(path)
    rewrite(path, settings=b'{"schema": 1, "track": "oval"}')
    with pytest.raises(RunError, match="'actions' is missing or unknown"):
        read_recording(path)


def test_a_recording_without_steps_says_so(tmp_path):
    path = tmp_path / "steps.arrows"
    record(path, load_track("oval"), n_steps=0)
    with pytest.raises(RunError, match="holds no complete step yet"):
        read_recording(path)


@pytest.mark.parametrize("change", ["scaled", "reversed"])
def test_a_track_that_has_changed_is_refused(tmp_path, change):
    path, track = tmp_path / "steps.arrows", load_track("oval")
    record(path, track, n_steps=5)
    other = track.scaled(1.01) if change == "scaled" else track.reversed()
    with pytest.raises(RunError, match=r"oval\.toml: has changed since the steps of .* recorded"):
        recorded_world(read_recording(path), [other])


def test_the_world_of_a_recording_has_its_car_and_its_starts(tmp_path):
    path, track = tmp_path / "steps.arrows", load_track("oval")
    record(path, track, n_steps=5)
    recording = read_recording(path)
    slower = replace(recording.settings, vehicle=[0.5, *recording.settings.vehicle[1:]])
    world = recorded_world(replace(recording, settings=slower), [track])
    assert world.vehicle.wheelbase == 0.5
    assert world.starts.tolist() == recording.settings.starts

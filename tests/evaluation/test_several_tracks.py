"""Evaluations, traces and recordings of cars on several tracks."""

import dataclasses
import json

import numpy as np
import pyarrow as pa
import pytest

from racer.env import Scenario, ScenarioVectorEnv
from racer.env.recording import RecordingSettings, StepRecorder, track_digest
from racer.errors import RunError
from racer.evaluation import Trace, evaluate, make_driver, spread_starts
from racer.evaluation.recorded_steps import judge_again, read_recording, recorded_world
from racer.reward import iter_params, track_facts

TRACKS = ["oval", "straight", "kidney"]


def lap(track, trials, **options):
    scenario = Scenario.of(track, "center_line", **options)
    return evaluate(make_driver("pure-pursuit", scenario.actions), scenario, trials=trials)


@pytest.fixture(scope="module")
def evaluation():
    return lap(TRACKS, 8)


def test_trials_are_spread_evenly_and_those_of_a_track_start_evenly_spaced(evaluation):
    assert [trial.track for trial in evaluation.trials] == [*TRACKS, *TRACKS, "oval", "straight"]
    starts = {name: [t.start for t in evaluation.trials if t.track == name] for name in TRACKS}
    assert starts["oval"] == pytest.approx([0.0, 1 / 3, 2 / 3])
    assert starts["straight"] == [0.0, 0.0, 0.0], "an open track has one start"
    assert starts["kidney"] == [0.0, 0.5]


def test_a_trial_is_what_it_is_on_its_track_alone(evaluation):
    alone = lap("kidney", 2)
    among = [trial for trial in evaluation.trials if trial.track == "kidney"]
    for one, other in zip(among, alone.trials, strict=True):
        assert dataclasses.replace(one, trial=other.trial) == other
    trace = evaluation.trace.on(TRACKS.index("kidney"))
    for name in ("x", "y", "reward", "along"):
        assert getattr(trace, name).tobytes() == getattr(alone.trace, name).tobytes()


def test_the_summary_has_the_figures_of_each_track(evaluation):
    summary = evaluation.summary()
    assert summary["track"] == "oval, straight, kidney"
    assert list(summary["tracks"]) == TRACKS
    for name, figures in summary["tracks"].items():
        alone = lap(name, figures["trials"]).summary()
        assert figures == {key: alone[key] for key in figures}
    assert "tracks" not in lap("oval", 2).summary()
    json.dumps(evaluation.to_dict())


def test_there_are_never_fewer_trials_than_tracks():
    assert [trial.track for trial in lap(TRACKS, 1).trials] == TRACKS
    assert lap(TRACKS, 3, reverse=True).track == (
        "oval (reversed), straight (reversed), kidney (reversed)"
    )


def test_starts_of_ones_own_are_given_for_each_track():
    halves = spread_starts(5, 2, lambda n: (np.arange(n) + 0.5) / n)
    assert halves[::2] == pytest.approx([1 / 6, 1 / 2, 5 / 6])
    assert halves[1::2] == pytest.approx([1 / 4, 3 / 4])


def test_a_trace_from_before_there_were_several_tracks_is_read(evaluation, tmp_path):
    evaluation.trace.save(tmp_path / "new.npz")
    assert np.array_equal(Trace.load(tmp_path / "new.npz").track, evaluation.trace.track)
    with np.load(tmp_path / "new.npz") as file:
        np.savez(tmp_path / "old.npz", **{name: file[name] for name in file if name != "track"})
    assert not Trace.load(tmp_path / "old.npz").track.any()


# --- recordings ----------------------------------------------------------------------------------


FACTS = {"seed": 3, "reward": "none", "reward_digest": "", "reward_path": "interpreted"}


class Watcher:
    """A reward function of a world that keeps all params that it is called with."""

    def __init__(self, world):
        self.world, self.params = world, []
        self.facts = [track_facts(track) for track in world.tracks]

    def __call__(self, measured, cars, rewards):
        facts = [self.facts[self.world.track_index[car]] for car in cars]
        self.params.extend(iter_params(measured[cars], facts))


@pytest.fixture
def recorded(tmp_path):
    """Return a recording on several tracks, and what was measured when it was made."""
    scenario = Scenario.of(TRACKS, None)
    env = ScenarioVectorEnv(scenario, 5)
    env.reset(seed=3)
    watcher = env.world.reward = Watcher(env.world)
    settings = RecordingSettings.of(env.world, scenario.actions, **FACTS)
    recorder = StepRecorder(tmp_path / "steps.arrows", settings)
    recorder.listen(env.world)
    driver = make_driver("random", scenario.actions, 3)
    for _ in range(90):
        recorder.actions = driver.act(env.world)
        env.step(recorder.actions)
    recorder.close()
    return tmp_path / "steps.arrows", watcher.params, scenario


def test_every_recorded_step_is_measured_again_to_the_last_bit(recorded):
    path, params, scenario = recorded
    recording = read_recording(path)
    assert recording.track_names == TRACKS
    world = recorded_world(recording, scenario.tracks)
    again, seen = Watcher(world), set()
    world.reward = again
    for steps, at in judge_again(recording, world):
        assert np.array_equal(world.track_index[steps.car[at]], steps.track[at])
        seen.update(steps.track[at].tolist())
    assert len(params) > 400
    assert again.params == params
    assert seen == {0, 1, 2}


def test_the_column_of_tracks_is_there_only_where_there_are_several(recorded, tmp_path):
    path, _, scenario = recorded
    settings = read_recording(path).settings
    assert settings.track == TRACKS
    assert settings.track_digest == [track_digest(track) for track in scenario.tracks]
    assert pa.ipc.open_stream(path).schema.field("track").type == pa.uint8()
    one = Scenario.of("oval", None)
    own = RecordingSettings.of(one.world(2), one.actions, **FACTS)
    assert (own.track, own.track_digest) == ("oval", track_digest(one.track))
    StepRecorder(tmp_path / "one.arrows", own).close()
    assert "track" not in pa.ipc.open_stream(tmp_path / "one.arrows").schema.names


def test_a_recording_is_not_replayed_on_other_tracks(recorded):
    path, _, scenario = recorded
    recording = read_recording(path)
    with pytest.raises(RunError, match=r"steps\.arrows: expected its 3 tracks, got 2"):
        recorded_world(recording, scenario.tracks[:2])
    with pytest.raises(RunError, match=r"kidney\.toml: has changed since"):
        recorded_world(recording, [scenario.tracks[k] for k in (0, 2, 1)])

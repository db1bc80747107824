"""Trials, their figures, the built-in drivers, traces."""

import json
from dataclasses import fields

import numpy as np
import pytest

from racer.env import RuleSettings, Scenario
from racer.errors import ConfigError, RunError
from racer.evaluation import Trace, evaluate, make_driver
from racer.vehicle import ContinuousActions, DiscreteActions, default_actions


def run(driver="pure-pursuit", track="oval", reward=None, actions=None, **options):
    trials = options.pop("trials", 4)
    scenario = Scenario.of(track, reward, actions=actions, **options)
    return evaluate(make_driver(driver, scenario.actions), scenario, trials=trials)


@pytest.mark.parametrize("track", ["oval", "reinvent_2018", "bowtie", "straight"])
@pytest.mark.parametrize("actions", [None, ContinuousActions()])
def test_pure_pursuit_finishes_every_lap(track, actions):
    evaluation = run(track=track, actions=actions)
    assert evaluation.finish_rate == 1.0
    assert evaluation.completion == 100.0
    assert [t.end_reason for t in evaluation.trials] == ["lap_complete"] * 4


def test_the_random_driver_leaves_the_track_and_repeats_itself():
    first, second = run("random"), run("random")
    assert first.finish_rate == 0.0
    assert {t.end_reason for t in first.trials} == {"off_track"}
    assert first.trials == second.trials
    assert run("random", trials=2).trials[0].steps == first.trials[0].steps


def test_trials_start_evenly_spaced_and_do_not_depend_on_their_number():
    four, two = run(trials=4), run(trials=2)
    assert [t.start for t in four.trials] == [0.0, 0.25, 0.5, 0.75]
    assert four.trials[2].lap_time == two.trials[1].lap_time


def test_a_lap_at_one_speed_takes_length_over_speed():
    actions = DiscreteActions.from_list([(0.0, 1.5)])
    evaluation = run(track="straight", actions=actions, vehicle="ideal", trials=1)
    trial = evaluation.trials[0]
    length = Scenario.of("straight", None).track.length
    assert trial.lap_time == pytest.approx((length - 0.14) / 1.5, abs=1e-6)
    assert trial.lap_time <= trial.raw_lap_time < trial.lap_time + 1 / 15
    assert trial.steering_change == 0.0


def test_returns_are_those_of_the_reward_function():
    evaluation = run(reward="center_line", trials=2)
    for trial in evaluation.trials:
        rows = evaluation.trace.one(trial.trial)
        assert len(rows) == trial.steps
        assert rows.reward.sum() == pytest.approx(trial.episode_return)
        assert trial.episode_return > 0.5 * trial.steps


def test_penalties_are_in_the_lap_time_when_resets_are_used():
    rules = RuleSettings(max_resets=1000, off_track_penalty=3.0)
    actions = DiscreteActions.from_grid(30, 5, 4.0, 1)  # 4 m/s always: too fast for the turns
    evaluation = run(track="reinvent_2018", actions=actions, rules=rules, trials=2)
    assert evaluation.finish_rate == 1.0
    for trial in evaluation.trials:
        assert trial.off_tracks == trial.resets > 0
        assert trial.penalty_time == pytest.approx(3.0 * trial.off_tracks)
        assert trial.lap_time > trial.penalty_time


def test_ranks_put_finishing_before_speed_before_completion():
    finished, slow, lost = (
        run(),
        run(actions=DiscreteActions.from_grid(30, 5, 1.0, 1)),
        run("random"),
    )
    assert finished.rank > slow.rank > lost.rank
    assert lost.median_lap_time is None
    assert lost.best_lap_time is None


def test_the_summary_is_plain_data():
    evaluation = run("random")
    content = json.loads(json.dumps(evaluation.to_dict()))
    assert content["summary"]["finish_rate"] == 0.0
    assert content["summary"]["best_lap_time"] is None
    assert len(content["trials"]) == 4


def test_a_trace_holds_a_row_for_each_step_of_each_trial(tmp_path):
    evaluation = run("random")
    trace = evaluation.trace
    assert len(trace) == sum(t.steps for t in evaluation.trials)
    one = trace.one(2)
    assert one.steps.tolist() == list(range(2, 2 + evaluation.trials[2].steps))
    assert np.diff(one.time) == pytest.approx(1 / 15)
    assert set(np.unique(trace.action)) <= set(range(len(default_actions().speed)))
    trace.save(tmp_path / "trace.npz")
    again = Trace.load(tmp_path / "trace.npz")
    for field in fields(Trace):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(trace, field.name))


def test_a_trace_holds_lap_times_and_an_older_one_takes_those_of_the_trials(
    tmp_path,
):
    evaluation = run("pure-pursuit")
    trace, times = evaluation.trace, {t.trial: t.lap_time for t in evaluation.trials}
    ends = np.flatnonzero(np.isfinite(trace.lap_time))
    assert {int(trace.trial[k]): float(trace.lap_time[k]) for k in ends} == times
    trace.save(tmp_path / "new.npz")
    with np.load(tmp_path / "new.npz") as file:
        np.savez(tmp_path / "old.npz", **{name: file[name] for name in file if name != "lap_time"})
    older = Trace.load(tmp_path / "old.npz")
    assert np.isnan(older.lap_time).all()
    np.testing.assert_array_equal(older.with_lap_times(times).lap_time, trace.lap_time)


def test_a_broken_trace_is_refused(tmp_path):
    with pytest.raises(RunError, match="no such trace"):
        Trace.load(tmp_path / "none.npz")
    (tmp_path / "bad.npz").write_bytes(b"not a zip")
    with pytest.raises(RunError, match=r"bad\.npz: not a trace"):
        Trace.load(tmp_path / "bad.npz")


def test_an_unknown_driver_is_refused():
    with pytest.raises(
        ConfigError, match="unknown driver 'pure_pursuit': did you mean 'pure-pursuit'"
    ):
        make_driver("pure_pursuit", default_actions())

"""A replay pays recorded steps anew: the own function to the last bit, another one in order."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from racer.config.train_config import TrainConfig
from racer.env import Scenario, ScenarioVectorEnv
from racer.env.recording import RecordingSettings, StepRecorder
from racer.errors import RewardError, RunError
from racer.evaluation import RandomDriver
from racer.kernels import layout
from racer.reward import RewardFailure, reward_names
from racer.reward_lab import replay
from racer.run_files import STEPS
from racer.runs.run_folder import EPISODE_COLUMNS, CsvTable, write_json

N_CARS, N_STEPS = 4, 120


def make_run(folder, reward, *, seed=0, track="oval", reward_path="interpreted"):
    """Leave in a folder what a training leaves for a replay, driven at random."""
    folder.mkdir(parents=True, exist_ok=True)
    config = TrainConfig.of(track=track, seed=seed, n_envs=N_CARS, reward=str(reward))
    scenario = config.scenario(reward=reward)
    env = ScenarioVectorEnv(scenario, N_CARS)
    env.reset(seed=seed)
    facts = {"reward": "own.py", "reward_digest": scenario.reward.digest}
    facts |= {"seed": seed, "reward_path": reward_path}
    settings = RecordingSettings.of(env.world, scenario.actions, **facts)
    recorder = StepRecorder(folder / STEPS, settings)
    recorder.listen(env.world)
    driver = RandomDriver(scenario.actions, seed)
    table = CsvTable(folder / "episodes.csv", EPISODE_COLUMNS)
    for k in range(N_STEPS):
        recorder.actions = driver.act(env.world)
        *_, infos = env.step(recorder.actions)
        for i in np.flatnonzero(infos.get("_final_info", ())):
            final = infos["final_info"]
            table.write([
                {"episode": 0, "update": k // 40, "total_steps": recorder.n_steps, "car": i,
                 "start": 0.0, "steps": final["episode_steps"][i],
                 "return": final["episode_return"][i], "completion": final["progress"][i],
                 "status": final["end_reason"][i]}
            ])  # fmt: skip
    recorder.close()
    table.close()
    write_json(folder / "run.json", {"schema": 1, "config": config.model_dump()})
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "car", "center_line")


@pytest.fixture
def write(tmp_path):
    def write(text, name="mine.py"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


@pytest.mark.parametrize("name", reward_names())
def test_the_own_function_pays_every_step_the_same_to_the_last_bit(name, tmp_path):
    found = replay(make_run(tmp_path / "run", name), name)
    assert found.is_own
    assert found.n_equal == found.n_steps == N_CARS * N_STEPS
    assert found.old.tobytes() == found.new.tobytes()


def test_steps_of_other_equations_are_replayed_as_they_were_driven(tmp_path, monkeypatch):
    run = make_run(tmp_path / "run", "center_line")
    assert replay(run, "center_line").notes == ()
    monkeypatch.setattr(sys.modules["racer.reward_lab.replay"], "EQUATIONS", 3)
    again = replay(run, "center_line")
    assert again.n_equal == again.n_steps
    (note,) = again.notes
    assert note.startswith("the steps were driven with version 2 of the car's equations, now 3: ")


def test_what_was_paid_compiled_in_an_older_version_says_that_last_bits_may_differ(tmp_path):
    run = make_run(tmp_path / "run", "center_line", reward_path="compiled")
    info = json.loads((run / "run.json").read_text())
    info["config"]["compile_reward"] = True
    write_json(run / "run.json", info)
    again = replay(run, "center_line")
    (note,) = again.notes
    assert note.endswith("is not compiled, as the run's was: last bits may differ")
    assert again.n_equal == again.n_steps


def test_a_function_with_memory_sees_what_it_would_have_seen(run, write):
    counting = "calls = 0\ndef reward_function(params):\n    global calls\n    calls += 1\n"
    found = replay(run, write(counting + "    return float(calls)\n"))
    own_count = np.tile(np.arange(1, N_STEPS + 1.0), (N_CARS, 1)).T.ravel()
    assert found.new.tolist() == own_count.tolist()  # each car has calls of its own
    assert not found.is_own
    assert found.n_equal < found.n_steps


def test_episodes_are_those_of_the_training(run):
    found = replay(run, "speed")
    rows = [line.split(",") for line in (run / "episodes.csv").read_text().splitlines()[1:]]
    assert len(rows) == len(found.episodes) > 10
    column = {name: [row[k] for row in rows] for k, name in enumerate(EPISODE_COLUMNS)}
    episodes = found.episodes
    assert episodes.car.tolist() == [int(n) for n in column["car"]]
    assert episodes.update.tolist() == [int(n) for n in column["update"]]
    assert episodes.old == pytest.approx([float(n) for n in column["return"]], abs=1e-5)
    assert episodes.completion == pytest.approx(
        [max(0.0, float(n)) for n in column["completion"]], abs=1e-5
    )
    assert [episodes.row(i)["status"] for i in range(len(rows))] == column["status"]


def test_returns_are_sums_of_rewards_and_unfinished_episodes_are_left_out(run):
    found = replay(run, "speed")
    episodes = found.episodes
    assert episodes.steps.sum() < found.n_steps  # the last ones were under way
    first = episodes.row(0)
    assert first["episode"] == 0
    rows = np.arange(first["steps"]) * N_CARS + first["car"]
    assert first["new_return"] == pytest.approx(found.new[rows].sum())
    assert first["old_return"] == pytest.approx(found.old[rows].sum())


def test_ranks_and_pairs_have_their_known_values(run, write):
    own = replay(run, "center_line")
    assert own.rank_correlation == pytest.approx(1.0)
    assert own.turned_pairs == 0.0
    assert own.best(2, by="old") == own.best(2, by="new")
    turned = replace(own, episodes=replace(own.episodes, new=-own.episodes.new))
    assert turned.rank_correlation == pytest.approx(-1.0)
    assert turned.turned_pairs == 1.0
    assert turned.best(2, by="new") == turned.best(2, by="old", worst=True)
    constant = replay(run, write("def reward_function(params):\n    return 0.0 * params['x']\n"))
    assert constant.rank_correlation is None
    assert constant.turned_pairs is None


def test_means_by_position_are_means_of_the_steps_there(run):
    found = replay(run, "speed")
    edges, old, new = found.by_position()
    assert edges[0] == 0.0
    assert edges[-1] == pytest.approx(found.tracks[0].length)
    here = (found.along >= edges[3]) & (found.along < edges[4])
    assert here.any()
    assert old[3] == pytest.approx(found.old[here].mean())
    assert new[3] == pytest.approx(found.new[here].mean())


def test_everything_is_plain_data(run):
    data = json.loads(json.dumps(replay(run, "speed").to_dict()))
    assert data["steps"] == N_CARS * N_STEPS
    assert data["episodes"][0].keys() >= {"car", "update", "old_return", "new_return", "status"}


def test_a_python_function_can_be_replayed(run):
    found = replay(run, lambda params: params["progress"])
    assert not found.is_own
    assert len(np.unique(found.new)) > 100


def test_on_step_counts_up_to_the_number_of_steps(run):
    seen = []
    replay(run, "speed", on_step=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (N_CARS * N_STEPS, N_CARS * N_STEPS)
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("import random", "draws random numbers ('random')"),
        ("import time", "reads the clock ('time')"),
        ("from datetime import datetime\nx = datetime.now()", "reads the clock ('now')"),
        ("import unheard_of", "uses what racer cannot look into"),
    ],
)
def test_chance_and_clocks_are_refused_by_name(run, write, line, reason):
    file = write(f"{line}\ndef reward_function(params):\n    return 1.0\n")
    with pytest.raises(RewardError) as error:
        replay(run, file)
    assert f"mine.py: {reason}" in str(error.value)
    assert str(error.value).endswith("what it pays cannot be repeated")


def test_a_function_that_fails_says_where_and_with_which_params(run, write):
    file = write("def reward_function(params):\n    return 1 / (params['steps'] - 9)\n")
    with pytest.raises(RewardFailure, match=r"mine\.py:2: step 9 of car 0: ZeroDivision") as error:
        replay(run, file)
    assert error.value.params["steps"] == 9.0


def test_a_run_without_recorded_steps_says_how_to_get_them(tmp_path):
    run = make_run(tmp_path / "run", "center_line")
    (run / STEPS).unlink()
    with pytest.raises(RunError, match=r"run: has no recorded steps .* without --no-record"):
        replay(run, "speed")


def test_a_track_file_that_was_changed_is_refused(tmp_path, write):
    text = Scenario.of("oval", None).track.source.read_text()
    track = write(text, "mine.toml")
    run = make_run(tmp_path / "run", "center_line", track=str(track))
    assert replay(run, "center_line").n_equal == N_CARS * N_STEPS
    track.write_text(Scenario.of("kidney", None).track.source.read_text())
    with pytest.raises(RunError, match=r"mine\.toml: has changed since the steps of"):
        replay(run, "center_line")


def test_a_cut_off_recording_is_replayed_as_far_as_it_goes(tmp_path, monkeypatch):
    monkeypatch.setattr("racer.env.recording.BATCH", 100)
    run = make_run(tmp_path / "run", "progress_per_step")
    data = (run / STEPS).read_bytes()
    (run / STEPS).write_bytes(data[: len(data) // 2])
    found = replay(run, "progress_per_step")
    assert 0 < found.n_equal == found.n_steps < N_CARS * N_STEPS
    assert "damaged or cut off" in found.notes[0]


def test_a_folder_that_is_no_run_is_one_line(tmp_path):
    with pytest.raises(RunError, match="no such run folder"):
        replay(tmp_path / "nothing", "speed")


def test_no_reward_function_is_one_line(run):
    with pytest.raises(RewardError, match="expected a reward function, got None"):
        replay(run, None)


def test_status_names_cover_what_the_recording_holds(run):
    statuses = set(replay(run, "speed").episodes.status.tolist())
    assert statuses <= {layout.OFF_TRACK, layout.IMMOBILIZED, layout.REVERSED, layout.TIME_UP}

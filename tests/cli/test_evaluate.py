"""evaluate, watch and plot: of a driver, and of a run."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import environment


def trials(answer) -> list[dict]:
    return json.loads(answer.out)["trials"]


def test_a_driver_is_evaluated_from_evenly_spaced_starts(racer):
    answer = racer("evaluate", "pure-pursuit", "--track", "oval", "--trials", "4", "--json")
    assert answer.status == 0
    result = json.loads(answer.out)
    assert [trial["start"] for trial in result["trials"]] == [0.0, 0.25, 0.5, 0.75]
    assert result["summary"]["finish_rate"] == 1.0
    assert result["summary"]["track"] == "oval"


def test_the_table_and_the_summary_say_the_same(racer):
    words = ["evaluate", "pure-pursuit", "--track", "oval", "--trials", "3"]
    result = json.loads(racer(*words, "--json").out)
    text = racer(*words).out
    assert text.count("lap complete") == 3
    assert "3 of 3 laps finished (100 %)" in text
    assert f"median {result['summary']['median_lap_time']:.3f} s" in text
    for trial in result["trials"]:
        assert f"{trial['lap_time']:.3f} s" in text


def test_a_faster_action_space_makes_a_faster_lap(racer):
    words = ["evaluate", "pure-pursuit", "--track", "oval", "--trials", "2", "--json"]
    slow = trials(racer(*words, "--max-speed", "1", "--speed-granularity", "1"))
    fast = trials(racer(*words, "--max-speed", "2", "--speed-granularity", "1"))
    assert fast[0]["lap_time"] < 0.6 * slow[0]["lap_time"]


def test_a_scaled_track_takes_longer(racer):
    words = ["evaluate", "pure-pursuit", "--track", "oval", "--trials", "1", "--json"]
    (small,), (large,) = trials(racer(*words)), trials(racer(*words, "--track-scale", "2"))
    assert large["lap_time"] > 1.5 * small["lap_time"]


def test_resets_cost_seconds_and_are_listed(racer):
    words = ["evaluate", "random", "--track", "oval", "--trials", "3", "--resets", "2"]
    ended = trials(racer(*words, "--off-track-penalty", "4", "--json"))
    assert {trial["resets"] for trial in ended} == {2}
    assert {trial["off_tracks"] for trial in ended} == {3}
    assert [trial["penalty_time"] for trial in ended] == pytest.approx([8.0, 8.0, 8.0])
    assert "waited" in racer(*words).out


def test_drivers_are_evaluated_without_torch():
    code = "from racer.cli.main import run; import sys; "
    code += "run(['evaluate', 'random', '--trials', '1', '--track', 'oval', '--json']); "
    code += "sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], env=environment(), check=True, capture_output=True)


def test_a_run_is_evaluated_on_its_own_track_with_its_own_reward(racer, car):
    answer = racer("evaluate", str(car), "--trials", "3", "--json")
    assert answer.status == 0
    result = json.loads(answer.out)
    assert result["summary"]["driver"] == "car"
    assert result["summary"]["track"] == "reinvent_2018"
    assert all(trial["episode_return"] > 0.0 for trial in result["trials"])


def test_a_run_is_found_by_its_name_in_the_folder_of_runs(racer, car, monkeypatch):
    monkeypatch.chdir(car.parent.parent)
    assert racer("evaluate", "car", "--trials", "1").status == 0
    assert racer("evaluate", "runs/car/last.zip", "--trials", "1").status == 0


def test_a_run_can_be_put_on_another_track_in_either_direction(racer, car):
    words = ["evaluate", str(car), "--trials", "2", "--json", "--track", "oval", "--reverse"]
    assert json.loads(racer(*words).out)["summary"]["track"] == "oval (reversed)"


def test_another_car_than_the_one_that_was_trained_is_said_in_one_line(racer, car):
    assert "moves otherwise" not in racer("evaluate", str(car), "--trials", "1").err
    answer = racer("evaluate", str(car), "--trials", "1", "--vehicle", "deepracer_v5")
    assert answer.status == 0
    (line,) = [one for one in answer.err.splitlines() if "moves otherwise" in one]
    assert "than the one it was trained with: dead_time 0.0833, not 0.0322; " in line


@pytest.mark.parametrize(
    "words",
    [
        ["watch", "-o", "as-it-was.gif"],
        ["watch", "--checkpoint", "last", "-o", "driven-anew.gif"],
        ["robustness", "--trials", "1", "--strengths", "1", "--unseen", "0", "-o", "outside"],
        ["export", "-o", "out"],
    ],
)
def test_whoever_drives_a_car_of_other_physics_says_so_in_one_line(racer, car, monkeypatch, words):
    monkeypatch.setattr("racer.vehicle.physics.EQUATIONS", 3)
    if words[0] == "export":
        pytest.importorskip("onnxruntime")
    verb, *rest = words
    answer = racer(verb, str(car), *rest)
    assert answer.status == 0, answer.err
    (line,) = [one for one in answer.err.splitlines() if "otherwise" in one]
    assert "version 3 of the car's equations, not 2" in line


def test_two_evaluations_of_one_checkpoint_are_equal(racer, car):
    words = ["evaluate", str(car), "--trials", "3", "--json", "--checkpoint", "last"]
    assert racer(*words).out == racer(*words).out


def test_watch_films_the_final_evaluation_of_a_run(racer, car, tmp_path):
    answer = racer("watch", str(car), "-o", "films/lap.gif", "--trial", "0")
    assert answer.status == 0
    assert answer.out == "films/lap.gif\n"
    with Image.open(tmp_path / "films" / "lap.gif") as film:
        assert film.n_frames > 5


def test_watch_puts_the_film_of_a_driver_into_the_working_folder(racer, tmp_path):
    words = ["watch", "random", "--track", "oval", "--json"]
    assert json.loads(racer(*words).out) == {"film": "lap.gif"}
    assert (tmp_path / "lap.gif").is_file()


def test_plot_draws_a_run_into_its_folder_or_another(racer, car, tmp_path):
    answer = racer("plot", str(car), "-o", "figures", "--json")
    assert answer.status == 0
    names = {Path(name).name for name in json.loads(answer.out)["figures"]}
    assert {"learning_curves.png", "laps_by_speed.png", "off_tracks.png"} <= names
    assert all((tmp_path / "figures" / name).is_file() for name in names)


def test_plot_draws_several_runs_together(racer, car):
    answer = racer("plot", str(car), str(car), "-o", "both")
    assert answer.status == 0
    lines = answer.out.splitlines()
    assert lines[0] == "both/learning_curves.png"
    assert "both/car-laps_by_reward.png" in lines


def test_a_sampled_run_is_another_car_than_the_greedy_one_and_the_same_each_time(racer, car):
    words = ["evaluate", str(car), "--trials", "4"]
    greedy, sampled = (json.loads(racer(*words, *more, "--json").out)
                       for more in ([], ["--sample"]))  # fmt: skip
    assert greedy["summary"]["policy"] == "greedy"
    assert sampled["summary"]["policy"] == "sampled"
    assert [one["steps"] for one in greedy["trials"]] != [one["steps"] for one in sampled["trials"]]
    assert json.loads(racer(*words, "--sample", "--json").out) == sampled
    assert racer(*words).out.splitlines()[0].startswith("greedy car: ")
    assert racer(*words, "--sample").out.startswith("exploring car (actions drawn): ")


def test_sampling_leaves_torchs_own_stream_alone(racer, car):
    import torch

    torch.manual_seed(5)
    before = torch.get_rng_state()
    racer("evaluate", str(car), "--trials", "2", "--sample")
    assert torch.equal(torch.get_rng_state(), before)


def test_a_driver_without_a_policy_cannot_sample(racer):
    answer = racer("evaluate", "pure-pursuit", "--track", "oval", "--sample")
    assert answer.status == 1
    assert answer.lines == [
        "error: sample: only a run's policy can draw its actions, not pure-pursuit"
    ]
    assert not racer("evaluate", "random", "--track", "oval", "--trials", "1").out.startswith("gr")


def test_the_summary_comes_before_the_table(racer):
    lines = racer("evaluate", "pure-pursuit", "--track", "oval", "--trials", "1").out.splitlines()
    assert "laps finished" in lines[0]
    assert next(k for k, line in enumerate(lines) if "trial" in line) > 2

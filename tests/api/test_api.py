"""The Python API: the verbs in a few lines."""

import ast
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest
from matplotlib.figure import Figure

import racer
from racer.api import FIGURES
from racer.config.parse import make_config
from racer.env import RacerEnv
from racer.errors import ConfigError, RunError
from racer.vehicle import DiscreteActions

FEW = {"steps": 600, "n_envs": 8, "eval_trials": 3}


def pay_for_the_middle(params):
    """Pay for the middle of the road."""
    return 1.0 - params["distance_from_center"] / params["track_width"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    said = []
    run = racer.train(
        pay_for_the_middle, track="oval", name="mine", runs_dir=folder, learning_rate=0.02,
        actions=DiscreteActions.from_grid(20.0, 3, 1.5, 1), on_progress=said.append, **FEW,
    )  # fmt: skip
    assert said
    assert said[0].steps > 0
    return run


def test_a_python_function_trains_a_car(run):
    assert run.folder.name == run.name == "mine"
    assert run.config.reward == "pay_for_the_middle"
    assert run.config.hyperparameters == {"learning_rate": 0.02}
    assert len(run.actions) == 3
    assert run.track.name == "oval"
    assert len(run.episodes["return"]) >= 8
    assert len(run.updates["total_steps"]) >= 1
    assert run.evaluations["total_steps"][0] == 0  # before the first update: never the best
    assert run.evaluations["is_best"].tolist()[:2] == [False, True]
    assert len(run.evaluation.trials) == 3
    assert run.evaluation.finish_rate == run.info["evaluation"]["finish_rate"]
    assert set(run.trace.trial) == {0, 1, 2}
    assert run.info["status"] == "finished"


def test_a_run_draws_its_figures(run, tmp_path):
    drawn = run.figures("action_space", "laps_by_speed")
    assert list(drawn) == ["action_space", "laps_by_speed"]
    assert all(isinstance(figure, Figure) for figure in drawn.values())
    written = run.save("off_tracks", folder=tmp_path)
    assert written == {"off_tracks": tmp_path / "off_tracks.png"}
    with pytest.raises(ConfigError, match="unknown figure 'laps_by_sped': did you mean"):
        run.figures("laps_by_sped")


@pytest.mark.slow
def test_a_run_draws_all_of_its_figures(run):
    assert list(run.figures()) == list(FIGURES)


def test_a_run_is_opened_and_evaluated_by_its_folder(run):
    again = racer.load_run(run.folder)
    assert again.evaluation.to_dict() == run.evaluation.to_dict()
    evaluation = racer.evaluate(again, trials=2)
    assert len(evaluation.trials) == 2
    assert racer.evaluate(str(run.folder), trials=2).to_dict() == evaluation.to_dict()
    assert racer.evaluate(run, track="kidney", trials=1).track == "kidney"


def test_another_track_comes_with_its_own_direction(run, tmp_path):
    evaluation = racer.evaluate(run, reverse=True, trials=1)
    assert evaluation.track == "oval (reversed)"
    assert racer.evaluate("random", track=Path("oval"), trials=1).track == "oval"


def test_a_run_without_an_evaluation_says_so(run, tmp_path):
    text = (run.folder / "run.json").read_text()
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(RunError, match="has no evaluation yet"):
        _ = racer.load_run(tmp_path).evaluation
    for name in ("trace.npz", "evaluation.json"):
        (tmp_path / name).write_bytes((run.folder / name).read_bytes())
    assert racer.load_run(tmp_path).evaluation.trials == run.evaluation.trials
    (tmp_path / "evaluation.json").write_text('{"trials": [{"lap": 1}], "summary": {}}')
    with pytest.raises(RunError, match=r"evaluation\.json: not an evaluation: "):
        _ = racer.load_run(tmp_path).evaluation


def test_watch_films_a_run(run, tmp_path):
    film = racer.watch(run, tmp_path / "lap.gif", trial=0)
    assert film.read_bytes()[:4] == b"GIF8"


def test_a_driver_takes_an_action_space_and_a_run_does_not(run):
    actions = DiscreteActions.from_grid(30.0, 7, 1.0, 1)
    slow = racer.evaluate("pure-pursuit", track="oval", actions=actions, trials=1)
    assert slow.finish_rate == 1.0
    assert slow.best_lap_time > 15.0
    with pytest.raises(ConfigError, match="only drivers take others"):
        racer.evaluate(run, actions=actions)


def test_a_folder_of_a_drivers_name_is_a_run(tmp_path, monkeypatch):
    (tmp_path / "random").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match="holds no checkpoint yet"):
        racer.evaluate("random")


def test_settings_and_hyperparameters_share_one_list_of_names():
    notes = []
    config = make_config(
        steps=5, gamma=0.9, hyperparameters={"lr": 0.1}, track=Path("oval"), on_note=notes.append
    )
    assert config.hyperparameters == {"learning_rate": 0.1, "discount_factor": 0.9}
    assert len(notes) == 1
    assert config.track == ("oval",)
    with pytest.raises(ConfigError, match="unknown setting 'stepz': did you mean 'steps'"):
        make_config(stepz=5)


def test_plot_needs_a_run():
    with pytest.raises(ConfigError, match="plot: expected at least one run, got none"):
        racer.plot([])


def test_every_public_name_is_there_and_nothing_else_is():
    for name in racer.__all__:
        assert getattr(racer, name) is not None
    assert set(racer.__all__) <= set(dir(racer))
    with pytest.raises(AttributeError, match="module 'racer' has no attribute 'nosuch'"):
        racer.nosuch  # noqa: B018


def test_the_api_is_imported_without_anything_heavy():
    code = "import racer, sys; racer.train, racer.Run; print(sorted(sys.modules))"
    answer = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    heavy = {"numpy", "torch", "numba", "matplotlib", "gymnasium", "typer"}
    assert heavy & set(ast.literal_eval(answer.stdout)) == set()


@pytest.mark.parametrize("first", ["racer, gymnasium", "gymnasium, racer"])
def test_gymnasium_knows_the_environments_whichever_is_imported_first(first):
    code = f"import {first}; spec = gymnasium.spec('racer/TimeTrial-v0'); print(spec.entry_point)"
    assert said_by(code) == "racer.env.racer_env:RacerEnv\n"


@pytest.mark.parametrize("make", ["make", "make_vec"])
def test_gymnasium_makes_the_environments_where_nothing_else_is_imported(make):
    code = (
        "import gymnasium\n"
        f"env = gymnasium.{make}('racer.gym:racer/TimeTrial-v0', track='oval')\n"
        "print(env.unwrapped.spec.id)"
    )
    assert said_by(code) == "racer/TimeTrial-v0\n"


def said_by(code):
    """What a new process prints that runs some code."""
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=True, capture_output=True, text=True
    )
    return answer.stdout


def test_gymnasium_makes_the_environments():
    env = gymnasium.make("racer/TimeTrial-v0", track="oval")
    assert isinstance(env.unwrapped, RacerEnv)
    env.close()
    envs = gymnasium.make_vec("racer/TimeTrial-v0", num_envs=2, track="oval")
    assert envs.num_envs == 2
    envs.close()


def test_what_is_no_hook_is_refused_where_a_run_goes_on(run):
    with pytest.raises(ConfigError, match="unknown argument 'on_progres': did you mean 'on_prog"):
        racer.resume(run, on_progres=print)

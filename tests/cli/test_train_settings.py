"""From options and files to the settings of a training."""

import json
from dataclasses import asdict

import pytest

from racer.cli.settings import make_actions, make_configs, run_folders
from racer.cli.train_job import Job
from racer.errors import ConfigError, RacerError
from racer.vehicle import DiscreteActions


def configs_of(*, notes=None, settings=None, **job):
    return make_configs(Job(settings or {}, **job), (notes if notes is not None else []).append)


def test_without_options_the_defaults_are_used():
    (config,) = configs_of()
    assert (config.reward, config.track, config.algo) == (
        "center_line", ("reinvent_2018",), "vpg",
    )  # fmt: skip
    assert config.hyperparameters == {}


def test_options_win_over_the_config_file(tmp_path):
    path = tmp_path / "my.toml"
    path.write_text('track = "oval"\nsteps = 5000\n[hyperparameters]\nlearning_rate = 0.5\n')
    (config,) = configs_of(
        config_file=str(path), settings={"steps": 7000}, hyperparameters={"lr": "1e-3"}
    )
    assert (config.track, config.steps) == (("oval",), 7000)
    assert config.hyperparameters == {"learning_rate": 0.001}


def test_hyperparameters_get_their_first_name_and_the_strongest_value(tmp_path):
    path = tmp_path / "hyperparameters.json"
    path.write_text(json.dumps({"lr": 0.0003, "num_epochs": 10, "stack_size": 1, "batch_size": 64}))
    notes = []
    (config,) = configs_of(
        settings={"algo": "ppo"},
        hyperparameter_file=str(path),
        hyperparameters={"learning_rate": "0.002", "gamma": "0.9"},
        notes=notes,
    )
    expected = {"learning_rate": 0.002, "epochs": 10, "batch_size": 64, "discount_factor": 0.9}
    assert config.hyperparameters == expected
    assert len(notes) == 1
    assert notes[0].startswith("stack_size has no effect")


def test_several_seeds_differ_in_nothing_else():
    configs = configs_of(settings={"seed": 5}, seeds=3)
    assert [config.seed for config in configs] == [5, 6, 7]
    assert len({config.model_copy(update={"seed": 0}).model_dump_json() for config in configs}) == 1


def test_a_job_survives_its_line():
    job = Job({"steps": 3}, seeds=2, hyperparameters={"lr": "ä\n"}, arguments=["racer", "train"])
    assert "\n" not in job.to_line()
    assert Job.from_line(job.to_line()) == job
    assert asdict(Job.from_line(job.to_line()))["force"] is False


@pytest.mark.parametrize(
    ("job", "message"),
    [
        ({"settings": {"algo": "sarsa"}}, "unknown algorithm 'sarsa': known: a2c, ppo, sac, vpg"),
        ({"settings": {"steps": 0}}, "steps: input should be greater than or equal to 1, got 0"),
        ({"settings": {"until_finish": 2.0}}, "until_finish: input should be less than or equal"),
        ({"settings": {"seed": -1}}, "seed: input should be greater than or equal to 0, got -1"),
        ({"seeds": 0}, "--seeds: must be 1 or more, got 0"),
        ({"hyperparameters": {"learing_rate": "1"}}, "did you mean 'learning_rate'?"),
        ({"hyperparameters": {"lr": "fast"}}, "lr: expected a number above 0"),
        ({"hyperparameters": {"lr": "0.1", "learning_rate": "0.2"}}, "are the same setting"),
        (
            {"settings": {"algo": "ppo"}, "hyperparameters": {"episodes_per_update": "5"}},
            "set n_steps",
        ),
        ({"config_file": "nosuch.toml"}, "nosuch.toml: no such file"),
        ({"config_file": "unknown.toml"}, "unknown.toml: unknown setting 'learning'"),
        ({"config_file": "negative.toml"}, "negative.toml: steps: input should be"),
        ({"hyperparameter_file": "nosuch.json"}, "nosuch.json: cannot be read"),
        ({"hyperparameter_file": "broken.json"}, "broken.json: line 1"),
        ({"actions": {"max_speed": -1.0}}, "max_speed must be positive, got -1"),
        ({"actions": {"action_space": "nosuch.json"}}, "nosuch.json: cannot be read"),
        ({"actions": {"action_space": "a.json", "max_speed": 1.0}}, "leave out --max-speed"),
    ],
)
def test_a_setting_that_cannot_be_used_says_why(tmp_path, monkeypatch, job, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "unknown.toml").write_text("learning = 3\n")
    (tmp_path / "negative.toml").write_text("steps = -3\n")
    (tmp_path / "broken.json").write_text("{'a': 1}\n")
    with pytest.raises(RacerError, match=message.replace("?", r"\?")) as error:
        configs_of(**job)
    assert "\n" not in str(error.value)


def test_the_four_numbers_make_the_grid_of_actions():
    made = make_actions(max_speed=3.0, speed_granularity=1, max_steering=20.0)
    assert made == DiscreteActions.from_grid(20.0, 5, 3.0, 1)
    assert make_actions() is None


def test_a_run_without_a_name_gets_the_next_free_number(tmp_path):
    job = Job({}, runs_dir=str(tmp_path))
    configs = configs_of()
    assert run_folders(job, configs) == [tmp_path / "center_line-vpg-001"]
    (tmp_path / "center_line-vpg-001").mkdir()
    (tmp_path / "center_line-vpg-002-s0").mkdir()
    assert run_folders(job, configs) == [tmp_path / "center_line-vpg-003"]


def test_several_seeds_get_a_folder_each(tmp_path):
    job = Job({}, runs_dir=str(tmp_path / "new"), name="mine", seeds=2)
    folders = run_folders(job, configs_of(settings={"seed": 4}, seeds=2))
    assert folders == [tmp_path / "new" / "mine-s4", tmp_path / "new" / "mine-s5"]


def test_a_name_that_is_taken_is_refused_before_anything_is_trained(tmp_path):
    (tmp_path / "mine-s1").mkdir()
    job = Job({}, runs_dir=str(tmp_path), name="mine", seeds=2)
    configs = configs_of(seeds=2)
    with pytest.raises(RacerError, match="mine-s1: already there: choose another --name"):
        run_folders(job, configs)
    assert len(run_folders(Job({}, runs_dir=str(tmp_path), name="mine", force=True), configs)) == 2


@pytest.mark.parametrize("name", ["a/b", "..", ".", ""])
def test_a_name_must_be_the_name_of_a_folder(tmp_path, name):
    with pytest.raises(ConfigError, match="--name: expected the name of a folder"):
        run_folders(Job({}, runs_dir=str(tmp_path), name=name), configs_of())


def test_a_folder_for_runs_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RacerError, match="file: no folder for runs can be made: File exists"):
        run_folders(Job({}, runs_dir=str(tmp_path / "file")), configs_of())

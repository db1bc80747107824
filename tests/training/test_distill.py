"""Distillation: a student that sees pictures drives as its teacher; its run is like any other."""

import numpy as np
import pytest

import racer
from racer.api import plot_saliency
from racer.config.train_config import TrainConfig
from racer.env import Scenario
from racer.errors import ConfigError, RunError
from racer.evaluation import evaluate
from racer.runs.checkpoint_file import find_checkpoint
from racer.training.checkpoint import PolicyDriver, load_checkpoint
from racer.training.inheritance import student_settings
from racer.training.resume import resume
from racer.training.sights import watch_drive
from racer.training.train import train
from racer.vehicle import DiscreteActions

SMALL = {"image_size": "32x24", "n_envs": 8, "steps": 600, "eval_every": 200, "eval_trials": 4}


@pytest.fixture(scope="session")
def teacher(made_once):
    """Return the folder of a car that laps by its state."""
    settings = {"steps": 90_000, "record": False}
    name = "teacher"
    return made_once(name, lambda at: train(TrainConfig.of(**settings), folder=at / name)) / name


@pytest.fixture(scope="session")
def beginner(made_once):
    """Return the folder of a car that has hardly learned to drive by its state."""
    settings = {"steps": 600, "n_envs": 8, "eval_trials": 2, "max_seconds": 6.0, "record": False}
    name = "beginner"
    return made_once(name, lambda at: train(TrainConfig.of(**settings), folder=at / name)) / name


@pytest.fixture(scope="session")
def pupil(beginner, made_once):
    """Return the folder of a student of the beginner."""
    settings = {**student_settings(beginner), **SMALL, "record": False}
    name = "pupil"
    return made_once(name, lambda at: train(TrainConfig.of(**settings), folder=at / name)) / name


@pytest.fixture(scope="session")
def student(teacher, made_once):
    """Return the folder of the student of a car that laps."""
    settings = {**student_settings(teacher), "record": False}
    name = "student"
    return made_once(name, lambda at: train(TrainConfig.of(**settings), folder=at / name)) / name


@pytest.mark.long
def test_a_student_laps_by_its_camera(student):
    checkpoint = load_checkpoint(find_checkpoint(student))
    assert checkpoint.config.observe == "camera"
    driver = PolicyDriver(checkpoint.model, "student")
    assert evaluate(driver, checkpoint.config.scenario(), trials=20).finish_rate >= 0.95


class Blindfolded:
    """Drives as a policy that is shown something else than what its car sees."""

    name = "blindfolded"

    def __init__(self, driver, show):
        self.driver, self.show = driver, show

    def act(self, world):
        return self.driver.choose(self.show(world.observation))


@pytest.mark.long
@pytest.mark.parametrize(
    ("what", "show"),
    [
        ("nothing", np.zeros_like),
        ("grey", lambda pictures: np.full_like(pictures, 90)),
        ("another car's pictures", lambda pictures: np.roll(pictures, 7, axis=0)),
    ],
)
def test_a_student_that_does_not_see_its_road_does_not_lap(student, what, show):
    checkpoint = load_checkpoint(find_checkpoint(student))
    blind = Blindfolded(PolicyDriver(checkpoint.model, "student"), show)
    found = evaluate(blind, checkpoint.config.scenario(), trials=20)
    assert found.finish_rate <= 0.1, what


@pytest.mark.slow
def test_a_stopped_student_ends_as_one_that_was_not(beginner, tmp_path):
    config = TrainConfig.of(**{**student_settings(beginner), **SMALL})
    train(config, folder=tmp_path / "whole")
    train(config.model_copy(update={"steps": 320}), folder=tmp_path / "part")
    resume(tmp_path / "part", steps=280)
    whole, part = (load_checkpoint(tmp_path / name / "last.zip") for name in ("whole", "part"))
    for name, weights in whole.weights.items():
        assert np.array_equal(weights, part.weights[name]), name
    kept = [one.training["learning"]["kept"] for one in (whole, part)]
    assert np.array_equal(kept[0]["seen"], kept[1]["seen"])
    assert np.array_equal(kept[0]["labels"], kept[1]["labels"])


@pytest.mark.slow
def test_a_film_shows_what_the_car_sees_beside_the_road(pupil, beginner, tmp_path):
    from PIL import Image

    for run in (pupil, beginner):
        path = racer.watch(run, tmp_path / f"{run.name}.gif", camera=True, trials=2)
        with Image.open(path) as film:
            assert film.width == 640 + 320
            film.seek(5)
            picture = np.asarray(film.convert("RGB"))[40:240, 660:940]
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 4
        is_grey = np.ptp(picture.astype(int), axis=2).max() < 12
        assert is_grey == (run is pupil)


def test_which_pixels_decide_is_drawn_and_a_car_without_camera_has_none(pupil, beginner, tmp_path):
    assert plot_saliency(pupil, tmp_path).is_file()
    with pytest.raises(ConfigError, match="saliency: expected a run that drives by its camera"):
        plot_saliency(beginner, tmp_path)


@pytest.mark.long
def test_pixels_of_the_road_decide(student):
    checkpoint = load_checkpoint(find_checkpoint(student))
    driver = PolicyDriver(checkpoint.model, "student")
    _, watched = watch_drive(driver, checkpoint.config.scenario(), 4)
    found = watched.saliency(0, list(range(0, 100, 10)))
    assert found.shape == (10, 48, 64)
    assert found.mean() == pytest.approx(1.0)
    assert found[:, 11:30].mean() > 2.0 * found[:, :8].mean()  # the road ahead, not the sky


def test_a_student_from_python_is_a_run_like_any_other(beginner, tmp_path):
    run = racer.distill(beginner, "small", runs_dir=tmp_path, record=False, **SMALL)
    assert run.config.teacher == str((beginner / "best.zip").resolve())
    assert run.evaluation is not None
    assert len(run.evaluation.trials) == 4


def test_a_student_whose_teacher_has_changed_is_not_gone_on_with(beginner, tmp_path):
    own = tmp_path / "teacher.zip"
    own.write_bytes((beginner / "best.zip").read_bytes())
    settings = {**student_settings(beginner), **SMALL, "teacher": str(own), "steps": 64}
    train(TrainConfig.of(**settings), folder=tmp_path / "run")
    own.write_bytes((beginner / "last.zip").read_bytes())
    with pytest.raises(RunError, match=r"its teacher .*teacher.zip has changed since"):
        resume(tmp_path / "run", steps=64)
    own.unlink()
    with pytest.raises(RunError, match=r"teacher.zip: no such checkpoint"):
        resume(tmp_path / "run", steps=64)


def test_a_student_takes_what_it_drives_from_its_teacher(beginner):
    settings = student_settings(beginner)
    assert settings["algo"] == "dagger"
    assert settings["track"] == "reinvent_2018"
    assert TrainConfig.of(**settings).make_sensor().name == "camera"


OTHER_ACTIONS = (
    "has another action space, 10 actions up to 30° and 2 m/s, the student has 3 actions up to 20°"
)


def test_a_teacher_of_another_action_space_is_refused(beginner, tmp_path):
    actions = DiscreteActions.from_list([(-20.0, 1.0), (0.0, 2.0), (20.0, 1.0)]).to_dict()
    config = TrainConfig.of(**{**student_settings(beginner), **SMALL, "actions": actions})
    with pytest.raises(ConfigError, match=OTHER_ACTIONS):
        train(config, folder=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_teacher_that_is_gone_is_one_line(beginner, tmp_path):
    gone = str(tmp_path / "gone.zip")
    config = TrainConfig.of(**{**student_settings(beginner), **SMALL, "teacher": gone})
    with pytest.raises(RunError, match=r"gone.zip: no such checkpoint"):
        train(config, folder=tmp_path / "run")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"algo": "dagger"}, "dagger: expected a teacher: racer distill RUN"),
        ({"algo": "ppo", "teacher": "x.zip"}, "teacher: ppo learns from rewards, only dagger"),
    ],
)
def test_a_teacher_and_dagger_belong_together(settings, message):
    with pytest.raises(ConfigError, match=message):
        TrainConfig.of(**settings)


def test_another_sensor_looks_without_changing_the_world():
    world = Scenario.of("oval", None).world(3)
    before = world.state_dict()
    config = TrainConfig.of(observe="camera", image_size="32x24")
    sensor = config.make_sensor()
    seen = sensor.allocate(3)
    world.look(sensor, seen)
    assert seen.any()
    after = world.state_dict()
    assert all(np.array_equal(before[name], after[name], equal_nan=True) for name in before)


def test_a_student_can_go_on_learning_from_rewards(beginner, tmp_path):
    small = {**SMALL, "record": False}
    student = racer.distill(beginner, "student", runs_dir=tmp_path, **small)
    ppo = {"steps": 128, "n_steps": 8, "batch_size": 64}
    run = racer.clone(student, "more", runs_dir=tmp_path, algo="ppo", **ppo)
    assert (run.config.algo, run.config.teacher) == ("ppo", None)
    assert run.config.eval_every == TrainConfig().eval_every
    assert run.config.observe == "camera"
    same = racer.clone(student, "same", runs_dir=tmp_path, steps=64)
    assert same.config.teacher == student.config.teacher

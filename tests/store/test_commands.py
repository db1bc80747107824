"""The commands with a store: what they publish is what others read, and go on with."""

import json

import pytest

from racer.cli.main import run as run_command
from racer.config.train_config import TrainConfig
from racer.store.fetch import fetch_whole
from racer.store.publish import Upload
from racer.training.hooks import Hooks
from racer.training.resume import resume
from racer.training.train import train

SHORT = ["--steps", "600", "--n-envs", "8", "--eval-trials", "2", "--no-figures", "--no-film"]
CONFIG = {"steps": 600, "n_envs": 8, "eval_trials": 2, "eval_every": 200, "track": "oval"}
BY_THE_CLOCK = ("tensorboard", "provenance", "run.lock")


@pytest.fixture
def racer(tmp_path, monkeypatch, capsys):
    """Run a command in an empty working folder; return its status and what it said."""
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def call(*words):
        status = run_command(list(words))
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] not in BY_THE_CLOCK
    }


def test_a_published_run_is_read_like_its_folder(racer, store, tmp_path):
    status, _, err = racer("train", *SHORT, "--name", "car", "--store", store)
    assert status == 0, err
    url, here = f"{store}/car", tmp_path / "here/runs/car"
    for words in (["show", "--json"], ["evaluate", "--json", "--trials", "2"], ["why", "--json"]):
        verb, *rest = words
        own, published = (json.loads(racer(verb, str(who), *rest)[1]) for who in (here, url))
        if verb == "evaluate":
            assert own["trials"] == published["trials"]
    status, out, _ = racer("runs", store, "--json")
    assert [row["name"] for row in json.loads(out)] == ["car"]
    # the recorded steps are fetched when somebody asks for them
    status, out, err = racer("reward", "replay", "center_line", "--run", url, "--json")
    assert status == 0, err
    status, _, err = racer("train", *SHORT, "--name", "car", "--force", "--store", store)
    assert status == 0, err  # the same run, replaced in both places


def test_a_name_that_is_taken_in_the_store_is_refused_before_the_training(racer, store, tmp_path):
    (tmp_path / "elsewhere/car").mkdir(parents=True)
    Upload(tmp_path / "elsewhere/car", store)
    status, _, err = racer("train", *SHORT, "--name", "car", "--store", store)
    assert status == 1
    assert err.strip().splitlines()[-1] == (
        f"error: {store}/car: already there: choose another --name"
    )
    assert not (tmp_path / "here/runs/car").exists()


@pytest.mark.parametrize("moment", [1, 3])
def test_a_run_that_was_killed_goes_on_from_the_store_and_ends_equal(store, tmp_path, moment):
    """All that is left of the first machine is what the store has of its last moment."""
    calls = []

    def watch():
        calls.append(None)
        if len(calls) % 40 == 0 and len(calls) <= 40 * moment:
            upload.bring()
        return False

    whole, upload = tmp_path / "whole/run", Upload(tmp_path / "whole/run", store)
    train(TrainConfig.of(**CONFIG), folder=whole, hooks=Hooks(should_stop=watch))
    assert len(calls) > 40 * moment
    fetch_whole(f"{store}/run", tmp_path / "run")
    assert content(tmp_path / "run") != content(whole)
    resume(tmp_path / "run")
    assert content(tmp_path / "run") == content(whole)
    Upload(tmp_path / "run", store).bring(is_whole=True)  # it may publish where it came from


def test_resume_takes_an_address(racer, store, tmp_path):
    whole, upload = tmp_path / "whole/run", Upload(tmp_path / "whole/run", store)
    stops = iter([False] * 60)
    train(
        TrainConfig.of(**CONFIG), folder=whole, hooks=Hooks(should_stop=lambda: not next(stops, 0))
    )
    upload.bring()
    words = ["--no-figures", "--no-film", "--quiet"]
    status, out, err = racer("resume", f"{store}/run", *words)
    assert status == 0, err
    assert out.strip() == "runs/run"
    (row,) = json.loads(racer("runs", store, "--json")[1])
    assert row["status"] == "finished"
    status, _, err = racer("resume", f"{store}/run", *words)
    assert (status, "already there" in err) == (1, True)


def test_a_comparison_is_published_and_goes_on_elsewhere(racer, store, tmp_path, monkeypatch):
    words = ["compare", "center_line", "speed", "--steps", "300", "--n-envs", "8", "--trials", "2",
             "--track", "oval", "--name", "two", "--jobs", "1", "--no-figures"]  # fmt: skip
    status, _, err = racer(*words, "--seeds", "1", "--store", store)
    assert status == 0, err
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    monkeypatch.setattr("racer.studies.runner.LocalExecutor", None)  # nothing is left to train
    status, _, err = racer(*words, "--seeds", "1", "--store", store)
    assert status == 0, err
    here, there = tmp_path / "here/comparisons/two", tmp_path / "other/comparisons/two"
    outcomes = sorted(path.relative_to(here) for path in here.rglob("outcome.json"))
    assert len(outcomes) == 2
    assert all((here / path).read_bytes() == (there / path).read_bytes() for path in outcomes)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "--store", "s3:/bucket"], "expected the address of a store"),
        (["compare", "speed", "center_line", "--store", "bucket"], "expected the address"),
        (["show", "ftp://x/y"], "expected the address of a store"),
        (["publish", "car"], "car: no such run"),
        (["runs", "s3://"], "expected a bucket behind s3://"),
    ],
)
def test_a_wrong_address_is_one_line(racer, words, message):
    status, _, err = racer(*words)
    (line,) = err.strip().splitlines()
    assert status in (1, 2)
    assert message in line


def test_what_was_never_published_needs_a_store(racer, tmp_path):
    train(TrainConfig.of(**{**CONFIG, "steps": 8}), folder=tmp_path / "here/runs/car")
    status, _, err = racer("publish", "car")
    assert (status, "expected --store: it was not published before" in err) == (1, True)

"""Policies go to plain Stable-Baselines3, and come from there."""

import json
import subprocess
import sys

import gymnasium
import numpy as np
import pytest
import stable_baselines3

import racer
from racer.cli.main import run as racer_command
from racer.errors import ConfigError, RunError
from racer.training.checkpoint import PolicyDriver, load_checkpoint
from racer.vehicle import ContinuousActions

WITHOUT_RACER = """
import json, sys
sys.modules["racer"] = None  # importing it fails
import numpy as np
import stable_baselines3
found = {}
for name, kind in json.load(open("kinds.json")).items():
    model = getattr(stable_baselines3, kind).load(f"{name}.zip", device="cpu")
    found[name] = model.predict(np.load(f"{name}.npy"), deterministic=True)[0].tolist()
assert not any(name.startswith("racer.") for name in sys.modules)
print(json.dumps(found))
"""

CARS = {
    "ppo": {"observe": "state"},
    "huber": {"observe": "lidar", "hyperparameters": {"loss_type": "huber"}},
    "a2c": {"observe": "state", "algo": "a2c", "actions": ContinuousActions()},
    "sac": {"observe": "state", "algo": "sac"},
    "vpg": {"observe": "state", "algo": "vpg"},
    "sees": {"hyperparameters": {"network": "shallow"}},
}


def test_zips_open_without_racer_and_do_the_same(checkpoint, tmp_path):
    out, kinds, ours = tmp_path / "out", {}, {}
    for name, settings in CARS.items():
        notes = []
        file = checkpoint(f"{name}.zip", **settings)
        made = racer.export_sb3(file, out, on_note=notes.append)
        kinds[name] = made.opens_with
        has_note = any("has no vanilla policy gradient: the zip opens as A2C" in n for n in notes)
        assert has_note == (name == "vpg")
        model = load_checkpoint(file).model
        rng = np.random.default_rng(0)
        seen = np.stack([model.observation_space.sample() for _ in range(50)])
        if seen.dtype != np.uint8:
            seen = rng.normal(size=seen.shape).astype(np.float32)
        np.save(out / f"{name}.npy", seen)
        ours[name] = PolicyDriver(model, name).choose(seen)
    assert kinds == {"ppo": "PPO", "huber": "PPO", "a2c": "A2C", "sac": "SAC", "vpg": "A2C",
                     "sees": "PPO"}  # fmt: skip
    (out / "kinds.json").write_text(json.dumps(kinds))
    (out / "script.py").write_text(WITHOUT_RACER)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=out, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for name, theirs in json.loads(done.stdout).items():
        np.testing.assert_allclose(theirs, ours[name], atol=1e-5)
        assert len(np.unique(ours[name], axis=0)) > 1
    assert json.loads(made.metadata.read_text())["action_space_type"] == "discrete"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, "its network 'small' is a class of racer's.*--network shallow"),
        ({"hyperparameters": {"critic": "state"}}, "its critic sees the state by a class of racer"),
        (
            {"observe": "camera+state", "hyperparameters": {"network": "shallow"}},
            "it sees pictures and more through a class of racer's",
        ),
    ],
)
def test_what_needs_racer_is_refused_with_the_reason(checkpoint, tmp_path, settings, reason):
    with pytest.raises(ConfigError, match=reason):
        racer.export_sb3(checkpoint(**settings), tmp_path / "out")


def test_the_command_says_what_opens_it(checkpoint, tmp_path, capsys):
    file = checkpoint(observe="state")
    assert racer_command(["export", str(file), "--sb3", "-o", str(tmp_path / "out")]) == 0
    assert "stable_baselines3.PPO.load opens it" in capsys.readouterr().out
    assert racer_command(["export", str(file), "--sb3", "-o", str(tmp_path / "x"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["opens_with"] == "PPO"


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """A model that somebody trained with nothing but Stable-Baselines3 and the environment."""
    env = gymnasium.make("racer.gym:racer/TimeTrial-v0")
    model = stable_baselines3.PPO("MlpPolicy", env, n_steps=64, batch_size=64, seed=1, device="cpu")
    path = tmp_path_factory.mktemp("foreign") / "foreign.zip"
    model.learn(64).save(path)
    return path


def test_a_model_from_elsewhere_is_evaluated_with_consent(foreign, capsys):
    words = ["evaluate", str(foreign), "--trials", "2"]
    assert racer_command(words) == 1
    assert "racer evaluate takes it with --algo ppo" in capsys.readouterr().err
    # what that line advises, asks for consent first; what that advises works
    assert racer_command([*words, "--algo", "ppo"]) == 1
    assert "is a pickle: reading it can run any code" in capsys.readouterr().err
    assert racer_command([*words, "--algo", "ppo", "--allow-pickle", "--json"]) == 0
    answer = capsys.readouterr()
    assert "drives as one that sees state" in answer.err
    assert json.loads(answer.out)["summary"]["trials"] == 2


def test_it_drives_as_in_its_own_environment(foreign):
    found = racer.evaluate(foreign, algo="ppo", allow_pickle=True, trials=1)
    model = stable_baselines3.PPO.load(foreign, device="cpu")
    env = gymnasium.make("racer.gym:racer/TimeTrial-v0")
    seen, _ = env.reset()
    steps, is_over = 0, False
    while not is_over:
        seen, _, is_out, is_late, _ = env.step(int(model.predict(seen, deterministic=True)[0]))
        steps, is_over = steps + 1, is_out or is_late
    assert found.trials[0].steps == steps


@pytest.mark.parametrize(
    ("changes", "error", "reason"),
    [
        ({"algo": "sac"}, RunError, "SAC of Stable-Baselines3 cannot load it"),
        ({"algo": "trpo"}, ConfigError, "algorithm"),
        ({"actions": [[0, 1.0]]}, ConfigError, "expected actions of 10 actions, got 1 actions"),
        ({"observe": "lidar"}, ConfigError, "expected observations of 24 numbers, got 64 numbers"),
    ],
)
def test_what_does_not_fit_is_one_line(foreign, changes, error, reason):
    with pytest.raises(error, match=reason):
        racer.evaluate(foreign, allow_pickle=True, **{"algo": "ppo", **changes})


def test_a_checkpoint_of_ours_needs_no_algorithm(checkpoint, tmp_path):
    with pytest.raises(RunError, match="say themselves what they learned with: leave out --algo"):
        racer.evaluate(checkpoint(observe="state"), algo="ppo", allow_pickle=True)
    with pytest.raises(RunError, match="no such"):
        racer.evaluate(tmp_path / "none.zip", algo="ppo", allow_pickle=True)
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(RunError, match="not a checkpoint"):
        racer.evaluate(tmp_path / "text.zip", algo="ppo", allow_pickle=True)


@pytest.mark.parametrize("settings", [{"image_size": "40x36", "frame_stack": 2}, {"rgb": True}])
def test_what_a_model_sees_is_told_by_the_form_of_its_observations(tmp_path, settings):
    env = gymnasium.make("racer.gym:racer/TimeTrial-v0", observe=_camera(**settings))
    stable_baselines3.A2C("CnnPolicy", env, device="cpu").save(tmp_path / "sees.zip")
    found = racer.evaluate(tmp_path / "sees.zip", algo="a2c", allow_pickle=True, trials=1)
    assert len(found.trials) == 1


def _camera(image_size="64x48", rgb=False, frame_stack=1):
    width, height = map(int, image_size.split("x"))
    return {"sensor": "camera", "width": width, "height": height, "rgb": rgb, "stack": frame_stack}

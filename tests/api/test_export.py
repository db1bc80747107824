"""An exported policy computes what the original computes."""

import importlib.util
import json
import os

import numpy as np
import pytest

import racer
from racer.errors import ConfigError, RunError
from racer.vehicle import ContinuousActions, actions_from_metadata

SMALL = {"steps": 128, "n_envs": 4, "eval_trials": 2, "record": False, "algo": "ppo", "n_steps": 32}

needs_onnx = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxscript", "onnxruntime")),
    reason="needs the extra packages of racer-rl[export]",
)


@needs_onnx
@pytest.mark.parametrize(
    ("settings", "inputs", "sensors"),
    [
        ({}, {"observation": [24]}, ["observation"]),
        pytest.param(
            {"observe": "camera", "image_size": "40x36", "frame_stack": 2},
            {"camera": [2, 36, 40]},
            ["FRONT_FACING_CAMERA"],
            marks=pytest.mark.long,
        ),
        (
            {"observe": "camera", "image_size": "40x36", "network": "shallow", "critic": "state"},
            {"camera": [1, 36, 40]},
            ["FRONT_FACING_CAMERA"],
        ),
        (
            {"observe": "camera+state", "image_size": "40x36"},
            {"camera": [1, 36, 40], "state": [24]},
            ["FRONT_FACING_CAMERA"],
        ),
        ({"actions": ContinuousActions()}, {"observation": [24]}, ["observation"]),
        ({"algo": "sac", "learning_starts": 0}, {"observation": [24]}, ["observation"]),
    ],
)
def test_logits_are_those_of_the_original(tmp_path, settings, inputs, sensors):
    import onnxruntime

    run = racer.train("center_line", runs_dir=tmp_path, name="run", **{**SMALL, **settings})
    made = racer.export(run)
    assert made.inputs == inputs
    assert made.largest_difference < 1e-4
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"  # it would write files at home
    session = onnxruntime.InferenceSession(str(made.onnx))
    assert [one.name for one in session.get_inputs()] == list(inputs)
    content = json.loads(made.metadata.read_text())
    assert content["sensor"] == sensors
    sac = settings.get("algo") == "sac"
    assert content["training_algorithm"] == ("sac" if sac else "clipped_ppo")
    if content["action_space_type"] == "discrete":
        again = actions_from_metadata(made.metadata)
        assert again == run.config.make_actions()
        for n in (1, 5):
            zeros = {
                one.name: np.zeros((n, *inputs[one.name]), np.uint8 if "uint8" in one.type else "f")
                for one in session.get_inputs()
            }
            assert session.run(None, zeros)[0].shape == (n, 10)


@needs_onnx
def test_a_driver_is_no_policy_and_a_file_no_folder(tmp_path):
    with pytest.raises(ConfigError, match="export: expected a trained run, got the driver pure"):
        racer.export("pure-pursuit")
    run = racer.train("center_line", runs_dir=tmp_path, name="run", **SMALL)
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"file.*: cannot be written"):
        racer.export(run, tmp_path / "file" / "x")


def test_a_missing_package_is_named_with_what_installs_it(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(
        ConfigError, match=r'the package onnx is missing: pip install "racer-rl\[export\]"'
    ):
        racer.export(tmp_path)

"""The graph for the physical car computes what the policy computes, on the car's own pictures."""

import importlib.util

import numpy as np
import pytest
import torch

from racer.algorithms.car_graph import INPUT, OUTPUT, Reduction, car_graph
from racer.algorithms.car_graph_run import CarGraph, policy_outputs
from racer.algorithms.known import algorithm
from racer.algorithms.registry import make_to_act
from racer.env import World
from racer.errors import ConfigError, RunError
from racer.sensors import CameraSensor
from racer.track import load_track
from racer.vehicle import ContinuousActions, DiscreteActions

DEEPRACER_NAMES = {"ppo": "clipped_ppo", "vpg": "clipped_ppo", "sac": "sac"}


def policy_of(name="ppo", size=(64, 48), network="small", actions=None):
    """Return a policy that has learned nothing, but prefers some actions, and shifts its layers."""
    actions = actions or DiscreteActions.from_grid()
    torch.manual_seed(0)
    settings = algorithm(name).settings(network=network)
    policy = make_to_act(name, settings, CameraSensor(*size).space(), actions.space()).policy
    with torch.no_grad():
        for key, values in policy.named_parameters():
            if key.endswith("bias"):
                values.uniform_(-0.05, 0.05)
        last = policy.actor.mu if name == "sac" else policy.action_net
        last.weight *= 100.0
    return policy


@pytest.fixture(scope="module")
def pictures():
    """1,000 pictures of a drive from 125 places with random elements: (1000, 120, 160) uint8."""
    world = World(load_track("reinvent_2018"), n_cars=125, sensor="camera", randomize=1.0)
    large = CameraSensor(160, 120)
    seen = large.allocate(125)
    found = []
    for _ in range(8):
        world.look(large, seen)
        found.append(seen[:, 0].copy())
        world.step(np.zeros(125), np.full(125, 1.0))
    return np.concatenate(found)


CARS = [
    ("ppo", (64, 48), "small", None),
    ("vpg", (80, 60), "small", None),
    ("ppo", (160, 120), "shallow", None),
    ("sac", (80, 60), "small", ContinuousActions()),
    ("ppo", (41, 23), "small", ContinuousActions()),
    ("ppo", (320, 240), "small", None),
]


@pytest.mark.parametrize("car", CARS, ids=lambda car: f"{car[0]}-{car[1][0]}x{car[1][1]}")
def test_the_graph_computes_what_the_policy_computes_on_reduced_pictures(car, pictures):
    name, size, _, actions = car
    policy = policy_of(*car)
    found = CarGraph(car_graph(policy, DEEPRACER_NAMES[name])).outputs(pictures[::20])
    reduced = Reduction.to(*size)(pictures[::20])[:, np.newaxis]
    assert np.abs(found - policy_outputs(policy, reduced)).max() < 1e-5
    assert found.std(axis=0).max() > 1e-3  # it does look at them
    if actions is None:
        np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-5)


def test_the_nodes_have_the_names_shapes_and_number_that_the_car_asks_for():
    for name, head in (("ppo", "main"), ("sac", "policy")):
        actions = ContinuousActions() if name == "sac" else None
        nodes = CarGraph(car_graph(policy_of(name, actions=actions), DEEPRACER_NAMES[name])).nodes
        (placeholder,) = [node for node in nodes if node.op == "Placeholder"]
        assert placeholder.name == INPUT.format(head)
        assert [dim.size for dim in placeholder.attr["shape"].shape.dim] == [1, 120, 160, 1]
        assert nodes[-1].name == OUTPUT.format(head)
    assert INPUT.format("main") == (
        "main_level/agent/main/online/network_0/FRONT_FACING_CAMERA/FRONT_FACING_CAMERA"
    )
    assert OUTPUT.format("policy") == "main_level/agent/policy/online/network_1/ppo_head_0/policy"


def test_a_reduction_is_the_mean_over_areas():
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 120, 160))
    halves = pictures.reshape(2, 60, 2, 80, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(Reduction.to(80, 60)(pictures), halves)
    # 2.5 pixels become one: two whole ones and a half
    fine = np.repeat(np.repeat(pictures, 2, axis=1), 2, axis=2)
    np.testing.assert_allclose(
        Reduction.to(64, 48)(pictures), fine.reshape(2, 48, 5, 64, 5).mean(axis=(2, 4))
    )
    assert Reduction.to(160, 120).is_none
    np.testing.assert_allclose(Reduction.to(160, 120)(pictures), pictures)


def test_a_lower_picture_is_the_middle_of_the_cars():
    pictures = np.zeros((120, 160))
    pictures[30:90] = 1.0
    np.testing.assert_allclose(Reduction.to(80, 30)(pictures), 1.0)
    # an odd number of rows begins within a pixel: 80x31 sees rows 29 to 91
    edges = Reduction.to(80, 31)(pictures)
    np.testing.assert_allclose(edges[[0, 15, -1], 0], [0.5, 1.0, 0.5])


def test_float16_keeps_the_weights_of_a_reduction():
    for size in ((64, 48), (80, 60), (40, 30), (63, 40), (160, 80), (320, 240)):
        reduction = Reduction.to(*size)
        for weights in (reduction.rows, reduction.columns):
            assert np.array_equal(weights, weights.astype(np.float16))


def test_a_reduction_never_invents_what_the_camera_does_not_see():
    with pytest.raises(ConfigError, match=r"64x64 are higher.*at most 48 rows"):
        Reduction.to(64, 64)


@pytest.mark.parametrize(
    ("data", "reason"), [(b"no graph", "not a graph of TensorFlow"), (b"", "not a graph of a car")]
)
def test_other_files_are_no_graphs(data, reason):
    with pytest.raises(RunError, match=reason):
        CarGraph(data)


@pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None,
    reason="needs openvino, the physical car's engine: pip install '.[test-car]'",
)
@pytest.mark.parametrize(
    "car",
    [CARS[0], *(pytest.param(car, marks=pytest.mark.long) for car in CARS[1:3]), *CARS[3:5]],
    ids=lambda car: f"{car[0]}-{car[1][0]}x{car[1][1]}",
)
def test_the_cars_own_engine_computes_our_probabilities(car, pictures, tmp_path):
    """By the steps of the car: names of the nodes are looked for, weights kept as float16."""
    import openvino

    name, size, _, actions = car
    policy = policy_of(*car)
    head = {"clipped_ppo": "main", "sac": "policy"}[DEEPRACER_NAMES[name]]
    (tmp_path / "model.pb").write_bytes(car_graph(policy, DEEPRACER_NAMES[name]))
    first = openvino.convert_model(tmp_path / "model.pb")
    (seen,) = [one.get_any_name() for one in first.inputs]
    (said,) = [one.get_any_name() for one in first.outputs]
    assert seen.startswith(INPUT.format(head))
    assert said.startswith(OUTPUT.format(head))
    model = openvino.convert_model(
        tmp_path / "model.pb", input=[(seen, [1, 120, 160, 1])], output=said
    )
    openvino.save_model(model, tmp_path / "model.xml", compress_to_fp16=True)
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    compiled = openvino.Core().compile_model(tmp_path / "model.xml", "CPU", settings)
    theirs = np.concatenate(
        [compiled(one[np.newaxis, :, :, np.newaxis].astype(np.float32))[0] for one in pictures]
    )
    ours = policy_outputs(policy, Reduction.to(*size)(pictures)[:, np.newaxis])
    assert np.abs(theirs - ours).max() < 1e-3
    if actions is None:
        second, best = np.sort(ours, axis=1)[:, -2:].T
        is_clear = best - second > 2e-3
        assert is_clear.mean() > 0.5
        np.testing.assert_array_equal(theirs.argmax(1)[is_clear], ours.argmax(1)[is_clear])

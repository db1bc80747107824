"""DAgger: the student's own states, the teacher's labels, and all of them kept."""

import numpy as np
import pytest
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

from racer.algorithms.dagger import Dagger
from racer.algorithms.known.dagger import DaggerSettings
from racer.algorithms.registry import make_algorithm
from racer.errors import RacerError


class Numbers(VecEnv):
    """Shows random points of a square; nothing that is done changes what comes next."""

    def __init__(self, n=8, action=None):
        box = spaces.Box(-1.0, 1.0, (2,), np.float32)
        super().__init__(n, box, action or spaces.Discrete(2))
        self.rng = np.random.default_rng(0)
        self.done = []

    def look(self):
        self.now = self.rng.uniform(-1.0, 1.0, (self.num_envs, 2)).astype(np.float32)
        return self.now

    def reset(self):
        return self.look()

    def step_async(self, actions):
        self.done.append(actions)

    def step_wait(self):
        n = self.num_envs
        return self.look(), np.zeros(n, np.float32), np.zeros(n, np.bool_), [{}] * n

    def close(self): ...
    def get_attr(self, attr_name, indices=None):
        return [None] * self.num_envs

    set_attr = env_method = None

    def env_is_wrapped(self, wrapper_class, indices=None):
        return [False] * self.num_envs


def student(env, seed=0, **settings):
    model = make_algorithm("dagger", env, DaggerSettings(**settings), seed=seed)
    assert isinstance(model, Dagger)
    return model


def test_a_student_learns_a_rule_that_its_teacher_follows():
    env = Numbers()
    model = student(env)
    model.teacher = lambda: (env.now[:, 0] > env.now[:, 1]).astype(np.int64)
    model.learn(3_000)
    points = np.random.default_rng(1).uniform(-1.0, 1.0, (500, 2)).astype(np.float32)
    chosen, _ = model.predict(points, deterministic=True)
    assert np.mean(chosen == (points[:, 0] > points[:, 1])) > 0.95


def test_a_student_of_continuous_actions_comes_near_its_teacher():
    env = Numbers(action=spaces.Box(-1.0, 1.0, (1,), np.float32))
    model = student(env)
    model.teacher = lambda: 0.5 * env.now[:, :1]
    model.learn(3_000)
    points = np.random.default_rng(1).uniform(-1.0, 1.0, (500, 2)).astype(np.float32)
    chosen, _ = model.predict(points, deterministic=True)
    assert np.abs(chosen - 0.5 * points[:, :1]).mean() < 0.08


def test_every_state_that_was_driven_through_is_kept_with_its_label():
    env = Numbers(n=3)
    model = student(env, n_steps=4)
    seen = []

    def teacher():
        seen.append(env.now.copy())
        return np.full(3, len(seen) % 2)

    model.teacher = teacher
    model.learn(24)
    kept = model.kept()
    assert np.array_equal(kept["seen"], np.concatenate(seen))
    assert np.array_equal(kept["labels"], np.repeat(np.arange(1, 9) % 2, 3))
    assert len(env.done) == 8


def test_the_student_drives_not_the_teacher():
    env = Numbers()
    model = student(env)
    model.teacher = lambda: np.ones(8, np.int64)
    first, _ = model.predict(env.look(), deterministic=True)
    model.learn(8 * 8)
    assert any((actions == 0).any() for actions in env.done) or (first == 1).all()


def test_the_same_seed_gives_the_same_student():
    weights = []
    for _ in range(2):
        env = Numbers()
        model = student(env, seed=4)
        model.teacher = lambda env=env: (env.now[:, 0] > 0).astype(np.int64)
        model.learn(200)
        weights.append([p.detach().numpy() for p in model.policy.parameters()])
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))


def test_without_a_teacher_there_is_nothing_to_learn():
    with pytest.raises(RacerError, match="dagger: expected environments and a teacher"):
        student(Numbers()).learn(10)

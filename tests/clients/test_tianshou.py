"""Tianshou collects with environments side by side, whose infos it puts into one array each."""

import gymnasium as gym
import pytest

pytest.importorskip("tianshou", reason="tianshou is not installed: pip install tianshou")


@pytest.mark.filterwarnings("ignore")
def test_a_collector_of_tianshou_fills_its_buffer():
    from tianshou.algorithm.modelfree.dqn import DiscreteQLearningPolicy
    from tianshou.data import Collector, VectorReplayBuffer
    from tianshou.env import DummyVectorEnv
    from tianshou.utils.net.common import Net

    def make():
        return gym.make("racer.gym:racer/TimeTrial-v0", track="oval")

    envs = DummyVectorEnv([make, make])
    space, actions = envs.observation_space[0], envs.action_space[0]
    net = Net(state_shape=space.shape, action_shape=actions.n, hidden_sizes=[32])
    policy = DiscreteQLearningPolicy(model=net, action_space=actions, eps_training=1.0)
    buffer = VectorReplayBuffer(2_000, 2)
    collector = Collector(policy, envs, buffer, exploration_noise=True)
    found = collector.collect(n_episode=4, reset_before_collect=True, random=True)
    assert found.n_collected_episodes == 4
    ends = buffer[:].info["end_reason"][buffer[:].done]
    assert set(ends) <= {"off_track", "lap_complete", "immobilized", "reversed", "time_up"}

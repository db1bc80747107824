"""skrl wraps the vector environment and trains on it."""

import gymnasium as gym
import pytest

pytest.importorskip("skrl", reason='skrl is not installed: pip install ".[test-clients]"')


def test_ppo_of_skrl_learns_on_it(tmp_path):
    import torch
    from skrl.agents.torch.ppo import PPO, PPO_CFG
    from skrl.envs.wrappers.torch import wrap_env
    from skrl.memories.torch import RandomMemory
    from skrl.models.torch import CategoricalMixin, DeterministicMixin, Model
    from skrl.trainers.torch import SequentialTrainer

    class Network(Model):
        def __init__(self, n_outputs, **spaces):
            Model.__init__(self, **spaces)
            self.net = torch.nn.Linear(self.num_observations, n_outputs)

        def compute(self, inputs, role=""):
            return self.net(inputs["observations"]), {}

    class Policy(CategoricalMixin, Network):
        def __init__(self, n_outputs, **spaces):
            Network.__init__(self, n_outputs, **spaces)
            CategoricalMixin.__init__(self)

    class Value(DeterministicMixin, Network):
        def __init__(self, **spaces):
            Network.__init__(self, 1, **spaces)
            DeterministicMixin.__init__(self)

    envs = wrap_env(
        gym.make_vec("racer.gym:racer/TimeTrial-v0", num_envs=4, autoreset_mode="NextStep"),
        wrapper="gymnasium",
    )
    spaces = {"observation_space": envs.observation_space, "action_space": envs.action_space,
              "device": envs.device}  # fmt: skip
    models = {"policy": Policy(envs.action_space.n, **spaces), "value": Value(**spaces)}
    config = PPO_CFG(rollouts=16, learning_epochs=1)
    config.experiment.directory = str(tmp_path)
    config.experiment.write_interval = config.experiment.checkpoint_interval = 0
    memory = RandomMemory(memory_size=16, num_envs=envs.num_envs, device=envs.device)
    agent = PPO(models=models, memory=memory, cfg=config, **spaces)
    before = models["policy"].net.weight.detach().clone()
    trainer = SequentialTrainer(
        env=envs, agents=agent, cfg={"timesteps": 48, "headless": True, "disable_progressbar": True}
    )
    trainer.train()
    assert (models["policy"].net.weight != before).any()

"""A training loop of one file in the style of CleanRL's ppo.py: the environment and torch alone."""

import gymnasium as gym
import numpy as np
import torch
from gymnasium.wrappers.vector import NormalizeObservation, RecordEpisodeStatistics
from torch import nn

N_ENVS, N_STEPS, N_UPDATES = 8, 64, 3


def layers(n_inputs, n_outputs):
    return nn.Sequential(nn.Linear(n_inputs, 64), nn.Tanh(), nn.Linear(64, n_outputs))


def test_a_loop_of_one_file_trains_on_it():
    torch.manual_seed(0)
    envs = gym.make_vec("racer.gym:racer/TimeTrial-v0", num_envs=N_ENVS, autoreset_mode="NextStep")
    envs = NormalizeObservation(RecordEpisodeStatistics(envs))
    size = int(np.prod(envs.single_observation_space.shape))
    actor, critic = layers(size, envs.single_action_space.n), layers(size, 1)
    optimizer = torch.optim.Adam([*actor.parameters(), *critic.parameters()], lr=1e-3)
    before = [parameter.detach().clone() for parameter in actor.parameters()]
    seen, _ = envs.reset(seed=0)
    is_reset, returns = np.zeros(N_ENVS, bool), []
    for _ in range(N_UPDATES):
        steps = []
        for _ in range(N_STEPS):
            observation = torch.as_tensor(seen, dtype=torch.float32)
            with torch.no_grad():
                chosen = torch.distributions.Categorical(logits=actor(observation))
                action = chosen.sample()
            seen, reward, terminated, truncated, infos = envs.step(action.numpy())
            counts = torch.as_tensor(~is_reset)  # the step that resets a car teaches nothing
            steps.append((observation, action, torch.as_tensor(reward).float(), counts))
            is_reset = terminated | truncated
            if "episode" in infos:
                returns += infos["episode"]["r"][infos["_episode"]].tolist()
        observations, actions, rewards, counts = map(torch.stack, zip(*steps, strict=True))
        advantages = rewards - critic(observations).squeeze(-1)
        distribution = torch.distributions.Categorical(logits=actor(observations))
        policy_loss = -(distribution.log_prob(actions) * advantages.detach())[counts].mean()
        loss = policy_loss + 0.5 * advantages[counts].pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    envs.close()
    assert returns, "no episode ended"
    pairs = zip(before, actor.parameters(), strict=True)
    assert all((old != new).any() for old, new in pairs)

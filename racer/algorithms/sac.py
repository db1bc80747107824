"""Soft actor-critic: Stable-Baselines3's, with all that an exact resume needs."""

from pathlib import Path
from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3 import SAC as SB3SAC
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.type_aliases import RolloutReturn
from stable_baselines3.common.utils import obs_as_tensor
from stable_baselines3.common.vec_env import VecEnv

from racer.algorithms.networks import has_image
from racer.algorithms.own_state import OwnState
from racer.algorithms.replay_buffer import ReplayFiles, ScaledDictReplayBuffer, ScaledReplayBuffer
from racer.algorithms.tensors import as_array, as_arrays, optimizer_state


class SAC(OwnState, SB3SAC):
    """Soft actor-critic whose replay buffer grows in files of the run's folder.

    One update is one drive of ``train_freq`` steps of each car and the ``gradient_steps`` after it;
    the logger has a row for each, as with the other algorithms. Rewards are learned from in units
    of their own size: a function may pay a thousandth or a thousand a step.
    """

    replay_buffer: ScaledReplayBuffer
    _files: ReplayFiles | None = None

    def _setup_model(self) -> None:
        is_dict = isinstance(self.observation_space, spaces.Dict)
        self.replay_buffer_class = ScaledDictReplayBuffer if is_dict else ScaledReplayBuffer
        super()._setup_model()
        if has_image(self.observation_space):
            self.obstacle = "sac learns from pictures of many steps before, which are not saved"

    def collect_rollouts(  # type: ignore[override]  # only ``learn`` calls it, by these names
        self, env: VecEnv, *, log_interval: int | None = None, **more: Any
    ) -> RolloutReturn:
        """Drive; then write a row of the logger, of these episodes and of the update before."""
        found = super().collect_rollouts(env, **more)
        if found.continue_training and log_interval is not None:
            self.dump_logs()
        return found

    def _store_transition(self, replay_buffer: ReplayBuffer, *args: Any, **more: Any) -> None:
        row = replay_buffer.pos
        super()._store_transition(replay_buffer, *args, **more)
        if self._files is not None:
            self._files.add(row)

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """Learn from mini-batches; then log how varied the actions are where the cars stand now."""
        self.replay_buffer.rescale()
        super().train(gradient_steps, batch_size)
        with torch.no_grad():
            seen: Any = obs_as_tensor(self._last_obs, self.device)  # type: ignore[arg-type]
            _, log_prob = self.actor.action_log_prob(seen)
        self.logger.record("train/entropy", -log_prob.mean().item())

    # ------------------------------------------------------------------ what is kept

    def _optimizers(self) -> dict[str, torch.optim.Optimizer]:
        found = {
            "actor_optimizer": self.actor.optimizer,
            "critic_optimizer": self.critic.optimizer,
            "temperature_optimizer": self.ent_coef_optimizer,
        }
        return {name: one for name, one in found.items() if one is not None}

    def learning_state(self) -> dict[str, Any]:
        """Return the optimizers, and the temperature if it is learned."""
        state = {name: as_arrays(one.state_dict()) for name, one in self._optimizers().items()}
        if self.log_ent_coef is not None:
            state["log_temperature"] = as_array(self.log_ent_coef)
        return state

    def load_learning_state(self, state: dict[str, Any]) -> None:
        """Put back what ``learning_state`` returned."""
        for name, one in self._optimizers().items():
            one.load_state_dict(optimizer_state(state[name]))
        if self.log_ent_coef is not None:
            with torch.no_grad():
                self.log_ent_coef.copy_(torch.from_numpy(state["log_temperature"]))

    def rollout_state(self) -> dict[str, Any]:
        """Return the random stream of the first actions."""
        return {"first_actions": self.action_space.np_random.bit_generator.state}

    def load_rollout_state(self, state: dict[str, Any]) -> None:
        """Put back what ``rollout_state`` returned."""
        self.action_space.np_random.bit_generator.state = state["first_actions"]

    def open_files(self, folder: Path, positions: dict[str, Any]) -> None:
        """Write down what the buffer gets from here on; first fill it from files if there are."""
        if not self.obstacle:
            self._files = ReplayFiles(self.replay_buffer, folder, positions)

    def file_positions(self) -> dict[str, Any]:
        """Return where the files of the buffer stand."""
        return {} if self._files is None else self._files.positions()

    def sync_files(self) -> None:
        """Wait until the rows are on the disk."""
        if self._files is not None:
            self._files.sync()

    def drop_files(self, needed: set[str]) -> None:
        """Remove files of rows that no checkpoint needs any more."""
        if self._files is not None:
            self._files.drop(needed)

    def close_files(self) -> None:
        """Close the file under way."""
        if self._files is not None:
            self._files.close()

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_files"]

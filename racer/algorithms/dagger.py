"""DAgger: a student drives, a teacher who sees more says what it would have done.

Dataset aggregation (Ross, Gordon and Bagnell, "A reduction of imitation learning and structured
prediction to no-regret online learning", AISTATS 2011, algorithm 3.1, with β = 0 from the start).
One turn of the loop:

1. drive     the student's own policy, so that it meets the states its own errors lead to
2. label     each state with the teacher's action
3. keep      all states with their labels, of all turns
4. imitate   maximise the probability of the labels, on mini-batches of all that was kept
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import (
    ActorCriticCnnPolicy,
    ActorCriticPolicy,
    BasePolicy,
    MultiInputActorCriticPolicy,
)
from stable_baselines3.common.type_aliases import GymEnv, MaybeCallback, Schedule
from stable_baselines3.common.utils import obs_as_tensor
from stable_baselines3.common.vec_env import VecEnv

from racer.algorithms.batches import concatenate, n_rows, rows
from racer.algorithms.own_state import OwnState
from racer.errors import RacerError
from racer.sensors.observations import copied

Teacher = Callable[[], NDArray[Any]]
"""Returns what the teacher would do in each environment now: (n_envs, ...) actions."""


class Dagger(OwnState, BaseAlgorithm):
    """Imitation of a teacher on Stable-Baselines3's policies, logger, callbacks and save.

    The policy's value half is not used. A collection is always finished: ``learn`` may exceed its
    budget by less than ``n_steps`` steps of all environments.

    Args:
        policy: as for Stable-Baselines3's PPO.
        env: the environments; the student sees their observations.
        learning_rate: of Adam.
        n_steps: steps of each environment between two fits.
        batch_size: states in a mini-batch.
        n_epochs: how often, in the mean, a state is looked at for each turn: a turn has as many
            mini-batches as that many passes over its own states, drawn from all that was kept.
        max_grad_norm: a longer gradient is shortened to this length.
        policy_kwargs: arguments of the policy class.
        tensorboard_log: folder for TensorBoard's events, or None.
        verbose: 0 silent, 1 tables of the logged values.
        seed: of Python's, numpy's and torch's generators and the environments.
        device: "cpu", "cuda" or "auto".

    Attributes:
        teacher: says what to do; to be set before ``learn``.
    """

    policy: ActorCriticPolicy
    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {
        "MlpPolicy": ActorCriticPolicy,
        "CnnPolicy": ActorCriticCnnPolicy,
        "MultiInputPolicy": MultiInputActorCriticPolicy,
    }

    def __init__(
        self,
        policy: str | type[ActorCriticPolicy],
        env: GymEnv | str | None,
        *,
        learning_rate: float | Schedule = 5e-4,
        n_steps: int = 8,
        batch_size: int = 128,
        n_epochs: int = 8,
        max_grad_norm: float = 0.5,
        policy_kwargs: dict[str, Any] | None = None,
        tensorboard_log: str | None = None,
        verbose: int = 0,
        seed: int | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__(
            policy,
            env,
            learning_rate,
            policy_kwargs=policy_kwargs,
            tensorboard_log=tensorboard_log,
            verbose=verbose,
            device=device,
            support_multi_env=True,
            seed=seed,
        )
        self.n_steps = n_steps
        self.batch_size = batch_size
        self.n_epochs = n_epochs
        self.max_grad_norm = max_grad_norm
        self.teacher: Teacher | None = None
        self._seen: list[Any] = []  # observations of each turn
        self._labels: list[NDArray[Any]] = []
        self._setup_model()

    def _setup_model(self) -> None:
        """Create the student's network and its optimizer."""
        self._setup_lr_schedule()
        self.set_random_seed(self.seed)
        self.policy = self.policy_class(  # type: ignore[assignment]
            self.observation_space, self.action_space, self.lr_schedule, **self.policy_kwargs
        )
        self.policy = self.policy.to(self.device)

    def learn(
        self,
        total_timesteps: int,
        callback: MaybeCallback = None,
        log_interval: int | None = 1,
        tb_log_name: str = "DAgger",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> "Dagger":
        """Repeat driving and imitating until the budget is spent or a callback says stop.

        Args: as for Stable-Baselines3's algorithms.
        """
        if self.env is None or self.teacher is None:
            raise RacerError("dagger: expected environments and a teacher, got a model without")
        total_timesteps, callback = self._setup_learn(
            total_timesteps, callback, reset_num_timesteps, tb_log_name, progress_bar
        )
        callback.on_training_start({"total_timesteps": total_timesteps}, {})
        while self.num_timesteps < total_timesteps:
            if not self._drive(self.env, self.teacher, callback):
                break
            self._update_current_progress_remaining(
                min(self.num_timesteps, total_timesteps), total_timesteps
            )
            if log_interval is not None and (self._n_updates + 1) % log_interval == 0:
                self.logger.dump(self.num_timesteps)
            self._imitate()
        callback.on_training_end()
        return self

    def _drive(self, env: VecEnv, teacher: Teacher, callback: BaseCallback) -> bool:
        """Do steps 1 to 3; False if a callback stopped it: then nothing of the turn is kept."""
        self.policy.set_training_mode(False)
        callback.on_rollout_start()
        seen, labels = [], []
        for _ in range(self.n_steps):
            observations: Any = self._last_obs
            seen.append(copied(observations))
            labels.append(np.array(teacher()))
            self._last_obs, _, dones, infos = env.step(self._choose(observations))  # type: ignore[assignment]
            self.num_timesteps += env.num_envs
            self._episode_num += int(np.count_nonzero(dones))
            self._update_info_buffer(infos, dones)
            if not callback.on_step():
                return False
        self._seen.append(concatenate(seen))
        self._labels.append(np.concatenate(labels))
        callback.on_rollout_end()
        return True

    def _choose(self, observations: Any) -> NDArray[Any]:
        """Return the student's most probable actions."""
        actions, _ = self.policy.predict(observations, deterministic=True)
        return actions

    def _imitate(self) -> None:
        """Do step 4."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        self.keep(self.kept())
        seen, labels = self._seen[0], self._labels[0]
        n_new = min(self.n_steps * self.n_envs, len(labels))
        n_batches = max(self.n_epochs * n_new // self.batch_size, 1)
        losses, entropies = [], []
        for _ in range(n_batches):
            chosen = torch.randint(n_rows(seen), (self.batch_size,)).numpy()
            batch = obs_as_tensor(rows(seen, chosen), self.device)
            distribution = self.policy.get_distribution(batch)
            wanted = torch.as_tensor(labels[chosen], device=self.device)
            loss = -distribution.log_prob(wanted).mean()
            self.policy.optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.policy.parameters(), self.max_grad_norm)
            self.policy.optimizer.step()
            losses.append(loss.item())
            entropy = distribution.entropy()
            entropies.append(0.0 if entropy is None else entropy.mean().item())
        self._n_updates += 1
        self.logger.record("train/policy_loss", float(np.mean(losses)))
        self.logger.record("train/entropy", float(np.mean(entropies)))

    def kept(self) -> dict[str, Any]:
        """Return all states, ``seen`` (N, ...) or a dict of them, and ``labels`` (N, ...)."""
        if not self._labels:
            return {"seen": None, "labels": None}
        return {"seen": concatenate(self._seen), "labels": np.concatenate(self._labels)}

    def keep(self, kept: dict[str, Any]) -> None:
        """Put back what ``kept`` returned, in place of what is there."""
        self._seen = [] if kept["seen"] is None else [kept["seen"]]
        self._labels = [] if kept["labels"] is None else [kept["labels"]]

    def learning_state(self) -> dict[str, Any]:
        """Return all states and labels."""
        return {"kept": self.kept()}

    def load_learning_state(self, state: dict[str, Any]) -> None:
        """Put back what ``learning_state`` returned."""
        self.keep(state["kept"])

    def _excluded_save_params(self) -> list[str]:
        """Leave out what a saved model needs not to act."""
        return [*super()._excluded_save_params(), "teacher", "_seen", "_labels"]

    def _get_torch_save_params(self) -> tuple[list[str], list[str]]:
        return ["policy", "policy.optimizer"], []

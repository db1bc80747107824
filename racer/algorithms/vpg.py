"""Vanilla policy gradient: drive whole episodes, then do more of what went better than expected.

REINFORCE with a baseline (Williams 1992; Sutton and Barto, 2nd edition, section 13.4), in the
form in which DeepRacer's 2019 workshop explains learning. docs/algorithms.md tells it in a page.
One turn of the loop:

1. collect   whole episodes with the current policy π_θ
2. returns   G_t = r_t + γ r_{t+1} + γ² r_{t+2} + …   to the end of the episode
3. compare   A_t = G_t − b_t                          better or worse than the baseline expected?
4. improve   θ ← θ + α · mean_t( A_t ∇ log π_θ(a_t | s_t) )
5. learn the baseline from the returns just seen, for the next turn
"""

import sys
import time
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from gymnasium import spaces
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
from stable_baselines3.common.utils import explained_variance, obs_as_tensor, safe_mean
from stable_baselines3.common.vec_env import VecEnv

from racer.algorithms.batches import parts, rows, stack
from racer.algorithms.episodes import Episodes, StepResult, collect_episodes, share_out
from racer.algorithms.hyperparameter_table import TABLE, parse_value
from racer.algorithms.own_state import OwnState
from racer.algorithms.returns import discounted_returns, mean_at_same_time
from racer.algorithms.tensors import as_arrays, optimizer_state
from racer.algorithms.value_baseline import EPSILON, ValueBaseline
from racer.errors import ConfigError, RacerError
from racer.sensors.observations import Observations


class VPG(OwnState, BaseAlgorithm):
    """Vanilla policy gradient on Stable-Baselines3's policies, logger, callbacks, save and load.

    A collection is always finished: ``learn`` may exceed its budget of steps by one batch of
    episodes. Only steps that were really made count in ``num_timesteps``.

    Args:
        policy: "MlpPolicy", "CnnPolicy", "MultiInputPolicy" or a class of Stable-Baselines3's
            actor-critic policies.
        env: the environments; actions Discrete or Box.
        learning_rate: α, of the policy's step; a number or Stable-Baselines3's schedule.
        episodes_per_update: whole episodes in a batch, over all environments.
        gamma: γ, the discount of a reward one step later, 0 to 1.
        baseline: what a return is compared with: "value", a second network that predicts the
            return of a state; "mean", the mean return at the same time step over the batch;
            "none", nothing.
        normalize_advantage: shift and scale the advantages of a batch to mean 0 and spread 1.
        ent_coef: weight of the policy's entropy in what is maximised.
        value_loss: "mse" or "huber" (linear beyond one standard deviation), of the value baseline.
        value_learning_rate: of the value baseline, which has an optimizer of its own.
        n_epochs: passes of the value baseline over the batch. The policy makes one gradient step a
            batch whatever is set here: the formula of step 4 is the gradient at the θ that drove.
            After one step π_θ is another policy, and the same steps no longer are a sample of it;
            going on needs PPO's ratio and its clipping.
        batch_size: steps in one gradient step of the value baseline.
        max_grad_norm: a longer gradient is shortened to this length.
        policy_kwargs: arguments of the policy class. Policy and baseline have features extractors
            of their own unless this says otherwise; one that is shared learns from the policy's
            steps only, because fitting the baseline must not move the policy.
        tensorboard_log: folder for TensorBoard's events, or None.
        verbose: 0 silent, 1 tables of the logged values.
        seed: of Python's, numpy's and torch's generators and the environments.
        device: "cpu", "cuda" or "auto".
        _init_setup_model: False only while a saved model is loaded.

    Raises:
        ConfigError: if the action space or a value is none of the above.
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
        learning_rate: float | Schedule = 0.01,
        episodes_per_update: int = 64,
        gamma: float = 0.99,
        baseline: Literal["value", "mean", "none"] = "value",
        normalize_advantage: bool = True,
        ent_coef: float = 0.0,
        value_loss: Literal["mse", "huber"] = "mse",
        value_learning_rate: float = 0.01,
        n_epochs: int = 2,
        batch_size: int = 1024,
        max_grad_norm: float = 0.5,
        policy_kwargs: dict[str, Any] | None = None,
        tensorboard_log: str | None = None,
        verbose: int = 0,
        seed: int | None = None,
        device: torch.device | str = "cpu",
        _init_setup_model: bool = True,
    ) -> None:
        super().__init__(
            policy,
            env,
            learning_rate,
            policy_kwargs={"share_features_extractor": False} | (policy_kwargs or {}),
            # the window of SB3's episode statistics: exactly the episodes of the batch
            stats_window_size=max(episodes_per_update, 1),
            tensorboard_log=tensorboard_log,
            verbose=verbose,
            device=device,
            support_multi_env=True,
            seed=seed,
        )
        self.episodes_per_update = episodes_per_update
        self.gamma = gamma
        self.baseline = baseline
        self.normalize_advantage = normalize_advantage
        self.ent_coef = ent_coef
        self.value_loss = value_loss
        self.value_learning_rate = value_learning_rate
        self.n_epochs = n_epochs
        self.batch_size = batch_size
        self.max_grad_norm = max_grad_norm
        self._first_env = 0  # who gets the first of the episodes that do not divide evenly
        _check(self)
        if _init_setup_model:
            self._setup_model()

    def _setup_model(self) -> None:
        """Create the networks and the two optimizers: the policy's and the baseline's."""
        self._setup_lr_schedule()
        self.set_random_seed(self.seed)
        self.policy = self.policy_class(  # type: ignore[assignment]
            self.observation_space, self.action_space, self.lr_schedule, **self.policy_kwargs
        )
        self.policy = self.policy.to(self.device)
        self.value_baseline = ValueBaseline(
            self.policy,
            loss_type=self.value_loss,
            learning_rate=self.value_learning_rate,
            n_epochs=self.n_epochs,
            batch_size=self.batch_size,
            max_grad_norm=self.max_grad_norm,
        )

    def learn(
        self,
        total_timesteps: int,
        callback: MaybeCallback = None,
        log_interval: int | None = 1,
        tb_log_name: str = "VPG",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> "VPG":
        """Repeat collect and update until the budget is spent or a callback says stop.

        Args:
            total_timesteps: steps to make; the batch that reaches it is finished and learned from.
            callback: Stable-Baselines3's callbacks; False from ``on_step`` stops at once, and the
                unfinished batch is thrown away.
            log_interval: updates between two rows of the logger, or None for no rows.
            tb_log_name: name of the run in TensorBoard.
            reset_num_timesteps: False goes on counting where the last ``learn`` ended.
            progress_bar: show Stable-Baselines3's own bar.

        Returns:
            The algorithm itself.
        """
        if self.env is None:
            raise RacerError("vpg: expected environments to learn in, got a model loaded without")
        total_timesteps, callback = self._setup_learn(
            total_timesteps, callback, reset_num_timesteps, tb_log_name, progress_bar
        )
        callback.on_training_start({"total_timesteps": total_timesteps}, {})
        while self.num_timesteps < total_timesteps:
            episodes = self._collect(self.env, callback)  # 1
            if episodes is None:
                break
            # the last batch may exceed the budget: a schedule must not go below its end
            self._update_current_progress_remaining(
                min(self.num_timesteps, total_timesteps), total_timesteps
            )
            # as in SB3's algorithms a row is written before the update: it has the episodes of
            # this batch, and in train/ the update before them, which made the policy that drove
            if log_interval is not None and (self._n_updates + 1) % log_interval == 0:
                self.dump_logs()
            self.update(episodes)  # 2 to 5
        callback.on_training_end()
        return self

    # ------------------------------------------------------------------ 1 collect

    def _collect(self, env: VecEnv, callback: BaseCallback) -> Episodes | None:
        """Play one batch of whole episodes; None if a callback stopped it."""
        self.policy.set_training_mode(False)
        callback.on_rollout_start()
        quota = share_out(self.episodes_per_update, env.num_envs, self._first_env)
        observations: Any = self._last_obs
        # Until the batch is whole there is nothing to go on from: whoever interrupts it, a
        # callback, Ctrl-C or an error, the next ``learn`` starts with fresh episodes.
        self._last_obs = None
        collected = collect_episodes(
            env, observations, quota, self._choose, lambda row: self._after_step(row, callback)
        )
        if collected is None:
            return None
        episodes, self._last_obs = collected
        self._first_env = (self._first_env + self.episodes_per_update) % env.num_envs
        callback.on_rollout_end()
        return episodes

    def _choose(self, observations: Observations) -> NDArray[Any]:
        """Return one action for each observation, drawn from the policy: a ~ π_θ(· | s)."""
        with torch.no_grad():
            actions = self.policy.get_distribution(self._tensor(observations)).sample()
        return actions.cpu().numpy().reshape(-1, *(self.action_space.shape or ()))

    def _after_step(self, row: StepResult, callback: BaseCallback) -> bool:
        """Count the steps and the finished episodes, then ask the callback whether to go on."""
        self.num_timesteps += int(np.count_nonzero(row.active))
        for episode in row.episodes:
            self._episode_num += 1
            self.ep_info_buffer.append(episode)  # type: ignore[union-attr]
            if "is_success" in episode:
                self.ep_success_buffer.append(episode["is_success"])  # type: ignore[union-attr]
        callback.update_locals(vars(row))
        return callback.on_step()

    # ------------------------------------------------------------------ 2 to 5 update

    def update(self, episodes: Episodes) -> None:
        """Improve the policy by one gradient step, then fit the baseline."""
        observations = self._tensor(episodes.observations)
        actions = torch.as_tensor(episodes.actions, device=self.device)

        # 2  G_t, with the baseline's guess of what a time limit cut off
        rewards = self._with_cut_off_values(episodes)
        returns = discounted_returns(rewards, episodes.dones, self.gamma)[episodes.active]
        if not np.isfinite(returns).all():
            raise RacerError(
                f"vpg: update {self._n_updates + 1}: expected finite rewards, "
                f"got a return of {returns[~np.isfinite(returns)][0]}"
            )

        # 3  A_t = G_t − b_t, with the baseline as it was before it has seen these returns
        expected = self._expected_returns(observations, episodes, returns)
        advantages = returns - expected
        if self.normalize_advantage:
            advantages = (advantages - advantages.mean()) / (advantages.std() + EPSILON)

        # 4  one step of the policy
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        self._improve_policy(observations, actions, self._float(advantages))

        # 5  the baseline, after it was used: a baseline that has seen the very returns it is
        #    compared with explains away what the policy should learn from
        if self.baseline == "value":
            self.logger.record("train/value_loss", self.value_baseline.fit(observations, returns))

        self._n_updates += 1
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        if self.baseline != "none":
            explained = explained_variance(expected, returns)
            self.logger.record("train/explained_variance", float(explained))
        if hasattr(self.policy, "log_std"):
            self.logger.record("train/std", self.policy.log_std.exp().mean().item())

    def _with_cut_off_values(self, episodes: Episodes) -> NDArray[np.float64]:
        """Return the rewards (T, n_envs), with γ V(s_T) added where time ran out.

        The time limit is the trainer's, not the world's: the car would have gone on to earn about
        V(s_T). Without a value baseline nothing can stand in, and the return ends there.
        """
        if self.baseline != "value" or not episodes.truncations:
            return episodes.rewards
        rewards = episodes.rewards.copy()
        where = ([cut.step for cut in episodes.truncations], [c.env for c in episodes.truncations])
        final = stack([cut.observation for cut in episodes.truncations])
        rewards[where] += self.gamma * self.value_baseline.predict(self._tensor(final))
        return rewards

    def _expected_returns(
        self, observations: Any, episodes: Episodes, returns: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return b_t (N,): what the baseline expected of each step's state or time."""
        if self.baseline == "value":
            return self.value_baseline.predict(observations)
        if self.baseline == "mean":
            return mean_at_same_time(returns, episodes.times[episodes.active])
        return np.zeros_like(returns)

    def _improve_policy(
        self, observations: Any, actions: torch.Tensor, advantages: torch.Tensor
    ) -> None:
        """Step 4: one step up the gradient of mean_t( A_t log π(a_t|s_t) + c H(π(·|s_t)) ).

        Its gradient is the policy gradient of Williams (1992). Like nearly everyone we leave out
        the factor γ^t of the exact formula, which would all but ignore what happens late in a lap,
        and divide by the number of steps and not of episodes, which changes only the length.
        """
        n = len(advantages)
        gain = entropy = 0.0
        before = []  # log π(a|s) of the policy that drove
        self.policy.optimizer.zero_grad(set_to_none=True)
        for part in parts(n):
            log_prob, spread = self._log_prob(observations, actions, part)
            part_gain = (advantages[part] * log_prob).sum() / n
            part_entropy = spread.sum() / n
            # a sum over parts, each with its share of the mean: the gradient of the whole batch
            (-part_gain - self.ent_coef * part_entropy).backward()  # type: ignore[no-untyped-call]
            gain += part_gain.item()
            entropy += part_entropy.item()
            before.append(log_prob.detach())
        norm = torch.nn.utils.clip_grad_norm_(self.policy.parameters(), self.max_grad_norm).item()
        if not np.isfinite(norm):
            raise RacerError(
                f"vpg: update {self._n_updates + 1}: expected a finite gradient, got {norm}: the "
                "policy's parameters are unchanged; a lower learning_rate may help"
            )
        self.policy.optimizer.step()
        self.logger.record("train/policy_gradient_loss", -gain)
        self.logger.record("train/entropy", entropy)
        self.logger.record("train/grad_norm", norm)
        change = self._change(observations, actions, torch.cat(before))
        self.logger.record("train/approx_kl", change)

    def _log_prob(
        self, observations: Any, actions: torch.Tensor, part: slice
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return log π(a|s) and the entropy of π(·|s), each (n,), for a part of the batch."""
        distribution = self.policy.get_distribution(rows(observations, part))
        log_prob = distribution.log_prob(actions[part])
        entropy = distribution.entropy()
        return log_prob, -log_prob if entropy is None else entropy

    def _change(self, observations: Any, actions: torch.Tensor, before: torch.Tensor) -> float:
        """Return how far the policy moved: an estimate of KL(old ‖ new), never negative.

        With ρ = π_new / π_old the mean of (ρ − 1) − log ρ (Schulman, "Approximating KL
        divergence", 2020).
        """
        self.policy.set_training_mode(False)
        with torch.no_grad():
            after = torch.cat(
                [self._log_prob(observations, actions, part)[0] for part in parts(len(before))]
            )
        log_ratio = after - before
        return float((log_ratio.exp() - 1.0 - log_ratio).mean().item())

    # ------------------------------------------------------------------ SB3's housekeeping

    def dump_logs(self) -> None:
        """Write a row of the logger: the last batch of episodes, the update before, the time."""
        elapsed = max((time.time_ns() - self.start_time) / 1e9, sys.float_info.epsilon)
        steps = self.num_timesteps - self._num_timesteps_at_start
        episodes = self.ep_info_buffer or ()
        self.logger.record("rollout/ep_rew_mean", safe_mean([ep["r"] for ep in episodes]))
        self.logger.record("rollout/ep_len_mean", safe_mean([ep["l"] for ep in episodes]))
        if self.ep_success_buffer:
            self.logger.record("rollout/success_rate", safe_mean(self.ep_success_buffer))
        self.logger.record("time/iterations", self._n_updates + 1, exclude="tensorboard")
        self.logger.record("time/episodes", self._episode_num, exclude="tensorboard")
        self.logger.record("time/fps", int(steps / elapsed))
        self.logger.record("time/time_elapsed", elapsed, exclude="tensorboard")
        self.logger.record("time/total_timesteps", self.num_timesteps, exclude="tensorboard")
        self.logger.dump(step=self.num_timesteps)

    def _get_torch_save_params(self) -> tuple[list[str], list[str]]:
        return ["policy", "policy.optimizer", "value_baseline"], []

    def learning_state(self) -> dict[str, Any]:
        """Return the baseline's scale and optimizer."""
        return {"baseline": as_arrays(self.value_baseline.state_dict())}

    def load_learning_state(self, state: dict[str, Any]) -> None:
        """Put back what ``learning_state`` returned."""
        kept = state["baseline"]
        self.value_baseline.load_state_dict(
            {**kept, "optimizer": optimizer_state(kept["optimizer"])}
        )

    def rollout_state(self) -> dict[str, Any]:
        """Return whose turn it is to drive one episode more."""
        return {"first_env": self._first_env}

    def load_rollout_state(self, state: dict[str, Any]) -> None:
        """Put back what ``rollout_state`` returned."""
        self._first_env = state["first_env"]

    def _tensor(self, observations: Observations) -> Any:
        return obs_as_tensor(observations, self.device)

    def _float(self, values: NDArray[np.float64]) -> torch.Tensor:
        return torch.as_tensor(values, dtype=torch.float32, device=self.device)


def _check(model: VPG) -> None:
    """Refuse what the algorithm cannot do, before anything is built."""
    if model.env is not None and not isinstance(model.action_space, spaces.Box | spaces.Discrete):
        kind = type(model.action_space).__name__
        raise ConfigError(f"vpg: expected an action space Discrete or Box, got {kind}")
    for row in TABLE:
        value = getattr(model, row.sb3, None)  # others' it has not; the networks' are the policy's
        if value is not None and not callable(value):  # a schedule is checked by SB3
            try:
                parse_value(row, value)
            except ConfigError as error:
                raise ConfigError(f"vpg: {row.sb3}: {error}") from None

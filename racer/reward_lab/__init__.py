"""What a reward function will teach, without training: check, line-up, map, replay."""

from racer.reward_lab.driven import check
from racer.reward_lab.driven_calls import MOST_CARS
from racer.reward_lab.findings import Finding, Lineup, RewardCheck, Standing
from racer.reward_lab.map import RewardMap, reward_map
from racer.reward_lab.replay import Replay, replay
from racer.reward_lab.sandbox import check_reward, check_rewards

__all__ = [
    "MOST_CARS",
    "Finding",
    "Lineup",
    "Replay",
    "RewardCheck",
    "RewardMap",
    "Standing",
    "check",
    "check_reward",
    "check_rewards",
    "replay",
    "reward_map",
]

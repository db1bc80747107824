"""Reward functions: their params, and how a file is loaded and called."""

from racer.reward.failure import RewardFailure, read_params, save_failure
from racer.reward.load import RewardInstance, RewardSource, load_reward, reward_names
from racer.reward.monitor import CallMonitor, RunningCall
from racer.reward.params import (
    PARAMS,
    Param,
    TrackFacts,
    iter_params,
    params_to_json,
    track_facts,
)
from racer.reward.runner import RewardRunner, call_once
from racer.reward.shared_state import what_sharing_means
from racer.reward.siblings import SourceFile
from racer.reward.traits import Traits, keeps_state, traits_of

__all__ = [
    "PARAMS",
    "CallMonitor",
    "Param",
    "RewardFailure",
    "RewardInstance",
    "RewardRunner",
    "RewardSource",
    "RunningCall",
    "SourceFile",
    "TrackFacts",
    "Traits",
    "call_once",
    "iter_params",
    "keeps_state",
    "load_reward",
    "params_to_json",
    "read_params",
    "reward_names",
    "save_failure",
    "track_facts",
    "traits_of",
    "what_sharing_means",
]

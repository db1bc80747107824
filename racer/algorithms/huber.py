"""Stable-Baselines3's PPO and A2C with the Huber loss for the value network."""

from types import FunctionType, SimpleNamespace
from typing import Any

from stable_baselines3 import A2C, PPO
from torch.nn import functional


def _with_huber(train: Any) -> Any:
    """Return a copy of SB3's ``train`` in which ``F.mse_loss`` is the Huber loss.

    SB3 offers no other loss of the value network than the squared error, and calls it in the middle
    of a method of a hundred lines. The copy has the method's own code and, in its globals, an
    ``F`` with nothing but this loss: another use of ``F`` in a later SB3 would fail loudly.
    """
    names = {**train.__globals__, "F": SimpleNamespace(mse_loss=functional.huber_loss)}
    return FunctionType(train.__code__, names, train.__name__, train.__defaults__)


class HuberPPO(PPO):
    """SB3's PPO with the Huber loss for the value network: ``loss_type`` "huber"."""

    train = _with_huber(PPO.train)


class HuberA2C(A2C):
    """SB3's A2C with the Huber loss for the value network: ``loss_type`` "huber"."""

    train = _with_huber(A2C.train)

"""What ``racer.train`` and its like take beside their own arguments."""

from racer.config.keywords import SettingKeywords
from racer.training.hooks import HookKeywords


class TrainKeywords(SettingKeywords, HookKeywords, total=False):
    """Settings of a training, and what it tells."""

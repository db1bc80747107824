"""The reward function that a run was trained with: executed only where it is the run's own.

A checkpoint by itself is data, whoever made it: neither is the file executed that it names, nor one
that happens to lie beside it. The folder of a run holds a copy of its reward function, and each
checkpoint the digest of it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from racer.errors import RunError
from racer.reward import RewardSource, load_reward
from racer.reward.load import reward_names
from racer.run_files import REWARD_COPY, RUN_JSON
from racer.storage.durable import check_digest, has_file


def own_reward(run: Path, checkpoint: Path, facts: Mapping[str, Any]) -> RewardSource | None:
    """Return a run's copy of its reward function; None if there is none. Nothing is executed.

    Args:
        run: as the user named it: a folder, or a checkpoint file.
        checkpoint: of the run.
        facts: what the checkpoint says; older versions do not say which reward function it was.

    Raises:
        RunError: if the copy in a run's folder is not what the checkpoint was trained with.
    """
    copy = checkpoint.parent / REWARD_COPY
    if not copy.with_name(RUN_JSON).is_file() or not (copy.is_file() or has_file(copy)):
        return None
    reward = load_reward(copy)
    if facts.get("reward_digest") == reward.digest:
        return reward
    if run == checkpoint or "reward_digest" not in facts:
        check_digest(copy)
        return None if "reward_digest" in facts else reward
    raise RunError(
        f"{copy}: is not the reward function of this training any more; "
        f"racer clone {run} --reward FILE trains on with another one"
    )


def shipped_reward(name: str) -> str | None:
    """Return a name in a checkpoint if a shipped function has it, and no file here shadows it."""
    is_shipped = name.removesuffix(".py") in reward_names()
    if not is_shipped or Path(name).exists() or Path(f"{name}.py").exists():
        return None
    return name

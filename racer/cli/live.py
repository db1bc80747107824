"""What ``racer watch --live`` is told, as a session."""

from functools import partial
from pathlib import Path
from typing import Any

from racer.cli.options import check_reward_timeout
from racer.errors import ConfigError, RewardError, RunError

DEFAULT_STEPS = 50_000
"""Training steps of a version: enough for a first good lap."""

SECONDS = 3.0
"""Seconds of training after which a version ends in any case."""


def watch_live(
    reward: str,
    *,
    settings: dict[str, Any],
    output: Path | None,
    reward_timeout: float,
    stop_after: int | None = None,
) -> int:
    """Try each saved version of a reward file until Ctrl-C, and return the exit status.

    Args:
        reward: the file.
        settings: those that were given, as ``make_config`` takes them.
        output: folder of the session; by default the next free one in ``live``.
        reward_timeout: seconds that a call of the reward function may take.
        stop_after: end after so many versions; None: never.

    Raises:
        RacerError: if there is no such file, or a setting cannot be used.
    """
    from racer.cli.live_parent import Live
    from racer.cli.output import print_note
    from racer.config.parse import make_config
    from racer.runs.run_folder import reserve_name

    path = Path(reward).expanduser()
    if stop_after is not None and stop_after < 1:
        raise ConfigError(f"--versions: must be 1 or more, got {stop_after}")
    if not path.is_file():
        hint = f": give a file that you can edit, as {path.name}.py" if not path.suffix else ""
        raise RewardError(f"{reward}: no such file{hint}")
    check_reward_timeout(reward_timeout)
    config = make_config(
        {"steps": DEFAULT_STEPS, "minutes": SECONDS / 60.0},
        on_note=print_note,
        **{**settings, "reward": str(path)},
    )
    try:
        folder = output or Path("live") / reserve_name(Path("live"), path.stem)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{output or 'live'}: cannot be made: {error.strerror}") from error
    files = partial(watched_files, path)
    return Live(config.model_dump(), files, folder, reward_timeout, stop_after).run()


def watched_files(path: Path) -> list[Path]:
    """Return the reward file and the modules beside it that it imports, as it is now."""
    from racer.reward.siblings import find_siblings, read_source

    try:
        text = read_source(path)
    except (OSError, SyntaxError, UnicodeDecodeError):  # half saved
        return [path]
    return [path, *(sibling.path for sibling in find_siblings(text, path.resolve().parent))]

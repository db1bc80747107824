"""The errors a user can cause. The command line prints them as one line, without a traceback.

A message says what was expected, what came, and where: ``oval.toml: segment 3: radius must be
positive, got -0.5``.
"""

from collections.abc import Callable


class RacerError(Exception):
    """Base of every error that a user can cause and mend."""


class TrackError(RacerError):
    """A track file or track description cannot be used."""


class ActionError(RacerError):
    """An action space or model_metadata.json cannot be used."""


class RewardError(RacerError):
    """A reward function cannot be loaded, or failed while it ran."""


class RewardStateError(RewardError):
    """What a reward function keeps between calls cannot be saved, or cannot be put back."""


class ConfigError(RacerError):
    """A setting, hyperparameter or option is unknown or out of range."""


class MissingExtraError(RacerError):
    """An optional package is not installed; the message says how to install it."""


class LimitError(RacerError):
    """How fast a car could lap a track cannot be computed."""


class RunError(RacerError):
    """A run folder cannot be written, read or used."""


def unknown_name(kind: str, name: str, known: list[str]) -> str:
    """Return ``unknown KIND 'NAME': did you mean 'X'? known: A, B, C`` for an error message."""
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    hint = f" did you mean '{near[0]}'?" if near else ""
    return f"unknown {kind} '{name}':{hint} known: {', '.join(sorted(known))}"


def text_of(value: object, show: Callable[[object], str] = str) -> str:
    """Return the text of an object of a user's class, or of a number with too many digits.

    Args:
        value: its ``__str__`` or ``__repr__`` may raise.
        show: str or repr.
    """
    try:
        return show(value)
    except Exception:  # noqa: BLE001  whatever it raises
        return f"{type(value).__name__} that cannot be shown"


def one_line(error: BaseException) -> str:
    """Return the message of an error without line breaks; of an OSError ``file: what``."""
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    else:
        text = text_of(error)
    return " ".join(text.split()) or type(error).__name__

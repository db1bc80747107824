"""Settings as the words of a command, and as a table for the docs."""

from collections.abc import Iterator
from typing import Any

from racer.config.declaration import ActionSettings, Declared, TrainSettings, declared
from racer.naming import as_list


def option_words(name: str, value: Any) -> list[str]:
    """Return the words that give a setting, or a hyperparameter, a value.

    Args:
        name: of a field of ``TrainSettings`` or ``ActionSettings``, or of a hyperparameter.
        value: as the settings hold it.
    """
    known = {one.name: one for one in with_options()}
    if name not in known:
        return ["--" + name.replace("_", "-"), _word(value)]
    words, kind = known[name].words, known[name].kind
    if kind is bool:
        return [words[0 if value else 1]]
    if known[name].is_repeated:
        return [word for one in as_list(value) for word in (words[0], one)]
    return [words[0], _word(value)]


def with_options() -> Iterator[Declared]:
    """Yield all settings that have an option; in place of ``actions`` the words for them."""
    for one in declared(TrainSettings):
        if one.name == "actions":
            yield from declared(ActionSettings)
        elif one.setting.group:
            yield one


def settings_table() -> str:
    """Return the table of all options that are settings, for the docs."""
    lines = ["| option | group | what it is |", "|---|---|---|"]
    for one in with_options():
        words = ", ".join(f"`{word}`" for word in one.words)
        lines.append(f"| {words} | {one.setting.group} | {one.about} |")
    return "\n".join(lines)


def _word(value: Any) -> str:
    """Return a value as a user types it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ",".join(f"{name}={_word(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ",".join(map(_word, value))
    return f"{value:g}" if isinstance(value, float) else str(value)

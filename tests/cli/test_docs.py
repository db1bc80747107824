"""The page on the command line says what is there."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "command_line.md"
COMMANDS = re.findall(r"^racer [^#\n]*", PAGE.read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_in_the_page_exists(racer, command):
    words = command.split()[1:]
    verb = words[:2] if words[0] in ("tracks", "reward") and len(words) > 1 else words[:1]
    options = racer(*verb, "--help").out
    for option in re.findall(r"\s(--?[a-z][a-z-]*)", command):
        assert re.search(rf"{option}\b", options), option


def test_every_verb_is_in_the_page(racer):
    page = PAGE.read_text("utf-8")
    for verb in ("train", "evaluate", "watch", "plot", "tracks", "actions", "reward"):
        assert f"`racer {verb}" in page


def test_the_page_has_commands():
    assert len(COMMANDS) >= 8

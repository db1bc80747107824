"""The page on the command line says what is there."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "command_line.md"
COMMANDS = re.findall(r"^racer [^#\n]*", PAGE.read_text("utf-8"), re.MULTILINE)


def test_every_option_of_a_command_in_the_page_exists(racer):
    helps = {}
    for command in COMMANDS:
        words = command.split()[1:]
        has_child = words[0] in ("tracks", "reward") and len(words) > 1
        verb = tuple(words[: 2 if has_child else 1])
        if verb not in helps:
            helps[verb] = racer(*verb, "--help").out
        for option in re.findall(r"\s(--?[a-z][a-z-]*)", command):
            assert re.search(rf"{option}\b", helps[verb]), command


def test_every_verb_is_in_the_page(racer):
    page = PAGE.read_text("utf-8")
    for verb in (
        "train",
        "resume",
        "clone",
        "evaluate",
        "robustness",
        "watch",
        "plot",
        "tracks",
        "actions",
        "reward",
    ):
        assert f"`racer {verb}" in page


def test_the_page_has_commands():
    assert len(COMMANDS) >= 8

"""Every command in the README and in docs/ is one that the command line takes."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from racer.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINE = re.compile(r"^ *(?:\$ |pip install \. && )?racer\b((?: .*)?)$", re.MULTILINE)
MENTION = re.compile(r"`racer ([a-z][^`]*)`")
ROOT_COMMAND = typer.main.get_command(app)


def lines() -> Iterator[tuple[str, str]]:
    """Yield each command line in a block of code: where it is, and its words."""
    for page in PAGES:
        for block in BLOCK.findall(page.read_text("utf-8")):
            yield from ((page.name, words.strip()) for words in LINE.findall(block))


def mentions() -> Iterator[tuple[str, str]]:
    """Yield each command that a text names: it may lack what its options take."""
    for page in PAGES:
        text = BLOCK.sub("", page.read_text("utf-8"))
        yield from ((page.name, words) for words in MENTION.findall(text))


def find(words: list[str]) -> tuple[TyperCommand | TyperGroup, list[str]]:
    """Return the command that words name, and the words after its name."""
    command = ROOT_COMMAND
    while isinstance(command, TyperGroup) and words and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    return command, words


def verbs(command=ROOT_COMMAND, name: str = "racer") -> Iterator[str]:
    """Yield the names of all commands that do something; those that are gone are hidden."""
    if command.hidden:
        return
    if not isinstance(command, TyperGroup) or command.invoke_without_command:
        yield name
    if isinstance(command, TyperGroup):
        for verb, child in command.commands.items():
            yield from verbs(child, f"{name} {verb}")


@pytest.mark.parametrize(("page", "line"), sorted(set(lines())))
def test_every_command_line_is_understood(page, line):
    command, words = find(shlex.split(line, comments=True))
    assert command is not ROOT_COMMAND or words == [], f"no such verb: racer {line}"
    command.make_context("racer", words)


@pytest.mark.parametrize(("page", "words"), sorted(set(mentions())))
def test_every_command_that_a_text_names_exists(page, words):
    command, rest = find(words.split())
    assert command is not ROOT_COMMAND, f"no such verb: racer {words}"
    options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    options |= {"-h", "--help"}
    assert {word for word in rest if word.startswith("-")} <= options


def test_every_verb_is_in_the_page_of_the_command_line():
    page = (ROOT / "docs" / "command_line.md").read_text("utf-8")
    missing = [verb for verb in verbs() if f"`{verb}" not in page]
    assert missing == []


def test_a_command_that_does_not_exist_would_be_found():
    assert len(set(lines())) > 50
    assert len(set(verbs())) >= 18
    assert find(["reward", "chek"]) == (find(["reward"])[0], ["chek"])
    with pytest.raises(Exception, match="No such option"):
        find(["train"])[0].make_context("racer", ["--nosuch"])

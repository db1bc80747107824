"""What older versions had: accepted with a note where nothing is lost, else refused in a line."""

import pytest

NOTE = "note: reward functions are no longer compiled: --no-compile has no effect"
VERBS = [["train"], ["clone", "nothing"], ["compare", "a", "b"], ["tune", "a"]]


@pytest.mark.parametrize("verb", VERBS)
def test_no_compile_is_accepted_with_a_note(racer, verb):
    answer = racer(*verb, "--no-compile", "--steps", "x")  # goes on, to the next wrong word
    assert answer.lines[0] == NOTE
    assert sum("compile" in line for line in answer.lines) == 1
    assert any("'--steps'" in line for line in answer.lines)


@pytest.mark.parametrize("verb", VERBS)
def test_compile_is_refused_in_one_line(racer, verb):
    answer = racer(*verb, "--compile")
    assert answer.status == 2
    assert answer.lines == [
        "error: --compile is gone: reward functions are no longer compiled; leave it out"
    ]


@pytest.mark.parametrize("words", [[], ["mine.py"], ["mine.py", "--track", "oval", "--json"]])
def test_reward_compile_is_refused_in_one_line(racer, words):
    answer = racer("reward", "compile", *words)
    assert answer.status == 2
    (line,) = answer.lines
    assert line.startswith("error: racer reward compile is gone: ")
    assert "racer reward check FILE" in line


def test_help_does_not_mention_them(racer):
    assert "compile" not in racer("train", "--help").out
    assert "compile" not in racer("reward", "--help").out

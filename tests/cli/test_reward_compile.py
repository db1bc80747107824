"""``racer reward compile``: whether a function runs as machine code, and what prevents it."""

import json

import pytest


def test_a_function_that_is_compiled_says_in_how_many_states_it_was_compared(racer):
    answer = racer("reward", "compile", "stay_inside")
    assert answer.status == 0
    assert "compiled; equal to the interpreted one in 10,000 states" in answer.out


def test_a_function_that_is_not_compiled_says_which_construct_at_which_line(racer, tmp_path):
    text = "import random\n\n\ndef reward_function(params):\n    return random.random()\n"
    (tmp_path / "lucky.py").write_text(text)
    answer = racer("reward", "compile", "lucky.py")
    assert answer.status == 0
    assert answer.out.startswith("lucky.py: interpreted, one Python call a step, because of\n")
    assert "random" in answer.out.splitlines()[1]
    (why,) = json.loads(racer("reward", "compile", "lucky.py", "--json").out)["why"]
    assert "random" in why["construct"]


def test_json_has_everything(racer):
    told = json.loads(racer("reward", "compile", "racing_line", "--json").out)
    assert told["path"] == "interpreted"
    assert told["states"] == 0
    assert {"line", "construct"} <= set(told["why"][0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def reward_function(params)\n    return 1\n", "not valid Python"),
        ("import no_such_module\n", "import of 'no_such_module' failed"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(racer, tmp_path, text, message):
    (tmp_path / "mine.py").write_text(text)
    answer = racer("reward", "compile", "mine.py")
    assert answer.status == 1
    (line,) = answer.lines
    assert message in line


def test_an_endless_loop_is_cut(run_racer, tmp_path):
    text = "def reward_function(params):\n    while True:\n        pass\n"
    (tmp_path / "loop.py").write_text(text)
    answer = run_racer("reward", "compile", "loop.py", "--timeout", "1")
    assert answer.status == 1
    (line,) = answer.lines
    assert line.startswith("error: loop.py:")
    assert line.endswith("the call has not returned after 1 s: an endless loop?")

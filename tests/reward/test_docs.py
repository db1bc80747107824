"""The page about reward functions says what the code does."""

import re
from pathlib import Path

import pytest

from racer.reward import PARAMS, call_once, load_reward, reward_names

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reward_functions.md").read_text("utf-8")


@pytest.mark.parametrize("param", PARAMS.values(), ids=PARAMS)
def test_the_page_has_every_param_as_it_is(param):
    assert f"| `{param.name}` | {param.type} | {param.unit} | {param.meaning} |" in PAGE


def test_the_page_lists_the_shipped_functions_and_no_others():
    listed = re.findall(r"^\| `(\w+)` \|", PAGE.partition("## The shipped examples")[2], re.M)
    assert sorted(listed) == reward_names()


def test_the_first_reward_function_of_the_page_runs(write):
    text = re.search(r"```python\n(def reward_function.*?)```", PAGE, re.S)[1]
    source = load_reward(write(text))
    assert call_once(source, {"all_wheels_on_track": True, "speed": 2.0}) == 1.0


def test_the_python_lines_of_the_page_print_what_they_say(capsys):
    text = re.search(r"```python\n(from racer.*?)```", PAGE, re.S)[1]
    exec(text, {})
    assert capsys.readouterr().out == "1.0\n"

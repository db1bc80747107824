"""What the real console refused; racer itself does not."""

import ast

import pytest

from racer.env import Scenario
from racer.reward_lab import check
from racer.reward_lab.console_rules import console_findings

# text, lines, what the first message says
CASES = {
    "another module": ("import time\n", [1], "the import of 'time' (allowed: math, random, numpy"),
    "a module of its package": ("from collections import deque\n", [1], "of 'collections'"),
    "an import inside": (
        "def reward_function(params):\n    import math\n    return 1.0\n",
        [2], "an import that is not at the top",
    ),
    "a call": ("a = eval('1')\n", [1], "a call of eval()"),
    "a word": ("payload = 1\n", [1], "the word 'load', in 'payload'"),
    "a word in a comment": ("a = 1  # overload\n", [1], "the word 'load', in 'overload'"),
    "the longest word": ("a.savetxt()\n", [1], "the word 'savetxt':"),
    "two parameters": ("def reward_function(a, b=1):\n    return 1.0\n", [1], "exactly one"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_rule_is_told_with_its_line(case):
    text, lines, message = CASES[case]
    found = console_findings(text, ast.parse(text), "my.py")
    assert [one.line for one in found] == lines
    assert message in found[0].message
    assert {(one.severity, one.code, one.file) for one in found} == {
        ("warning", "console-rule", "my.py")
    }


def test_allowed_imports_pass():
    text = "import math, random\nimport numpy as np\nfrom scipy import stats\n"
    text += "from shapely.geometry import Point\nfrom numpy import log as ln\n"
    assert console_findings(text, ast.parse(text), "my.py") == []


def test_the_rules_are_off_unless_asked_for(checked):
    text = "import time\ndef reward_function(params):\n    return params['speed']\n"
    assert checked(text).codes == ()
    assert checked(text, console_rules=True).codes == ("console-rule",)


def test_shipped_examples_pass_the_console(few_drives):
    for name in ("center_line", "racing_line", "progress_per_step"):
        found = check(Scenario.of("reinvent_2018", name), console_rules=True, seconds=0.0)
        assert "console-rule" not in found.codes

"""What pays differently when the same steps are paid again is found by name."""

import random
import time
from datetime import datetime

import numpy as np
import pytest

from racer.reward import load_reward, reward_names, traits_of

BODY = "def reward_function(params):\n    return 1.0\n"


def reason(source):
    return traits_of(source).unrepeatable


@pytest.mark.parametrize("name", reward_names())
def test_no_shipped_function_is_unrepeatable(name):
    assert reason(load_reward(name)) == ""


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        "def reward_function(params):\n    now = time = params['x']\n    return now + time\n",
        "import datetime\n" + BODY,
        "import math, numpy as np, sys, os, itertools\n" + BODY,
    ],
)
def test_names_that_look_like_a_clock_are_no_clock(source, text):
    assert reason(source(text)) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import time\n", "reads the clock ('time')"),
        ("from time import perf_counter\n", "reads the clock ('perf_counter')"),
        ("from datetime import datetime\nDAY = datetime.today()\n", "reads the clock ('today')"),
        ("import os\nX = os.urandom(2)\n", "reads the clock ('urandom')"),
        ("import random\n", "draws random numbers ('random')"),
        ("import numpy as np\nX = np.random.rand()\n", "draws random numbers ('random')"),
        ("import torch\n", "uses what racer cannot look into"),
        ("eval('1')\n", "uses what racer cannot look into"),
    ],
)
def test_clocks_and_chance_are_named(source, text, expected):
    assert reason(source(text + BODY)).startswith(expected)


def test_a_python_function_is_looked_into():
    moment = time.perf_counter
    assert reason(load_reward(lambda params: 1.0)) == ""
    assert "clock" in reason(load_reward(lambda params: time.time()))
    assert "clock" in reason(load_reward(lambda params: moment()))
    assert "clock ('now')" in reason(load_reward(lambda params: datetime.now().second))
    assert "random" in reason(load_reward(lambda params: random.random()))
    assert "random" in reason(load_reward(lambda params: np.random.rand()))  # noqa: NPY002

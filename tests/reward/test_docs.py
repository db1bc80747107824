"""The page about reward functions says what the code does."""

import re
from pathlib import Path

import numpy as np
import pytest

from racer.errors import RewardError
from racer.kernels import layout
from racer.reward import PARAMS, RewardRunner, load_reward, reward_names
from racer.reward_lab import check_reward

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "rewards.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.S)
FUNCTIONS = [text for text in EXAMPLES if "def reward_function" in text]
FAILURES = re.findall(r"^my\.py:(\d+): step (\d+) of car (\d+): (.*)$", PAGE, re.M)

# Statements that fail as the page shows, by the beginning of what it shows.
FAILING = {
    "ZeroDivisionError": "return 1.0 / (params['x'] - params['x'])",
    "KeyError": "return params['trak_width']",
    "expected a finite number": "",
    "IndexError": "return params['objects_location'][0][0]",
}


def test_the_table_of_the_page_is_the_table_of_the_params():
    rows = [f"| `{p.name}` | {p.type} | {p.unit} | {p.meaning} |" for p in PARAMS.values()]
    table = PAGE.partition("| name | type | unit, range | meaning |\n|---|---|---|---|\n")[2]
    assert table.partition("\n\n")[0].splitlines() == rows
    assert f"these {len(PARAMS)} keys" in PAGE


def test_the_page_lists_the_shipped_functions_and_no_others():
    listed = re.findall(r"^\| `(\w+)` \|", PAGE.partition("## The shipped examples")[2], re.M)
    assert sorted(listed) == reward_names()


def test_every_link_of_the_page_leads_somewhere():
    headings = re.findall(r"^##+ (.*)$", PAGE, re.M)
    anchors = {f"#{heading.lower().replace(' ', '-')}" for heading in headings}
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", PAGE):
        file, _, _ = link.partition("#")
        assert (DOCS / file).exists() if file else link in anchors, link


@pytest.mark.parametrize("text", FUNCTIONS, ids=range(len(FUNCTIONS)))
def test_a_reward_function_of_the_page_pays_driven_laps(text, write, pay):
    for example in EXAMPLES:
        name = re.match(r"# (\w+\.py)\n", example)
        if name:
            write(example, name[1])
    rewards = pay(write(text))
    assert len(np.unique(rewards[np.isfinite(rewards)])) > 1


def test_the_other_python_lines_of_the_page_print_what_they_say(capsys):
    (text,) = [text for text in EXAMPLES if "def " not in text]
    exec(text, {})
    assert capsys.readouterr().out == "1.0\n"


def test_the_example_with_a_memory_pays_the_metres_of_the_laps(write, pay, driven):
    facts, _ = driven
    (text,) = [text for text in FUNCTIONS if "last = {" in text]
    paid = np.nansum(pay(write(text)), axis=0)
    # two laps each, but for the 14 cm from the base to the nose and the first step, paid 0
    np.testing.assert_allclose(paid[:2], 2 * facts.length, atol=0.4)


def discounted_lap(n_steps, reward, goal=0.0, discount=1.0):
    return sum(reward * discount**k for k in range(n_steps)) + goal * discount ** (n_steps - 1)


@pytest.mark.parametrize(
    ("what", "pays", "goal"),
    [
        ("1 a step", lambda speed: 1.0, 0.0),
        ("1 a step, 100 at the goal", lambda speed: 1.0, 100.0),
        ("the metres gained", lambda speed: speed / 15.0, 0.0),
        ("the speed in m/s", lambda speed: speed, 0.0),
        ("the square of the speed", lambda speed: speed**2, 0.0),
        ("100 at the goal only", lambda speed: 0.0, 100.0),
        ("−1 a step, 100 at the goal", lambda speed: -1.0, 100.0),
    ],
)
def test_the_sums_of_the_page_are_right(what, pays, goal):
    (row,) = re.findall(rf"^\| {re.escape(what)} \| (.*) \|$", PAGE, re.M)
    said = [float(number) for number in re.findall(r"-?[\d.]+", row.replace("−", "-"))]
    drives = [(270, pays(1.0), goal), (135, pays(2.0), goal), (20, pays(2.0), 0.0)]
    sums = [discounted_lap(*drive, discount=d) for drive in drives for d in (1.0, 0.99)]
    np.testing.assert_allclose(said, sums, atol=0.051)


def test_the_line_up_of_the_page_is_what_the_check_finds():
    number = r"-?[\d.]+"
    pattern = rf"^ (\w[\w ]*?) {{2,}}.*?({number}) % .* ({number}) +({number}) +{number} %$"
    said = [(row[0], *map(float, row[1:])) for row in re.findall(pattern, PAGE, re.M)]
    check = check_reward("slow_lap_loophole", seconds=None)  # all drives, whatever the load
    assert check.exit_status == 1
    warnings = [one.message for one in check.findings if one.severity == "warning"]
    assert all(message in PAGE.replace("\n  ", " ") for message in warnings)
    found = [(one.label, one.completion, one.discounted, one.undiscounted)
             for one in check.lineup.standings]  # fmt: skip
    assert [row[0] for row in said] == [row[0] for row in found]
    np.testing.assert_allclose([r[1] for r in said], [r[1] for r in found], atol=0.51)
    np.testing.assert_allclose([r[2:] for r in said], [r[2:] for r in found], atol=0.0051)


@pytest.mark.parametrize(("line", "step", "car", "problem"), FAILURES)
def test_a_failure_looks_as_the_page_shows_it(
    line, step, car, problem, write, facts, make_rows, monkeypatch
):
    (statement,) = [text for start, text in FAILING.items() if problem.startswith(start)]
    body = f"    {statement}" if statement else "    pass"
    first = int(line) - (1 if statement else 0)  # a bad value is blamed on the function's line
    path = write("\n" * (first - 1) + f"def reward_function(params):\n{body}\n")
    monkeypatch.chdir(path.parent)
    runner = RewardRunner(load_reward("my.py"), [facts], np.zeros(9, np.int64))
    rows = make_rows(9)
    rows[:, layout.M_STEPS] = float(step)
    with pytest.raises(RewardError) as raised:
        runner(rows, np.array([int(car)]), np.zeros(9))
    assert str(raised.value) == f"my.py:{line}: step {step} of car {car}: {problem}"


def test_the_page_shows_a_failure_of_each_kind():
    assert len(FAILURES) == len(FAILING)

"""``racer reward map``."""

import functools
import json

import pytest

from racer.reward_lab import map as reward_map_module


@pytest.fixture
def small_maps(in_process, monkeypatch):
    """Draw maps of few cells, in this process."""
    quick = functools.partial(reward_map_module.reward_map, max_cells=250)
    monkeypatch.setattr(reward_map_module, "reward_map", quick)


def test_it_draws_a_picture_and_prints_a_row_a_heading_and_speed(racer, tmp_path, small_maps):
    answer = racer("reward", "map", "center_line", "--track", "oval")
    assert answer.status == 0, answer.err
    assert (tmp_path / "center_line-map.png").read_bytes()[:4] == b"\x89PNG"
    assert "picture center_line-map.png" in answer.out
    assert sum("m/s" in line for line in answer.out.splitlines()) == 8
    assert answer.err == ""


def test_json_holds_the_grid_and_nothing_else_is_on_stdout(racer, tmp_path, small_maps):
    words = ["--track", "straight", "--json", "-o", "maps/m.png", "--max-speed", "3"]
    answer = racer("reward", "map", "smooth_driver", *words, "--steering", "left")
    data = json.loads(answer.out)
    assert data["picture"] == "maps/m.png"
    assert data["speeds"] == [1.5, 3.0]
    assert data["steering"] == pytest.approx(30.0)
    assert len(data["rewards"][0][0]) == len(data["y"]) - 1
    assert "note: The function may keep something" in answer.err
    assert (tmp_path / "maps" / "m.png").is_file()


def test_failing_poses_are_a_note_with_the_first_failure(racer, tmp_path, small_maps):
    text = "def reward_function(params):\n    return 1.0 if params['is_left_of_center'] else None\n"
    (tmp_path / "half.py").write_text(text)
    answer = racer("reward", "map", "half.py", "--track", "straight")
    assert answer.status == 0
    assert "poses failed, they are hatched: half.py:1: step" in answer.err
    assert len(answer.lines) == 1


def test_an_endless_loop_is_ended_with_its_line(racer, tmp_path):
    text = "def reward_function(params):\n    while params['speed'] > 1:\n        try:\n"
    text += "            pass\n        except:\n            pass\n    return 1.0\n"
    (tmp_path / "loop.py").write_text(text)
    answer = racer("reward", "map", "loop.py", "--track", "straight", "--timeout", "0.5")
    assert answer.status == 1
    line = answer.lines[-1]
    assert line.startswith("error: loop.py:")
    assert line.endswith("the call has not returned after 0.5 s: an endless loop?")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing.py"], "nothing.py: no such file"),
        (["center_line", "--track", "nowhere"], "unknown track 'nowhere'"),
        (["center_line", "--steering", "up"], "unknown steering 'up': known: left, right"),
        (
            ["center_line", "-o", "map.txt", "--track", "straight"],
            "map.txt: expected a name ending",
        ),
        (["center_line", "--timeout", "0"], "--timeout: must be positive, got 0"),
    ],
)
def test_wrong_words_are_one_line(racer, words, message, small_maps):
    answer = racer("reward", "map", *words)
    assert answer.status == 1
    assert len(answer.lines) == 1
    assert message in answer.err

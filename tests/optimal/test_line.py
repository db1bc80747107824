# ruff: noqa: F811  fixtures
"""Racing lines: written, read, checked, followed."""

import json
import runpy

import numpy as np
import pytest

from racer.analysis.line_figure import line_map
from racer.errors import TrackError
from racer.optimal.lap import OptimalLap
from racer.optimal.line import COLUMNS, RacingLine, timed, write_line
from racer.optimal.line_file import read_line
from racer.optimal.line_reward import reward_text
from racer.track import load_track
from racer.vehicle import vehicle
from tests.cli.conftest import racer  # noqa: F401  a fixture


def circle(n=100, radius=2.0, speed=2.0):
    """A line around the origin, counter-clockwise."""
    angle = np.arange(n) * (2.0 * np.pi / n)
    points = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return timed(RacingLine("circle", points, angle + np.pi / 2.0, np.full(n, speed)))


def middle(name="oval", speed=2.0):
    """The centre line of a shipped track."""
    track = load_track(name)
    s = np.linspace(0.0, track.length, 150, endpoint=False)
    heading = np.unwrap(track.heading(s))
    points = track.position(s)
    return track, timed(RacingLine("middle", points, heading, np.full(len(s), speed)))


def test_a_written_line_is_read_back_with_its_speeds_and_its_time(tmp_path):
    write_line(circle(), tmp_path / "new" / "line.csv")
    found = read_line(tmp_path / "new" / "line.csv")
    assert found.points == pytest.approx(circle().points, abs=1e-6)
    assert found.speed == pytest.approx(np.full(100, 2.0))
    assert found.is_loop
    assert found.time[-1] == pytest.approx(2.0 * np.pi, rel=1e-3)
    assert np.cos(found.heading - circle().heading) == pytest.approx(np.ones(100), abs=1e-3)


def test_a_written_line_has_the_columns_of_tum_s_files(tmp_path):
    path = tmp_path / "line.csv"
    write_line(circle(), path)
    third, first = path.read_text().splitlines()[2:4]
    assert third == "# " + "; ".join(COLUMNS)
    row = dict(zip(COLUMNS, map(float, first.split(";")), strict=True))
    assert row["psi_rad"] == pytest.approx(0.0, abs=1e-6)  # north: along the y axis
    assert row["kappa_radpm"] == pytest.approx(0.5, rel=1e-2)
    assert row["ax_mps2"] == pytest.approx(0.0, abs=1e-9)
    assert np.loadtxt(path, delimiter=";", skiprows=3).shape == (100, len(COLUMNS))


def test_the_line_of_a_lap_is_the_way_of_the_point_that_reward_functions_see():
    car, n = vehicle("deepracer"), 5
    zeros = np.zeros(n)
    columns = {"steering": zeros, "steering_command": zeros, "speed_command": zeros}
    lap = OptimalLap(
        load_track("oval"), car, 2.0, False, 4.0, np.arange(5.0), np.arange(5.0), np.arange(5.0),
        zeros, zeros, np.ones(n), **columns,
    )  # fmt: skip
    line = RacingLine.of(lap)
    assert line.points[:, 0] == pytest.approx(np.arange(4.0) + car.nose_x)
    assert line.time[-1] == 4.0


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.csv", "0,0,1\n1,0,2\n1,1,3\n"),
        ("b.csv", "x_m, y_m, vx_mps\n0, 0, 1\n1, 0, 2\n1, 1, 3\n"),
        ("c.csv", "# vx_mps; y_m; x_m\n1; 0; 0\n2; 0; 1\n3; 1; 1\n"),
        ("d.py", "import os\nrace = [[0, 0, 1], [1, 0, 2], [1, 1, 3]]\nos.remove('no')\n"),
        ("e.py", "[(0, 0, 1, 0.2), (1, 0, 2, 0.1), (1, 1, 3, 0.1)]"),
    ],
)
def test_lines_of_others_are_read_and_nothing_is_executed(tmp_path, file, text):
    (tmp_path / file).write_text(text)
    line = read_line(tmp_path / file)
    assert line.points.tolist() == [[0, 0], [1, 0], [1, 1]]
    assert line.speed.tolist() == [1, 2, 3]


def test_a_numpy_file_without_speeds_is_a_line_without_speeds(tmp_path):
    np.save(tmp_path / "line.npy", circle().closed)
    line = read_line(tmp_path / "line.npy")
    assert len(line.points) == 100
    assert line.speed is line.time is None


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("two.csv", "0,0\n1,0\n", "two.csv: expected at least 3 different points, got 2"),
        ("same.csv", "0,0\n1,0\n1,0\n", "got 2"),
        ("nan.csv", "0,0,1\n1,nan,2\n1,1,3\n", "nan.csv: point 1: y must be finite, got nan"),
        ("slow.csv", "0,0,1\n1,0,0\n1,1,3\n", "point 1: speed must be positive, got 0"),
        ("ragged.csv", "0,0,1\n1,0\n1,1,3\n", "rows of one length"),
        ("words.csv", "0,0,1\n1,far,2\n", "expected numbers"),
        ("names.csv", "a,b\n1,2\n", "expected columns x_m and y_m, got a, b"),
        ("none.csv", "", "expected rows of x, y"),
        ("none.py", "speed = 3", "holds no list of points"),
        ("broken.py", "[(1,", "is no Python"),
        ("broken.npy", "no", "cannot be read as a NumPy file"),
        ("line.json", "[]", "expected a line in .csv, .npy or .py"),
    ],
)
def test_what_is_no_line_is_refused_in_one_line(tmp_path, file, text, message):
    (tmp_path / file).write_text(text)
    with pytest.raises(TrackError) as error:
        read_line(tmp_path / file)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TrackError, match=r"gone\.csv: cannot be read: No such file"):
        read_line(tmp_path / "gone.csv")


def test_a_line_that_leaves_the_road_is_refused_with_the_place():
    track, line = middle()
    line.check_on(track)
    beyond = RacingLine("wide", line.points * 1.5, line.heading)
    with pytest.raises(TrackError, match=r"wide: leaves the road of oval at \(.*m beside it"):
        beyond.check_on(track)


def test_a_line_of_few_points_that_cuts_across_the_field_is_refused():
    track, line = middle()
    coarse = RacingLine("coarse", line.points[::50], line.heading[::50])
    with pytest.raises(TrackError, match="leaves the road"):
        coarse.check_on(track)


def test_the_map_shows_the_line_and_the_speeds_at_their_extremes():
    track, line = middle()
    speed = 2.0 + np.sin(np.arange(150) * (4.0 * np.pi / 150))
    figure = line_map(track, RacingLine("wave", line.points, line.heading, speed))
    (lines,) = [one for one in figure.axes[0].collections if one.get_gid() == "line"]
    assert np.array_equal(lines.get_array(), speed)
    told = [one.get_text() for one in figure.axes[0].texts if one.get_gid() == "speed"]
    assert sorted(told) == ["1.0", "1.0", "3.0", "3.0"]


def test_the_reward_function_pays_the_way_along_its_line_and_less_beside_it(tmp_path):
    track, line = middle()
    path = tmp_path / "mine.py"
    path.write_text(reward_text(line, track.name))
    module = runpy.run_path(str(path))
    reward, points = module["reward_function"], module["LINE"]
    place = {"speed": 2.0, "is_offtrack": False, "heading": 0.0}

    def paid(i, steps, aside=0.0):
        x, y, _ = points[i]
        return reward({**place, "x": x, "y": y + aside, "steps": steps})

    assert paid(0, 2) == 0.0
    on_line = paid(2, 3)
    assert on_line == pytest.approx(2.0 * track.length / len(points), rel=0.02)
    assert paid(4, 4, aside=0.3) == pytest.approx(0.5 * on_line, rel=0.1)
    assert paid(2, 5) == pytest.approx(-on_line, rel=0.1)
    assert paid(0, 2) == 0.0  # another episode
    assert paid(len(points) - 1, 3) == pytest.approx(-0.5 * on_line, rel=0.1)  # across the start


def test_the_command_line_draws_a_foreign_line_or_says_why_not(racer, tmp_path):
    _, line = middle()
    write_line(line, tmp_path / "mine.csv")
    foreign = ["--line-file", "mine.csv", "-o", "map.png"]
    answer = racer("tracks", "show", "oval", *foreign, "--json")
    assert json.loads(answer.out)["line"].startswith("mine.csv: 150 points")
    assert (tmp_path / "map.png").stat().st_size > 10_000
    assert "name it with -o" in racer("tracks", "show", "oval", "--line").err
    assert "leaves the road" in racer("tracks", "show", "snail", *foreign).err


def test_the_command_line_writes_the_reference_and_its_reward_function(
    racer,
    tmp_path,
    monkeypatch,
):
    _, line = middle()
    monkeypatch.setattr(
        "racer.cli.tracks_line.reference_line",
        lambda *_: (line, {"track": "oval", "is_reversed": False, "vehicle": "deepracer",
                           "max_speed": 2.0, "lap_time": 6.0, "points": 150}),
    )  # fmt: skip
    words = ["tracks", "line", "oval", "-o", "line.csv", "--reward", "mine.py"]
    answer = racer(*words)
    assert "6.00 s a flying lap" in answer.out
    assert len(read_line(tmp_path / "line.csv").points) == 150
    assert "reward_function" in (tmp_path / "mine.py").read_text()
    assert racer(*words).err.strip() == "error: line.csv: exists already; --force replaces it"
    assert "expected a name ending in .csv" in racer("tracks", "line", "oval", "-o", "a.txt").err

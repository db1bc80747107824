import re
from pathlib import Path

import numpy as np
import pytest
import shapely

from racer.track import load_track, track_names
from racer.track.checks import check_outline

NAMES = track_names()
PAGE = (Path(__file__).parents[2] / "docs" / "tracks.md").read_text("utf-8")
N_TURNS = {"circle": 1, "oval": 2, "hairpins": 5, "chicane": 5, "slalom": 7, "straight": 0}


def test_there_are_the_tracks_that_the_documentation_promises():
    assert len(NAMES) >= 13
    assert {"reinvent_2018", "oval", "bowtie", "straight", "grand_prix"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_track_is_a_road_for_a_car_of_this_size(name):
    track = load_track(name)
    assert track.name == name
    assert track.source is not None
    assert track.source.name == f"{name}.toml"
    assert 0.6 - 0.005 <= track.min_width <= track.max_width <= 1.4 + 0.005
    assert track.tightest_radius > 0.5  # the car's own turning radius is about 0.35 m
    check_outline(name, track.center, track.inner, track.outer)
    assert shapely.LineString(track.center).is_simple
    spacing = np.hypot(*np.diff(track.center, axis=0).T)
    assert spacing.min() > 0.13
    assert spacing.max() < 0.16


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_track_says_in_one_sentence_what_it_teaches(name):
    track = load_track(name)
    assert 2 <= len(track.title) <= 20
    assert 30 <= len(track.description) <= 120
    assert track.description.endswith(".")
    assert ". " not in track.description


def test_the_table_in_the_documentation_is_that_of_the_files():
    rows = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| `")]
    rows = {row[0].strip("| `"): row for row in rows if len(row) == 7}
    assert sorted(rows) == NAMES
    for name, row in rows.items():
        track = load_track(name)
        assert row[1] == f"{track.length:.1f}"
        assert row[4] == str(track.n_turns)
        assert row[6].rstrip("| ") == track.description


@pytest.mark.parametrize("drawing", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
def test_the_drawings_in_the_documentation_are_tracks(drawing, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(drawing)
    assert 10.0 < load_track(path).length < 25.0


def test_several_shipped_tracks_run_clockwise_and_two_are_open():
    tracks = [load_track(name) for name in NAMES]
    assert sum(track.is_loop and not track.is_ccw for track in tracks) >= 4
    assert [track.name for track in tracks if not track.is_loop] == ["hill_climb", "straight"]


@pytest.mark.parametrize(("name", "n_turns"), N_TURNS.items())
def test_turns_are_counted_as_a_person_would(name, n_turns):
    assert load_track(name).n_turns == n_turns


def test_the_grand_prix_is_sixty_metres_long():
    assert load_track("grand_prix").length == pytest.approx(60.0, abs=0.5)


def fitted(points, onto):
    """The points turned and moved so that they lie nearest to a line (iterated Kabsch)."""
    line = shapely.LineString(onto)
    for _ in range(30):
        targets = shapely.get_coordinates(
            shapely.line_interpolate_point(
                line, shapely.line_locate_point(line, shapely.points(points))
            )
        )
        middle, target_middle = points.mean(axis=0), targets.mean(axis=0)
        u, _, vt = np.linalg.svd((points - middle).T @ (targets - target_middle))
        points = (points - middle) @ (u @ vt) + target_middle
    return points


def test_reinvent_2018_is_the_real_one_within_two_centimetres(reference_data):
    real = load_track(reference_data / "tracks" / "reinvent_base.npy")
    ours = load_track("reinvent_2018")
    assert ours.length == pytest.approx(real.length, rel=0.002)
    assert ours.is_ccw
    assert ours.width == pytest.approx(0.76, abs=0.003)
    aligned = fitted(ours.center, real.center)
    for points, line in ((aligned, real.center), (real.center, aligned)):
        far = shapely.distance(shapely.LineString(line), shapely.points(points)).max()
        assert far < 0.025


def test_reinvent_2018_lies_where_the_real_one_lies_and_starts_on_its_line(reference_data):
    real = load_track(reference_data / "tracks" / "reinvent_base.npy")
    ours = load_track("reinvent_2018")
    line = shapely.LineString(real.center)
    assert shapely.distance(line, shapely.points(ours.center)).max() < 0.025
    assert np.hypot(*(ours.center[0] - real.center[0])) < 0.01
    assert abs(ours.heading(0.0) - real.heading(0.0)) < np.radians(0.5)
    # and waypoint for waypoint, as far as the different spacing of the real one allows
    assert len(ours.center) == len(real.center)
    assert np.hypot(*(ours.center - real.center).T).max() < 0.2

import math

import numpy as np
import pytest

from racer.optimal import Limit, limit, reference, solve_lap, standing_time
from racer.optimal.digest import car_digest, track_digest
from racer.optimal.make_shipped import SPEEDS, cars, loops
from racer.optimal.shipped import (
    LIMITS,
    REFERENCES,
    packed,
    shipped_key,
    shipped_limits,
    shipped_references,
    track_key,
    unpacked,
)
from racer.track import Track, load_track
from racer.vehicle import vehicle
from tests.conftest import needs_casadi

OVAL, CAR = load_track("oval"), vehicle("deepracer")
OTHER = vehicle("deepracer", grip=6.0)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("RACER_CACHE", str(tmp_path))


@pytest.fixture
def no_casadi(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "casadi", None)


def test_the_shipped_laps_are_of_the_shipped_tracks_and_cars():
    """If this fails: python -m racer.optimal.make_shipped."""
    names = {track_key(track) for track in loops()}
    assert names == set(shipped_limits()["laps"])
    for track in loops():
        for name, car in cars().items():
            assert shipped_key(track, car) == (track_key(track), name)
    every = {f"{n}:{car}:{v:g}" for n in names for car in cars() for v in SPEEDS}
    assert every == set(shipped_references())
    assert not any(None in times for _, times in _shipped_times())


@pytest.mark.parametrize(
    ("track", "car", "standing", "index"),
    [
        ("circle", "deepracer", False, 1),
        ("reinvent_2018", "deepracer", True, 3),
        ("oval", "deepracer_v4", True, 1),
        ("circle", "deepracer_v5", False, 2),
    ],
)
def test_a_shipped_limit_is_what_the_solver_finds(track, car, standing, index):
    needs_casadi()
    driven, speed = load_track(track, reverse=True), shipped_limits()["speeds"][index]
    found = solve_lap(driven, vehicle(car), speed, standing=standing)
    known = limit(load_track(track), vehicle(car), speed, standing=standing, reverse=True)
    assert known.is_exact
    assert found.lap_time == pytest.approx(known.lap_time, rel=1e-3)


def test_what_is_shipped_is_small():
    assert LIMITS.stat().st_size + REFERENCES.stat().st_size < 300_000


def _shipped_times():
    """Yield flying or standing, and the seconds at each top speed."""
    for track in shipped_limits()["laps"].values():
        for laps in track.values():
            yield from laps.items()


def test_a_limit_falls_with_the_top_speed_and_a_start_from_rest_costs_time():
    times = [(kind, np.array(row)) for kind, row in _shipped_times()]
    assert all((np.diff(row) <= 0.0).all() for _, row in times)
    flying, standing = (np.array([row for kind, row in times if kind == one])
                        for one in ("flying", "standing"))  # fmt: skip
    ahead = CAR.nose_x / (CAR.speed_gain * np.array(SPEEDS))  # the nose is past the line already
    assert (standing - flying > -ahead).all()


@pytest.mark.usefixtures("no_casadi")
def test_a_shipped_limit_needs_no_casadi_and_is_marked_between_its_speeds():
    low, high = limit(OVAL, CAR, 2.0), limit(OVAL, CAR, 3.0)
    between = limit(OVAL, CAR, 2.5)
    assert (low.is_exact, high.is_exact, between.is_exact) == (True, True, False)
    assert high.lap_time < between.lap_time < low.lap_time
    assert str(low) == f"{low.lap_time:.2f} s"
    assert str(between) == f"≈ {between.lap_time:.2f} s"
    assert low.ratio(2.0 * low.lap_time) == pytest.approx(2.0)
    assert low.ratio(None) is None


def test_interpolation_errs_by_less_than_one_percent():
    needs_casadi()
    exact = solve_lap(OVAL, CAR, 2.5, standing=True).lap_time
    assert limit(OVAL, CAR, 2.5).lap_time == pytest.approx(exact, rel=0.01)


def test_a_top_speed_above_the_cars_is_the_cars():
    assert limit(OVAL, CAR, 9.0) == limit(OVAL, CAR, CAR.speed_max)


@pytest.mark.usefixtures("no_casadi")
@pytest.mark.parametrize(
    ("track", "car", "speed", "reason"),
    [
        ("straight", CAR, 2.0, "straight: an open track has no lap"),
        ("oval", vehicle("ideal"), 2.0, "grip: a car has a limit if"),
        ("oval", CAR, 0.05, "top_speed: must be above"),
        ("oval", OTHER, 2.0, 'needs CasADi: pip install "racer-rl[limit]"'),
        ("oval", OTHER, 2.0, "what is shipped belongs to another"),
        ("generated:3", CAR, 2.0, 'needs CasADi: pip install "racer-rl[limit]"'),
    ],
)
def test_a_limit_that_cannot_be_had_says_why_in_a_line(track, car, speed, reason):
    found = limit(load_track(track), car, speed)
    assert (found.lap_time, found.is_exact, str(found)) == (None, False, "–")
    assert reason in found.reason
    assert "\n" not in found.reason
    assert found.ratio(3.0) is None


@pytest.mark.usefixtures("no_casadi")
def test_a_shipped_lap_of_another_track_of_its_name_is_refused():
    moved = Track("oval", OVAL.center * 1.01, OVAL.inner * 1.01, OVAL.outer * 1.01)
    assert limit(moved, CAR, 2.0).lap_time is None


def test_other_equations_make_other_digests(monkeypatch):
    before = car_digest(CAR)
    monkeypatch.setattr("racer.optimal.digest.EQUATIONS", 99)
    assert car_digest(CAR) != before
    assert limit(OVAL, CAR, 2.0, solve=False).lap_time is None


def test_the_two_directions_of_a_track_have_two_digests():
    assert track_digest(OVAL) != track_digest(OVAL.reversed())
    assert track_digest(OVAL) == track_digest(OVAL.reversed().reversed())


def test_a_computed_limit_is_kept_and_a_damaged_one_is_computed_again(monkeypatch, tmp_path):
    solved = []

    def solve(track, car, top_speed, *, standing):
        solved.append(top_speed)
        return solved_lap

    solved_lap = reference(OVAL, CAR, 2.0)
    monkeypatch.setattr("racer.optimal.limits.solve_lap", solve)
    assert limit(OVAL, OTHER, 2.0, solve=False).reason == (
        "the limit of this track and car was not computed yet"
    )
    found = [limit(OVAL, OTHER, 2.0) for _ in range(2)]
    assert found == [Limit(solved_lap.lap_time, True)] * 2
    assert len(solved) == 1
    (file,) = (tmp_path / "laps").iterdir()
    file.write_text(file.read_text("utf-8").replace("kept", "lost"), "utf-8")
    assert limit(OVAL, OTHER, 2.0) == found[0]
    assert len(solved) == 2


@pytest.mark.usefixtures("no_casadi")
def test_a_shipped_reference_of_the_next_lower_speed_is_taken_without_casadi():
    assert reference(OVAL, CAR, 2.0).top_speed == 2.0
    assert reference(OVAL, CAR, 2.7).top_speed == 2.0


def test_packing_a_lap_keeps_it():
    lap = reference(OVAL, CAR, 3.0)
    again = unpacked(packed(lap), OVAL, CAR, 3.0)
    assert again.lap_time == pytest.approx(lap.lap_time, rel=1e-9)
    for name in ("x", "y", "speed", "steering_command"):
        assert np.allclose(getattr(again, name), getattr(lap, name), atol=1e-9), name


def test_a_standing_lap_along_the_reference_takes_longer_by_the_start():
    lap = reference(OVAL, CAR, 2.0)
    fastest = CAR.speed_gain * lap.top_speed
    nearly = CAR.nose_x / fastest  # the nose is past the line already
    assert 0.0 < standing_time(lap) - lap.lap_time + nearly < 0.4
    assert math.isclose(standing_time(lap), standing_time(lap, 1.0))

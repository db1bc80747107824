"""Generated tracks: the same seed the same bytes, always a road, always another one."""

import hashlib
import math

import numpy as np
import pytest
import shapely

import racer
from racer.errors import TrackError
from racer.track import generate, generate_track, load_track
from racer.track.checks import check_outline
from racer.track.files_toml import load_toml
from racer.track.generate import LEVELS, MAX_SEED, generate_drawing, toml_text
from racer.vehicle.params import DEEPRACER

N_SEEDS = 100
ENOUGH_ATTEMPTS = 100  # a tenth of what is allowed

# of the text of the first files: renew it, if they are to change, from what the test prints
FIRST_FILES = "cb141e5928fb67a4"


@pytest.fixture(scope="module")
def tracks():
    """The tracks of the first seeds, none of which needed many attempts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generate, "MAX_ATTEMPTS", ENOUGH_ATTEMPTS)
        return [generate_track(seed) for seed in range(N_SEEDS)]


def level_of(track):
    return track.description.removesuffix(".").split()[-1]


def test_the_same_seed_gives_the_same_bytes(tracks):
    for seed in (0, 17, 99):
        again = generate_track(seed)
        for line in ("center", "inner", "outer"):
            assert getattr(again, line).tobytes() == getattr(tracks[seed], line).tobytes()


def test_the_first_files_are_the_same_on_every_machine():
    text = "".join(toml_text(generate_drawing(seed)) for seed in range(5))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == FIRST_FILES


def test_every_seed_gives_another_track(tracks):
    assert len({track.center.tobytes() for track in tracks}) == N_SEEDS


def test_every_track_is_a_road_of_the_promised_size(tracks):
    for track in tracks:
        level = LEVELS[level_of(track)]
        check_outline(track.name, track.center, track.inner, track.outer)
        assert track.is_loop
        assert np.hypot(*(track.outer - track.inner).T) == pytest.approx(0.76)
        assert 0.99 * level.length[0] <= track.length <= 1.01 * level.length[1]
        assert track.tightest_radius >= level.radius


def test_the_car_can_drive_the_tightest_radius_with_a_margin():
    # the steady circle of racer/kernels/vehicle.py, the wheels turned as far as they go
    tan = math.tan(DEEPRACER.steering_limit)
    circle = DEEPRACER.wheelbase / (tan * DEEPRACER.curvature_gain)
    assert min(level.radius for level in LEVELS.values()) >= 1.3 * circle


def gap_between_parts(track, width):
    """The least distance between the borders of two parts of the road, by shapely (m)."""
    n = len(track.center) - 1
    sides = [np.stack((line[:-1], line[1:]), axis=1) for line in (track.inner, track.outer)]
    edges = np.asarray(shapely.linestrings(np.concatenate(sides)))
    row = np.arange(2 * n) % n
    between = np.abs(row[:, None] - row)
    along = (np.minimum(between, n - between) - 1) * track.length / n
    i, j = np.nonzero(np.triu(along > math.pi / 2 * 1.5 * width))
    return float(shapely.distance(edges[i], edges[j]).min())


def test_half_a_width_of_ground_lies_between_two_parts_of_the_road(tracks):
    for track in tracks[:25]:
        assert gap_between_parts(track, 0.76) >= 0.38
    for seed in range(5):
        wide = generate_track(seed, width=1.2, length=40.0, difficulty="hard")
        assert gap_between_parts(wide, 1.2) >= 0.6


def test_the_bend_of_the_road_does_not_jump(tracks):
    for track in tracks:
        # from straight to the tightest bend in no less than a few tenths of a metre
        jump = np.abs(np.diff(track.curvature)).max()
        assert jump <= 0.44 / track.tightest_radius


def test_tracks_of_both_directions_and_of_all_levels_occur(tracks):
    n_left = sum(track.is_ccw for track in tracks)
    assert 35 <= n_left <= 65
    for name in LEVELS:
        assert sum(level_of(track) == name for track in tracks) >= 20


def test_the_tracks_differ_in_kind(tracks):
    both = sum((track.curvature > 0.4).any() and (track.curvature < -0.4).any() for track in tracks)
    assert 70 <= both < N_SEEDS  # most turn both ways, some are ovals
    straights = [longest_run(np.abs(track.curvature) < 0.05, track) for track in tracks]
    assert np.mean(np.array(straights) > 2.0) > 0.5
    assert np.mean([hairpin(track) for track in tracks]) > 0.3
    turns = [track.n_turns for track in tracks]
    assert min(turns) <= 2
    assert max(turns) >= 10


def longest_run(flags, track):
    """The length of the longest stretch of waypoints with a flag (m)."""
    best = run = 0
    for flag in np.concatenate((flags[:-1], flags[:-1])):
        run = run + 1 if flag else 0
        best = max(best, run)
    return best * track.length / len(flags)


def hairpin(track):
    """Whether the road turns by 150 degrees or more within 4 m."""
    spacing = track.length / (len(track.center) - 1)
    bends = np.concatenate((track.curvature[:-1], track.curvature[:-1])) * spacing
    reach = round(4.0 / spacing)
    return bool(np.abs(np.convolve(bends, np.ones(reach), "valid")).max() >= np.radians(150.0))


def test_a_harder_level_turns_more_and_tighter(tracks):
    groups = [[track for track in tracks if level_of(track) == name] for name in LEVELS]
    turns = [np.mean([track.n_turns for track in group]) for group in groups]
    radii = [np.mean([track.tightest_radius for track in group]) for group in groups]
    assert list(LEVELS) == ["easy", "medium", "hard"]
    assert turns == sorted(turns)
    assert radii == sorted(radii, reverse=True)


def test_the_start_lies_on_a_straight(tracks):
    for track in tracks:
        assert abs(track.curvature[0]) < 0.35
    assert np.median([abs(track.curvature[0]) for track in tracks]) < 0.05


@pytest.mark.parametrize("difficulty", LEVELS)
@pytest.mark.parametrize(
    ("width", "length"), [(0.5, 15.0), (0.5, 60.0), (0.76, 15.2), (1.2, 24.0), (1.2, 60.0)]
)
def test_the_ends_of_the_ranges_work(width, length, difficulty):
    for seed in (0, MAX_SEED):
        track = generate_track(seed, width=width, length=length, difficulty=difficulty)
        assert track.length == pytest.approx(length, rel=0.01)
        assert track.width == pytest.approx(width, abs=0.005)
        assert level_of(track) == difficulty


def test_an_option_that_says_what_was_drawn_changes_nothing(tracks):
    for track in tracks[:4]:
        seed = int(track.name.removeprefix("generated_"))
        same = generate_track(seed, difficulty=level_of(track), width=0.76)
        assert same.center.tobytes() == track.center.tobytes()


def test_the_written_file_reads_back_as_the_same_track(tmp_path, tracks):
    directions = set()
    for track in tracks[:6]:
        seed = int(track.name.removeprefix("generated_"))
        path = tmp_path / f"{track.name}.toml"
        path.write_text(toml_text(generate_drawing(seed)))
        again = load_toml(path)
        directions.add(again.is_ccw)
        for line in ("center", "inner", "outer"):
            assert getattr(again, line).tobytes() == getattr(track, line).tobytes()
        assert (again.name, again.title) == (track.name, track.title)
        assert again.description == track.description
    assert directions == {False, True}


@pytest.mark.long
@pytest.mark.slow
def test_pure_pursuit_laps_generated_tracks():
    for seed in (4, 14, 15):  # hard ones
        assert racer.evaluate("pure-pursuit", track=f"generated:{seed}", trials=2).finish_rate == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, r"seed must be 0 to 4294967295, got -1"),
        ({"seed": MAX_SEED + 1}, r"seed must be 0 to 4294967295, got 4294967296"),
        ({"width": 0.4}, r"width must be 0.5 to 1.2 m, got 0.4"),
        ({"width": math.nan}, r"width must be 0.5 to 1.2 m, got nan"),
        ({"length": 14.0}, r"length must be 15.2 to 60 m if the road is 0.76 m wide, got 14"),
        ({"length": 20.0, "width": 1.2}, r"length must be 24 to 60 m if the road is 1.2 m wide"),
        ({"length": math.inf}, r"length must be 15.2 to 60 m .*, got inf"),
        ({"difficulty": "hrad"}, r"unknown difficulty 'hrad': did you mean 'hard'\? known: easy,"),
    ],
)
def test_an_argument_out_of_range_is_refused(options, message):
    with pytest.raises(TrackError, match=message):
        generate_track(**{"seed": 0, **options})


def ring(radius_x, radius_y=None, n=40, loops=1):
    """Points of an ellipse, or of an eight if its y goes round twice (m)."""
    angle = np.linspace(0.0, 2.0 * np.pi, n, endpoint=False)
    return np.stack(
        (radius_x * np.cos(angle), (radius_y or radius_x) * np.sin(loops * angle)), axis=1
    )


@pytest.mark.parametrize(
    "bad",
    [ring(4.0, 2.0, loops=2), ring(2.0), ring(4.424, 1.609)],
    ids=["meets itself", "too short", "too tight"],
)
def test_a_line_that_makes_no_good_road_is_passed_over(monkeypatch, bad):
    good = ring(20.0 / (2.0 * np.pi))
    lines = iter([bad, None, good, bad])
    monkeypatch.setattr(generate, "draw_loop", lambda rng, wish: next(lines))
    drawing = generate_drawing(2, length=20.0)  # runs counter-clockwise
    assert drawing.points == good.tolist()


def test_giving_up_is_an_error_that_says_what_to_ask_for(monkeypatch):
    monkeypatch.setattr(generate, "MAX_ATTEMPTS", 0)
    with pytest.raises(TrackError, match=r"generated:3: no road of 20 m .* 0.76 m wide: ask for"):
        generate_track(3, length=20.0)


def test_a_generated_track_is_named_without_a_file(tracks):
    track = load_track("generated:17")
    assert track.name == "generated_17"
    assert track.source is None
    assert track.center.tobytes() == tracks[17].center.tobytes()


def test_reverse_and_scale_apply_to_a_generated_track(tracks):
    track = load_track("generated:17", reverse=True, scale=2.0)
    assert track.is_reversed
    assert track.is_ccw != tracks[17].is_ccw
    assert track.length == pytest.approx(2.0 * tracks[17].length)
    with pytest.raises(TrackError, match=r"generated:17: scale must be positive, got 0"):
        load_track("generated:17", scale=0.0)


@pytest.mark.parametrize("seed", ["x", "", "-1", "1.5", "1e3", " 1", "²", "4294967296", "9" * 40])
def test_a_name_without_a_seed_is_refused(seed):
    with pytest.raises(TrackError, match=r": expected generated:SEED, a whole number of 0 to"):
        load_track(f"generated:{seed}")

import numpy as np
import pytest
from PIL import Image

from racer.analysis.film import best_trial, frame_durations, lap_film, lap_time, motions
from racer.analysis.film_scene import Dashboard, film_scene
from racer.analysis.style import RISING
from racer.env import Scenario
from racer.env.picture import ASPHALT, BLUE, FIELD, INK
from racer.env.scene import rgb
from racer.errors import ConfigError, RunError
from racer.evaluation import evaluate, make_driver
from racer.kernels import layout
from racer.vehicle import VEHICLES, vehicle


def frames(path):
    """Read all frames as arrays, and how long each stays (ms)."""
    with Image.open(path) as film:
        pictures, durations = [], []
        for k in range(film.n_frames):
            film.seek(k)
            durations.append(film.info["duration"])
            pictures.append(np.asarray(film.convert("RGB")).astype(int))
    return pictures, durations


def has(picture, color, tolerance=40):
    return np.abs(picture - rgb(color)).sum(axis=-1).min() < tolerance


@pytest.fixture
def film(trace, track, tmp_path):
    return lap_film(trace, track, tmp_path / "films" / "lap.gif", trial=0, width=320)


def test_a_film_has_a_frame_for_each_step_and_lasts_as_long_as_the_lap(film, trace):
    pictures, durations = frames(film)
    n_steps = np.sum(trace.trial == 0)
    assert len(pictures) == n_steps
    assert sum(durations[:-1]) == pytest.approx(1000 * (n_steps - 1) / 15, abs=5)
    assert durations[-1] == 1500
    assert set(durations[:-1]) == {60, 70}


def test_a_film_is_as_wide_as_asked_and_repeats(film, track):
    with Image.open(film) as image:
        assert image.width == 320
        assert image.height == film_scene(track, vehicle(), 320).background.height
        assert image.info["loop"] == 0


def test_the_car_moves_and_leaves_a_trail(film, track, trace):
    pictures, _ = frames(film)
    scene = film_scene(track, vehicle(), 320)
    first, last = trace.trial.searchsorted([0, 1])
    for picture, row in ((pictures[0], first), (pictures[60], first + 60)):
        x, y = scene.pixels(np.array([[trace.x[row], trace.y[row]]]))[0].astype(int)
        assert has(picture[y - 10 : y + 10, x - 10 : x + 10], BLUE)
    x, y = scene.pixels(np.array([[trace.x[first + 30], trace.y[first + 30]]]))[0].astype(int)
    before, after = pictures[15][y, x], pictures[-1][y, x]
    assert np.abs(before - rgb(ASPHALT)).sum() < 40
    assert np.abs(after - rgb(ASPHALT)).sum() > 100
    assert last > first


def test_a_trail_is_where_the_nose_was_and_the_ground_stays_clean(film, track):
    pictures, _ = frames(film)
    scene = film_scene(track, vehicle(), 320)
    x, y = scene.pixels(np.array([[0.0, 0.0]]))[0].astype(int)  # inside the loop
    for picture in pictures[::20]:
        np.testing.assert_allclose(picture[y, x], rgb(FIELD), atol=6)


def test_a_speed_has_the_same_colour_in_every_film_of_a_car(track):
    scene = film_scene(track, vehicle(), 320)
    board = Dashboard(scene, "", 2.0)
    assert board.speed_color(0.0) == tuple(round(255 * c) for c in RISING(0.0)[:3])
    assert board.speed_color(2.0) == tuple(round(255 * c) for c in RISING(1.0)[:3])
    middle = board.speed_color(1.0)
    assert np.abs(np.array(middle) - 255 * np.array(RISING(0.5)[:3])).max() < 3
    assert Dashboard(scene, "", 4.0).speed_color(1.0) != middle


def test_the_bar_of_speeds_stands_at_the_share_of_the_cars_range(trace, track, tmp_path):
    rows = np.flatnonzero(trace.trial == 0)
    trace.trial[rows[1:]] = 9  # one frame is enough
    places = []
    for top_speed in (2.0, 4.0):
        trace.speed[:] = 1.0
        path = lap_film(trace, track, tmp_path / "a.gif", trial=0, top_speed=top_speed)
        (picture,), _ = frames(path)
        row = picture[50, 195:372]  # just above the bar, where the pointer is
        places.append(np.flatnonzero(np.abs(row - rgb(INK)).sum(axis=-1) < 60).mean())
    low, length = 0.31 * 640 - 195, 0.27 * 640
    np.testing.assert_allclose(places, [low + length / 2, low + length / 4], atol=2.0)


def test_a_film_shows_the_vehicle_it_is_told(trace, track, tmp_path):
    trace.trial[np.flatnonzero(trace.trial == 0)[1:]] = 9  # one frame is enough
    lengths = []
    for car in ("deepracer", VEHICLES["deepracer"]._replace(front_x=0.2, rear_x=-0.2)):
        (picture,), _ = frames(lap_film(trace, track, tmp_path / "a.gif", trial=0, vehicle=car))
        rows = np.nonzero(np.abs(picture - rgb(BLUE)).sum(axis=-1) < 40)
        lengths.append(np.hypot(*np.ptp(rows, axis=1)))
    assert lengths[1] / lengths[0] == pytest.approx((0.4 + 0.16) / 0.324, rel=0.15)


def test_a_film_is_small_enough_to_send(trace, track, tmp_path):
    path = lap_film(trace, track, tmp_path / "lap.gif", ghosts=[1, 2])
    assert path.stat().st_size < 1_000_000


def test_progress_is_told_after_each_frame(trace, track, tmp_path):
    calls = []
    lap_film(
        trace, track, tmp_path / "a.gif", trial=1, width=200,
        on_frame=lambda done, of: calls.append((done, of)),
    )  # fmt: skip
    n = int(np.sum(trace.trial == 1))
    assert calls == [(k, n) for k in range(1, n + 1)]


def test_other_rates_show_the_same_time(trace, track, tmp_path):
    pictures, durations = frames(lap_film(trace, track, tmp_path / "a.gif", fps=5, width=200))
    lasted = trace.time[trace.trial == best_trial(trace, track)][-1]
    assert len(pictures) == np.ceil(lasted * 5) + 1
    assert set(durations[:-1]) == {200}


def test_hundredths_of_a_second_add_up():
    durations = frame_durations(15, 15)
    assert sum(durations) == 100
    assert durations[:6] == [7, 6, 7, 7, 6, 7]
    ends = np.cumsum(frame_durations(1000, 15))
    assert np.abs(ends - np.arange(1, 1001) * 100 / 15).max() <= 0.5 + 1e-9


def test_motions_are_straight_between_steps_and_turn_the_short_way(trace, track):
    rows = np.flatnonzero(trace.trial == 0)[:3]
    trace.heading[rows] = [3.1, -3.1, -3.0]
    motion = motions(trace, [0], 30.0)[0]
    assert motion.heading[1] == pytest.approx(np.pi, abs=1e-9)
    np.testing.assert_allclose(motion.nose[2], [trace.x[rows[1]], trace.y[rows[1]]])
    np.testing.assert_allclose(motion.nose[1, 0], trace.x[rows[:2]].mean())


def test_a_ghost_that_ended_before_stays_where_it_ended(trace, track):
    _, ghost = motions(trace, [0, 1], 15.0)
    end = np.flatnonzero(trace.trial == 1)[-1]
    assert ghost.nose[-1].tolist() == [trace.x[end], trace.y[end]]
    assert ghost.status == layout.OFF_TRACK


def test_the_best_trial_is_the_fastest_lap(trace, track):
    times = [lap_time(trace, k) for k in (0, 2)]
    assert best_trial(trace, track) == (0 if times[0] < times[1] else 2)


def test_the_clock_ends_with_the_lap_time_and_starts_with_the_first_step(trace):
    rows = trace.trial == 0
    trace.lap_time[np.flatnonzero(rows)[-1]] = 8.765
    trace.time[rows] += 7
    motion = motions(trace, [0], 15)[0]
    assert motion.time[0] == 0
    assert motion.end == 8.765


@pytest.mark.parametrize("track_name", ["oval", "straight"])
def test_the_lap_time_of_the_film_is_that_of_the_evaluation(track_name):
    scenario = Scenario.of(track_name, None)
    evaluation = evaluate(make_driver("pure-pursuit", scenario.actions), scenario, trials=2)
    for trial in evaluation.trials:
        film_time = lap_time(evaluation.trace, trial.trial)
        assert film_time == trial.lap_time


def test_without_a_lap_the_best_trial_is_the_one_that_got_furthest(make_laps, track, actions):
    trace = make_laps(track, actions, trials=3, fails=(0, 1, 2))
    trace.progress[trace.trial == 1] += 0.1
    assert best_trial(trace, track) == 1


def test_the_best_of_no_trials_is_refused(no_laps, track):
    with pytest.raises(ConfigError, match="a film needs a trace with at least one step, got none"):
        best_trial(no_laps, track)


def test_a_trial_of_a_single_step_gives_a_film_of_a_single_frame(trace, track, tmp_path):
    rows = np.flatnonzero(trace.trial == 0)
    trace.trial[rows[1:]] = 9
    pictures, _ = frames(lap_film(trace, track, tmp_path / "a.gif", trial=0, width=200))
    assert len(pictures) == 1


@pytest.mark.parametrize("status", range(layout.PREPARE + 1))
def test_a_film_of_every_end_can_be_made(trace, track, tmp_path, status):
    rows = np.flatnonzero(trace.trial == 1)[-5:]
    trace.trial[rows] = 7
    trace.status[rows[-1]] = status
    lap_film(trace, track, tmp_path / "a.gif", trial=7, width=160)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fps": 0}, "fps must be from 1 to 50, got 0"),
        ({"fps": float("nan")}, "fps must be from 1 to 50, got nan"),
        ({"width": 5000}, "width must be from 160 to 1920 pixels, got 5000"),
        ({"hold": 0}, "hold must be from 0.1 to 600 s, got 0"),
        ({"trial": 8}, "unknown trial 8: the trace has 0, 1, 2"),
        ({"ghosts": [3]}, "unknown trial 3: the trace has 0, 1, 2"),
        ({"vehicle": "truck"}, "truck"),
    ],
)
def test_what_cannot_be_filmed_is_refused(trace, track, tmp_path, changes, message):
    with pytest.raises(ConfigError, match=message):
        lap_film(trace, track, tmp_path / "a.gif", **changes)


def test_only_gifs_are_made(trace, track, tmp_path):
    with pytest.raises(ConfigError, match=r"a\.mp4: expected .* to end in \.gif, got '\.mp4'"):
        lap_film(trace, track, tmp_path / "a.mp4")


def test_a_film_that_cannot_be_written_is_named(trace, track, tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(RunError, match=r"file/a\.gif: cannot be written"):
        lap_film(trace, track, tmp_path / "file" / "a.gif", trial=1, width=160)

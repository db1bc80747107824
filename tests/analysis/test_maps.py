import numpy as np
import pytest

from racer.analysis.maps import QUANTITIES, STARTING, color_range, laps, laps_text, track_map
from racer.analysis.offtracks import off_tracks, off_tracks_text
from racer.errors import ConfigError
from racer.kernels import layout
from racer.track import load_track


def drawn(axes, gid):
    return [artist for artist in axes.get_children() if artist.get_gid() == gid]


def test_a_map_tells_size_and_numbers_each_tenth_waypoint(track, draw):
    figure = draw(track_map(track))
    axes = figure.axes[0]
    assert figure.get_suptitle() == "Bean"
    assert axes.get_title(loc="left") == (
        f"{track.length:.2f} m long, 0.76 m wide, 3 turns, tightest radius 0.90 m"
    )
    labels = [text.get_text() for text in drawn(axes, "waypoint")]
    assert labels == [str(i) for i in range(0, 100, 10)]


def test_a_shipped_track_can_be_drawn(draw):
    figure = draw(track_map(load_track("reinvent_2018")))
    assert "5 turns" in figure.axes[0].get_title(loc="left")


def test_labels_of_waypoints_stand_beside_the_road(track):
    axes = track_map(track).axes[0]
    for text in drawn(axes, "waypoint"):
        at = np.array(text.get_position())
        assert np.hypot(*(track.center - at).T).min() > track.width / 2


def test_a_label_near_the_closing_point_is_left_out(make_track):
    labels = [t.get_text() for t in drawn(track_map(make_track(n=93)).axes[0], "waypoint")]
    assert labels[-1] == "80"


def test_the_widths_of_an_uneven_road_and_an_open_straight_are_said(make_track, draw):
    track = make_track(
        is_loop=False, n_turns=1, tightest_radius=np.inf, min_width=0.6, max_width=0.9
    )
    title = draw(track_map(track)).axes[0].get_title(loc="left")
    assert title == f"{track.length:.2f} m long, 0.60 to 0.90 m wide, 1 turn"


def test_laps_are_coloured_by_the_speed_at_the_beginning_of_each_piece(track, trace, draw):
    figure = draw(laps(trace, track, trials=[0]))
    (lines,) = drawn(figure.axes[0], "laps")
    np.testing.assert_array_equal(lines.get_array(), trace.speed[trace.trial == 0][:-1])
    np.testing.assert_array_equal(
        lines.get_segments()[0], np.stack([trace.x[:2], trace.y[:2]], axis=1)
    )
    assert figure.axes[1].get_ylabel() == "speed (m/s)"


def test_the_title_says_how_many_laps_were_finished(track, trace):
    title = laps(trace, track).axes[0].get_title(loc="left")
    assert title == "2 of 3 laps finished; a cross: where the car left the track"
    assert laps_text(trace, [0, 2]) == "2 of 2 laps finished"


def test_a_cross_marks_where_a_car_left_the_track(track, trace):
    (cross,) = drawn(laps(trace, track).axes[0], "off_tracks")
    off = trace.status == layout.OFF_TRACK
    np.testing.assert_array_equal(cross.get_xydata(), [[trace.x[off][0], trace.y[off][0]]])


@pytest.mark.parametrize("color", QUANTITIES)
def test_laps_can_be_coloured_by_every_quantity(track, trace, color, draw):
    figure = draw(laps(trace, track, color))
    assert figure.axes[1].get_ylabel() == QUANTITIES[color].label


def test_steering_is_shown_in_degrees_about_zero(track, trace):
    (lines,) = drawn(laps(trace, track, "steering", trials=[0]).axes[0], "laps")
    own = trace.trial == 0
    np.testing.assert_allclose(lines.get_array(), np.degrees(trace.steering)[own][:-1])
    assert lines.norm.vmin == -lines.norm.vmax


def test_an_unknown_colour_is_refused_with_the_known_ones(track, trace):
    with pytest.raises(ConfigError, match="unknown colour of laps 'sped': did you mean 'speed'"):
        laps(trace, track, "sped")


def test_single_trials_can_be_drawn(track, trace, draw):
    (lines,) = drawn(draw(laps(trace, track, trials=[1])).axes[0], "laps")
    assert len(lines.get_segments()) == np.sum(trace.trial == 1) - 1


def test_a_car_that_was_put_back_leaves_no_line_across_the_map(track, trace):
    trace.x[10:] += 2.0
    (lines,) = drawn(laps(trace, track, trials=[0]).axes[0], "laps")
    assert len(lines.get_segments()) == np.sum(trace.trial == 0) - 2


def test_no_laps_give_the_bare_track(track, no_laps, draw):
    figure = draw(laps(no_laps, track))
    assert figure.axes[0].get_title(loc="left") == "no trial was driven"
    assert len(figure.axes) == 1


def test_rewards_that_are_nan_or_constant_can_be_drawn(track, trace, draw):
    trace.reward[:] = 1.0
    trace.reward[3] = np.nan
    draw(laps(trace, track, "reward"))
    trace.reward[:] = np.nan
    draw(laps(trace, track, "reward"))


def test_the_range_of_colours_leaves_out_a_rare_extreme():
    values = np.concatenate([np.linspace(0, 1, 1000), [-1e5]])
    norm = color_range(values)
    assert norm.vmin == pytest.approx(0.01, abs=0.002)
    assert norm.vmax == pytest.approx(0.99, abs=0.002)


def test_speeds_are_coloured_over_all_that_the_car_could_drive(track, trace):
    trace.speed[:] = 1.0 + 0.001 * np.arange(len(trace.speed)) / len(trace.speed)
    trace.speed_command[:] = 1.0
    (slow,) = drawn(laps(trace, track, top_speed=4.0).axes[0], "laps")
    assert (slow.norm.vmin, slow.norm.vmax) == (0.0, 4.0)
    (alone,) = drawn(laps(trace, track).axes[0], "laps")  # nobody says what it could
    assert (alone.norm.vmin, alone.norm.vmax) == (0.0, 1.0)


def test_a_steering_that_hardly_changes_looks_constant(track, trace):
    trace.steering[:] = 0.0
    (lines,) = drawn(laps(trace, track, "steering").axes[0], "laps")
    assert lines.norm.vmax - lines.norm.vmin == pytest.approx(10.0)


def test_the_standing_starts_of_many_laps_are_faint_and_those_of_one_are_not(track, trace):
    axes = laps(trace, track).axes[0]
    (lines,), (starts,) = drawn(axes, "laps"), drawn(axes, "starts")
    per_lap = int(np.sum(trace.time[trace.trial == 0] - trace.time[0] < STARTING))
    assert len(starts.get_segments()) == 3 * per_lap
    whole = len(trace.trial) - 3
    assert len(lines.get_segments()) == whole - 3 * per_lap
    assert starts.get_linewidth()[0] < lines.get_linewidth()[0]
    assert starts.get_zorder() < lines.get_zorder()
    assert not drawn(laps(trace, track, trials=[0]).axes[0], "starts")


def test_a_subtitle_begins_where_its_title_does(track, trace, draw):
    for figure in (track_map(track), laps(trace, track)):
        draw(figure)
        renderer = figure.canvas.get_renderer()
        title = figure._suptitle.get_window_extent(renderer)
        below = figure.axes[0]._left_title.get_window_extent(renderer)
        assert below.x0 == pytest.approx(title.x0, abs=0.5)
        assert below.y1 < title.y0 + 1


def test_off_tracks_are_dots_where_cars_left_coloured_by_training_steps(new_run, track, draw):
    run = new_run()
    figure = draw(off_tracks(run, track))
    (dots,) = drawn(figure.axes[0], "off_tracks")
    left = run.episodes["status"] == "off_track"
    np.testing.assert_array_equal(dots.get_offsets()[:, 0], run.episodes["off_track_x"][left])
    np.testing.assert_array_equal(dots.get_array(), run.episodes["total_steps"][left])
    share = figure.axes[1].get_lines()[0].get_ydata()
    np.testing.assert_allclose(share, 100 * (1 - run.updates["finish_rate"]), atol=1e-9)
    assert figure.axes[1].get_ylabel() == "off track (%)"


def test_the_title_of_off_tracks_compares_the_ends_of_the_training(new_run):
    run = new_run(n_updates=1, per_update=8)
    run.episodes["status"][:] = ["off_track"] * 3 + ["lap_complete"] * 3 + ["off_track", "time_up"]
    assert off_tracks_text(run) == "4 of 8 episodes; of the first quarter 100 %, of the last 50 %"


@pytest.mark.parametrize(("n", "text"), [(0, "no finished episode yet"), (1, "3 of 3 episodes")])
def test_few_episodes_are_not_cut_into_quarters(new_run, track, n, text, draw):
    run = new_run(n_updates=n, per_update=3, learns=0.0)
    assert draw(off_tracks(run, track)).axes[0].get_title(loc="left") == text

"""Reward functions as people publish them run unmodified over real laps, each car by itself."""

import numpy as np

from racer.kernels import layout
from racer.reward import load_reward, traits_of

CALM, INSIDE, WILD = 0, 1, 2  # the cars of the drive: two finish their laps, one leaves the road

# What each style is known to do: k keeps state, r draws random numbers, o writes output.
TRAITS = {
    "bands_and_thresholds": "",
    "class_namespace": "ko",
    "closure_factory": "k",
    "crlf_bom_tabs": "",
    "debug_timing": "ko",
    "function_attributes": "k",
    "gaussian_scipy": "k",  # scipy is not among the modules that are known to keep nothing
    "heading_waypoints": "",
    "history_deque": "k",
    "invented_keys": "",
    "linked_steps": "k",
    "log_progress": "",
    "look_ahead_curvature": "",
    "mixed_returns": "",
    "numpy_vectors": "k",  # an array can be written to
    "objects_guarded": "",
    "pace_check": "",
    "progress_delta": "k",
    "pure_pursuit": "",
    "racing_line_class": "ko",
    "random_bonus": "kr",
    "reversed_aware": "k",  # tuple(reversed(...)) is not understood
    "running_average": "ko",
    "self_motivator": "",
    "shapely_line": "k",
    "sibling_modules": "k",
    "smooth_actions": "k",
    "tracer": "ko",
    "writes_params": "k",  # copy is not among the known modules
    "zone_tables": "k",  # a table made by a comprehension is not understood
}


def test_the_laps_go_over_the_seam_to_the_goal_and_off_the_road_in_two_episodes(driven):
    facts, steps = driven
    paid = [(measured[car], car) for measured, cars in steps for car in cars]
    rows = np.array([row for row, _ in paid])
    cars = np.array([car for _, car in paid])
    first = rows[:, layout.M_STEPS] == 2.0
    assert [int(first[cars == car].sum()) for car in (CALM, INSIDE, WILD)] == [2, 2, 2]
    done = rows[:, layout.STATUS] == layout.LAP_COMPLETE
    assert done[cars == CALM].sum() == 2
    assert (rows[done, layout.M_PROGRESS] == 1.0).all()
    assert rows[cars == WILD, layout.IS_OFFTRACK].sum() == 2
    inside = rows[cars == INSIDE]  # starts in the middle of the lap, so it crosses the seam
    assert (np.abs(np.diff(inside[:, layout.CLOSEST_BEFORE])) > len(facts.waypoints) / 2).any()


def test_a_published_style_pays_each_car_as_if_alone_and_the_same_twice(style_file, pay):
    together = pay(style_file)
    paid = together[np.isfinite(together)]
    assert len(np.unique(paid)) > 1
    np.testing.assert_array_equal(pay(style_file), together)
    for car in (INSIDE, WILD):
        np.testing.assert_array_equal(pay(style_file, [car])[:, 0], together[:, car])


def test_a_published_style_runs_backwards_over_the_start_and_at_the_closing_waypoint(
    style_file, drive_laps
):
    assert np.isfinite(drive_laps(load_reward(style_file), 2)).all()


def test_a_published_style_has_the_traits_that_its_source_shows(style_file, style_files):
    name = next(name for name, path in style_files.items() if path == style_file)
    found = traits_of(load_reward(style_file))
    flags = (found.keeps_state, found.is_random, found.writes_output)
    assert "".join(flag for flag, on in zip("kro", flags, strict=True) if on) == TRAITS[name]


def test_every_published_style_is_named_once_in_a_short_file(style_files):
    assert set(style_files) == set(TRAITS)
    texts = [load_reward(path).text.splitlines() for path in style_files.values()]
    assert all(20 <= len(lines) <= 120 for lines in texts)
    headers = [lines[0] for lines in texts]
    assert all(header.startswith("# Style: ") for header in headers)
    assert len(set(headers)) == len(headers) >= 16


def test_one_file_has_the_marks_of_another_system(style_files):
    raw = style_files["crlf_bom_tabs"].read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == raw.count(b"\n") > 20
    assert b"\n\t" in raw

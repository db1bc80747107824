"""Pictures of a training on several tracks: never two tracks in one map."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from racer.analysis.film import best_trial, filmed_track, lap_film
from racer.analysis.offtracks import off_tracks, off_tracks_text
from racer.analysis.report import report
from racer.analysis.why import explain
from racer.analysis.why.case import Case
from racer.api.run import Run
from racer.config.train_config import TrainConfig
from racer.env import Scenario
from racer.errors import ConfigError
from racer.evaluation import evaluate, make_driver
from racer.kernels import layout
from racer.runs.record import read_run
from racer.training.train import train
from racer.vehicle import default_actions

TRACKS = ["oval", "straight"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run that has learned next to nothing: cars leave both tracks."""
    folder = tmp_path_factory.mktemp("several") / "run"
    train(TrainConfig.of(track=TRACKS, steps=800, n_envs=16, eval_trials=4), folder=folder)
    return Run(folder)


@pytest.fixture(scope="module")
def laps():
    scenario = Scenario.of(TRACKS, None)
    return evaluate(make_driver("pure-pursuit", scenario.actions), scenario, trials=4).trace


def dots(figure):
    """Return the places of the off-tracks in the first map of a figure."""
    (found,) = [one for one in figure.axes[0].collections if one.get_gid() == "off_tracks"]
    return found.get_offsets()


def test_maps_are_drawn_for_each_track_and_other_figures_once(run, tmp_path):
    files = run.save("off_tracks", "laps_by_speed", "actions_used", folder=tmp_path)
    assert list(files) == [
        "off_tracks_oval", "off_tracks_straight", "laps_by_speed_oval", "laps_by_speed_straight",
        "actions_used",
    ]  # fmt: skip
    assert all(path.is_file() and path.stem == name for name, path in files.items())


def test_a_map_of_off_tracks_shows_those_of_its_track_only(run):
    shown = 0
    for track in run.tracks:
        rows = run.record.episodes_on(track.name)
        left = rows["status"] == "off_track"
        places = dots(off_tracks(run.record, track))
        assert np.array_equal(places[:, 0], rows["off_track_x"][left])
        near = np.abs(np.asarray(track.project(*places.T).lateral)) < track.max_width
        assert near.all()
        shown += len(places)
    assert shown == (run.episodes["status"] == "off_track").sum()
    assert off_tracks_text(run.record, "oval") != off_tracks_text(run.record, "straight")


def test_the_report_shows_the_hardest_track_and_names_it(run, laps):
    trace = dataclasses.replace(laps, status=laps.status.copy())
    trace.status[(laps.track == 1) & (laps.status == layout.LAP_COMPLETE)] = layout.OFF_TRACK
    figure = report(run.record, run.tracks, trace=trace, actions=run.actions)
    titles = [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes]
    assert "Greedy on straight: 0 of 2 laps finished" in titles
    assert any(title.startswith("Off-tracks on straight: ") for title in titles)
    (lines,) = [one for axes in figure.axes for one in axes.collections if one.get_gid() == "laps"]
    points = np.concatenate(lines.get_segments())
    assert np.abs(points[:, 1]).max() < 0.5, "the oval is five metres high"
    text = figure.axes[0].texts[1].get_text()
    assert "Finished on oval " in text
    assert "straight " in text


def test_the_film_shows_the_track_of_its_trial(run, laps, tmp_path):
    shapes = {}
    for trial in (0, 1):
        path = lap_film(laps, run.tracks, tmp_path / f"{trial}.gif", trial=trial, fps=2, width=200)
        with Image.open(path) as film:
            shapes[filmed_track(laps, run.tracks, trial).name] = film.size
    assert shapes["oval"] != shapes["straight"]


def test_a_ghost_of_another_track_is_refused(run, laps, tmp_path):
    with pytest.raises(ConfigError, match="ghost 1: expected a trial on the track of trial 0"):
        lap_film(laps, run.tracks, tmp_path / "a.gif", trial=0, ghosts=[1])


def test_of_several_tracks_the_lap_with_the_highest_mean_speed_is_the_best(run, laps):
    def speed(trial):
        one = laps.one(trial)
        return run.tracks[one.track[0]].length / (one.time[-1] - one.time[0])

    assert best_trial(laps, run.tracks) == max(range(4), key=speed)


def test_places_of_failures_tell_their_track(run):
    places = Case(run.record, run.tracks, default_actions()).places
    assert places
    assert all(place.name.endswith((" of oval", " of straight")) for place in places)
    assert sum(place.share for place in places) <= 1.0 + 1e-9
    assert explain(read_run(run.folder), run.tracks, run.actions).run == "run"

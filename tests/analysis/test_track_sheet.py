"""The picture of several tracks."""

import pytest

from racer.analysis.style import save_figure
from racer.analysis.track_sheet import MOST, track_sheet
from racer.errors import ConfigError
from racer.track import load_track


def texts(figure):
    return [axes.get_title(loc="left") for axes in figure.axes]


def test_every_track_has_its_name_and_its_size_below():
    names = ["oval", "circle", "hairpins", "straight", "bowtie", "snail"]
    figure = track_sheet([load_track(name) for name in names], title="Six")
    assert texts(figure)[:6] == names
    labels = [axes.get_xlabel() for axes in figure.axes]
    assert labels[0] == "16.2 m, 2 turns, radius 1.30 m"
    assert labels[1].startswith("12.6 m, 1 turn, ")
    assert labels[3] == "8.0 m, 0 turns"
    assert figure.get_suptitle() == "Six"


def test_a_metre_is_as_long_on_each_track(tmp_path):
    figure = track_sheet([load_track("circle"), load_track("grand_prix")])
    path = save_figure(figure, tmp_path / "sheet.png", dpi=50)
    assert path.read_bytes()[:4] == b"\x89PNG"
    spans = {round(axes.get_xlim()[1] - axes.get_xlim()[0], 9) for axes in figure.axes}
    spans |= {round(axes.get_ylim()[1] - axes.get_ylim()[0], 9) for axes in figure.axes}
    assert len(spans) == 1


def test_places_without_a_track_are_empty():
    figure = track_sheet([load_track("oval")] * 7)
    assert len(figure.axes) == 10
    assert [axes.axison for axes in figure.axes] == [True] * 7 + [False] * 3


def test_no_tracks_make_a_picture_that_says_so():
    (axes,) = track_sheet([]).axes
    assert [text.get_text() for text in axes.texts] == ["no tracks"]


def test_too_many_tracks_for_a_picture_are_refused():
    with pytest.raises(ConfigError, match=r"a picture holds at most 100 tracks, got 101"):
        track_sheet([load_track("oval")] * (MOST + 1))

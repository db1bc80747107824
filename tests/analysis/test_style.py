import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from racer.analysis.style import RISING, save_figure, short_number, styled
from racer.errors import RunError


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (950, "950"), (20_000, "20k"), (2500, "2.5k"), (1.5e6, "1.5M"), (-3000, "-3k")],
)
def test_numbers_are_short(value, text):
    assert short_number(value) == text


def test_colours_of_rising_values_get_lighter_so_that_they_read_in_grey():
    red, green, blue, _ = RISING(np.linspace(0, 1, 50)).T
    assert np.all(np.diff(0.2126 * red + 0.7152 * green + 0.0722 * blue) > 0)


def test_the_look_does_not_depend_on_the_users_settings_and_does_not_change_them():
    seen = []

    @styled
    def draw():
        seen.append((matplotlib.rcParams["font.size"], matplotlib.rcParams["text.usetex"]))
        return Figure()

    with matplotlib.rc_context({"font.size": 3, "text.usetex": True}):
        draw()
        assert matplotlib.rcParams["font.size"] == 3
    assert seen == [(12, False)]


def test_a_figure_is_saved_in_a_new_folder(tmp_path):
    path = save_figure(Figure(figsize=(2, 1)), tmp_path / "new" / "figure.png", dpi=100)
    with Image.open(path) as image:
        assert image.size == (200, 100)


def test_a_figure_of_an_unknown_kind_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"a\.txt: expected .* png, pdf or svg, got '\.txt'"):
        save_figure(Figure(), tmp_path / "a.txt")


def test_a_figure_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(RunError, match=r"file/a\.png: cannot be written: "):
        save_figure(Figure(), tmp_path / "file" / "a.png")

import numpy as np
import pytest

from racer.analysis.reward_map_figure import heading_text, reward_map_figure
from racer.track import load_track


def draw_map(failed=None, rewards=None, **options):
    track = load_track("oval")
    x, y = np.linspace(-3, 3, 13), np.linspace(-2, 2, 9)
    if rewards is None:
        rewards = np.random.default_rng(0).random((2, 4, 8, 12))
    options = {"headings": (0.0, 30.0, -30.0, 180.0), "speeds": (1.0, 2.5), **options}
    return reward_map_figure(track, x, y, rewards, failed=failed, **options)


def drawn(figure, gid):
    return [artist for axes in figure.axes for artist in axes.get_children()
            if artist.get_gid() == gid]  # fmt: skip


def test_there_is_a_small_map_for_each_heading_and_speed_with_one_scale(draw):
    figure = draw(draw_map(reward="mine.py"))
    meshes = drawn(figure, "rewards")
    assert len(meshes) == 8
    assert len({(mesh.norm.vmin, mesh.norm.vmax) for mesh in meshes}) == 1
    titles = [mesh.axes.get_title(loc="left") for mesh in meshes]
    assert titles[0] == "along the road, 1 m/s"
    assert titles[7] == "against the road, 2.5 m/s"
    assert figure.get_suptitle() == "What mine.py pays for standing here"
    assert "Commanded: straight ahead." in figure.get_supxlabel()


def test_cells_without_a_reward_stay_empty(draw):
    rewards = np.full((1, 1, 8, 12), np.nan)
    rewards[0, 0, 2, 3] = 1.0
    figure = draw(draw_map(rewards=rewards, headings=(0.0,), speeds=(1.0,)))
    (mesh,) = drawn(figure, "rewards")
    assert np.ma.count(mesh.get_array()) == 1


def test_cells_whose_call_failed_are_hatched_and_the_text_says_so(draw):
    failed = np.zeros((2, 4, 8, 12), np.bool_)
    failed[1, 2, 3, 4:6] = True
    figure = draw(draw_map(failed=failed))
    (hatched,) = drawn(figure, "failed")
    assert hatched.get_hatch() == "////"
    assert "Hatched: the call failed." in figure.get_supxlabel()
    assert not drawn(draw(draw_map(failed=~failed & failed)), "failed")


def test_notes_and_the_steering_are_below_the_maps(draw):
    text = draw(draw_map(notes=("One.", "Two."), steering=-15.0)).get_supxlabel()
    assert text.startswith("Commanded: 15° to the right.")
    assert text.endswith("One.\nTwo.")


@pytest.mark.parametrize(
    ("degrees", "text"),
    [(0, "along the road"), (180, "against the road"), (-180, "against the road"),
     (30, "turned 30° to the left"), (-7.5, "turned 7.5° to the right")],
)  # fmt: skip
def test_headings_are_said_in_words(degrees, text):
    assert heading_text(degrees) == text

import numpy as np
import pytest

from racer.analysis.replay_figure import replay_figure, short_name


def draw_replay(track, n=50, **changes):
    rng = np.random.default_rng(0)
    values = {
        "total_steps": np.arange(1, n + 1) * 100,
        "update": np.arange(n) // 10,
        "old": rng.random(n) * 100.0,
        "new": rng.random(n) * 3.0 - 1.0,
        "along": np.linspace(0.0, track.length, 31),
        "old_by_position": rng.random(30),
        "new_by_position": np.where(np.arange(30) == 4, np.nan, 0.5),
        "old_name": "reward_functions/center_line.py",
        "new_name": "mine.py",
        "title": "Replay of car",
        "text": "rank correlation 0.5",
    }
    return replay_figure(track, **{**values, **changes})


@pytest.fixture
def track():
    from racer.track import load_track

    return load_track("kidney")


def drawn(figure, gid):
    return [artist for axes in figure.axes for artist in axes.get_children()
            if artist.get_gid() == gid]  # fmt: skip


def test_every_episode_is_a_dot_of_both_returns(track, draw):
    figure = draw(draw_replay(track))
    (dots,) = drawn(figure, "episodes")
    assert len(dots.get_offsets()) == 50
    assert dots.axes.get_xlabel() == "return by center_line.py"
    assert dots.axes.get_ylabel() == "return by mine.py"
    assert figure.get_suptitle() == "Replay of car"
    assert figure.get_supxlabel() == "rank correlation 0.5"


def test_the_two_returns_have_an_axis_each(track, draw):
    figure = draw(draw_replay(track))
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert "mean return by center_line.py" in labels
    assert "mean return by mine.py" in labels
    (old,) = [a for a in figure.axes if a.get_ylabel() == "mean return by center_line.py"]
    assert len(old.lines[0].get_xdata()) == 5  # a point an update


def test_each_reward_has_its_own_scale_along_the_lap(track, draw):
    first, second = drawn(draw(draw_replay(track)), "strip")
    assert len(first.get_segments()) == 30
    assert len(second.get_segments()) == 29  # no car was in one of the stretches
    assert first.norm.vmax != second.norm.vmax


def test_without_an_ended_episode_it_says_so(track, draw):
    empty = np.empty(0)
    none = {"total_steps": empty.astype(int), "update": empty.astype(int)}
    figure = draw(draw_replay(track, **none, old=empty, new=empty))
    assert "no episode has ended" in [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.parametrize(
    ("label", "short"),
    [
        ("a/b/mine.py", "mine.py"),
        ("<lambda>", "<lambda>"),
        ("x" * 40 + ".py", "x" * 25 + "…"),
        ("C:\\cars\\mine.py", "mine.py"),
    ],
)
def test_names_in_labels_are_short(label, short):
    assert short_name(label) == short

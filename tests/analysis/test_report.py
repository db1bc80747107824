import pytest

from racer.analysis import figures
from racer.analysis.report import report
from racer.vehicle import ContinuousActions


def words(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def titles(figure):
    return [
        axes.get_title(loc="left") or axes.get_title()
        for axes in figure.axes
        if axes.get_title(loc="left") or axes.get_title()
    ]


def test_the_report_tells_what_was_trained_and_what_came_of_it(
    new_run, track, trace, actions, draw
):
    run = new_run()
    title, text = words(draw(report(run, track, trace=trace, actions=actions)))
    assert title == "vpg, center_line, bean, seed 0"
    took, finished, lap_time = text.splitlines()
    assert took.startswith("Training: 896 episodes, ")
    assert finished == "Final evaluation: 95 % of 20 trials finished, completion 97 %"
    assert lap_time == "Lap time: 8.60 s (median), 8.41 s (best)"


def test_the_report_has_curves_laps_off_tracks_and_actions(new_run, track, trace, actions):
    run = new_run()
    n_left = int((run.episodes["status"] == "off_track").sum())
    assert titles(report(run, track, trace=trace, actions=actions)) == [
        "Episode return",
        "Completion and finish rate",
        "Lap time",
        "Laps: 2 of 3 laps finished",
        f"Off-tracks in training: {n_left} of 896",
        "Actions used: share of steps (%)",
    ]


def test_a_run_that_has_just_begun_gives_a_report_that_says_so(new_run, track, actions, draw):
    run = new_run(n_updates=0)
    (run.folder / "evaluation.json").unlink()
    figure = draw(report(run, track, actions=actions))
    assert words(figure)[1] == "Training: no finished episode yet"
    assert titles(figure)[3:] == [
        "Laps: no evaluation yet", "Off-tracks in training: 0 of 0", "Actions",
    ]  # fmt: skip


@pytest.mark.parametrize("chosen", [None, ContinuousActions()])
def test_a_report_of_continuous_actions_counts_commands(new_run, track, trace, chosen, draw):
    figure = draw(report(new_run(), track, trace=trace, actions=chosen))
    assert "Commands used" in titles(figure)


def test_before_the_evaluation_continuous_actions_are_shown_as_ranges(new_run, track, draw):
    figure = draw(report(new_run(n_updates=2), track, actions=ContinuousActions()))
    assert titles(figure)[-1] == "Actions"


def test_the_report_draws_the_laps_of_the_final_evaluation(new_run, track, trace, actions, draw):
    run = new_run()
    trace.save(run.folder / "trace.npz")
    assert "Laps: 2 of 3 laps finished" in titles(draw(report(run, track, actions=actions)))


def test_a_run_without_a_lap_gives_a_report(new_run, make_laps, track, actions, draw):
    run = new_run(learns=0.1)
    laps = make_laps(track, actions, trials=2, fails=(0, 1))
    figure = draw(report(run, track, trace=laps, actions=actions))
    assert "Laps: 0 of 2 laps finished" in titles(figure)


def test_a_report_without_evaluation_and_actions_is_drawn(new_run, track, draw):
    assert titles(draw(report(new_run(n_updates=1), track)))[-1] == "Actions"


@pytest.mark.parametrize("name", figures.__all__)
def test_all_figures_are_in_one_place(name):
    assert callable(getattr(figures, name))


@pytest.mark.parametrize("name", ["$\\frac$", "$x_$", "a$b", r"\$", "{x} ^ <b> %s & #"])
def test_a_name_is_no_markup_in_a_figure(new_run, tmp_path, track, trace, actions, name):
    run = new_run("one", reward=f"{name}.py", algorithm=name)
    path = figures.save_figure(report(run, track, trace=trace, actions=actions), tmp_path / "a.png")
    assert path.is_file()
    title = words(report(run, track, trace=trace, actions=actions))[0]
    assert title == f"{name}, {name}, bean, seed 0"

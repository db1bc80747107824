import numpy as np
import pytest

from racer.analysis import figures
from racer.analysis.lap_time_note import lap_time_note
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
    last = 100 * run.evaluations["finish_rate"][-1]
    assert finished == (
        "Best checkpoint, greedy: 95 % of 20 trials finished, completion 97 %; "
        f"last policy: {last:.0f} %"
    )
    assert lap_time == "Lap time: 8.60 s (median), 8.41 s (best)"


def test_the_report_has_curves_laps_off_tracks_and_actions(new_run, track, trace, actions):
    run = new_run()
    n_left = int((run.episodes["status"] == "off_track").sum())
    assert titles(report(run, track, trace=trace, actions=actions)) == [
        "Episode return",
        "Completion and finish rate",
        "Lap time",
        "Greedy: 2 of 3 laps finished",
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
    assert "Greedy: 2 of 3 laps finished" in titles(draw(report(run, track, actions=actions)))


def test_a_run_without_a_lap_gives_a_report(new_run, make_laps, track, actions, draw):
    run = new_run(learns=0.1)
    laps = make_laps(track, actions, trials=2, fails=(0, 1))
    figure = draw(report(run, track, trace=laps, actions=actions))
    assert "Greedy: 0 of 2 laps finished" in titles(figure)


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


def notes(axes):
    return [text.get_text() for text in axes.texts if text.get_gid() == "note"]


def made_slower(run, *, pays):
    """Let laps take from 10 to 15 s over a training, and be paid for it or not."""
    episodes = run.episodes
    done = np.isfinite(episodes["lap_time"])
    part = episodes["update"] / episodes["update"].max()
    episodes["lap_time"][done] = (10.0 + 5.0 * part + 0.01 * (episodes["car"] % 7))[done]
    paid = episodes["lap_time"] if pays else 100.0 - episodes["lap_time"]
    episodes["return"][done] = paid[done]
    run.evaluations["median_lap_time"][:] = np.nan
    return run


def test_a_rise_of_lap_times_is_explained_on_the_picture(new_run, track, draw):
    figure = draw(report(made_slower(new_run(), pays=True), track))
    (note,) = notes(figure.axes[3])
    said = " ".join(note.split())
    assert said.startswith("exploring car: laps get slower: this reward function pays a lap that")
    assert "takes 1 % longer 1.0 % more" in said
    assert not notes(figure.axes[1])
    assert not notes(figure.axes[2])


def test_other_rises_say_that_more_cars_finish_or_that_nothing_pays_for_it(new_run):
    run = made_slower(new_run(), pays=False)
    assert "now slower ones do too" in lap_time_note(run)
    run.evaluations["median_lap_time"][:] = np.linspace(9.0, 12.0, len(run.evaluations["update"]))
    assert lap_time_note(run).endswith("not the reward function that pays for that: see racer why")


def test_lap_times_that_do_not_rise_have_no_note(new_run, track):
    run = new_run()
    assert lap_time_note(run) == ""
    assert not notes(report(run, track).axes[3])


def test_no_two_figures_of_a_run_share_a_title(new_run, track, trace, actions, draw):
    run = new_run()
    drawn = [
        figures.learning_curves(run), figures.diagnostics(run), figures.off_tracks(run, track),
        figures.laps(trace, track), figures.laps(trace, track, "reward"),
        figures.actions_used(trace, actions), figures.action_space(actions),
    ]  # fmt: skip
    titles = [figure.get_suptitle() for figure in drawn]
    assert len(set(titles)) == len(titles)

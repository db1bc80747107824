"""Pictures of league racers: what they say of small made-up drives whose answers are known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import racer
from racer.analysis.league import choices, episodes, heatmaps, laps, rewards
from racer.analysis.league.driven import Driven, driven
from racer.analysis.league.kinds import KINDS, OfEpisodes
from racer.analysis.league.saying import AbsentError, rank_correlation
from racer.api import plot_kinds
from racer.kernels import layout
from racer.runs.record import RunRecord
from racer.track import load_track

DT = 1.0 / 15.0


def drive(track, speeds, *, lateral=0.0, drift=0.0, reward=1.0, out=False):
    """Return one lap from the start line at given speeds (m/s), one a step, as ``Driven``.

    Args:
        track: a closed one.
        speeds: (n,) or one number for all of a lap.
        lateral: left of the centre line (m).
        drift: how far the car's nose points left of where it goes (rad).
        reward: (n,) or one number.
        out: whether it ends off the track; else as a finished lap.
    """
    if np.ndim(speeds) == 0:
        speeds = np.full(int(track.length / speeds / DT), float(speeds))
    n = len(speeds)
    along = np.concatenate([[0.0], np.cumsum(speeds[:-1] * DT)])
    place = track.position(along, lateral)
    status = np.full(n, layout.IN_PROGRESS)
    status[-1] = layout.OFF_TRACK if out else layout.LAP_COMPLETE
    time = np.arange(n) * DT
    return Driven(
        track,
        episode=np.zeros(n, np.int64),
        time=time,
        x=place[:, 0],
        y=place[:, 1],
        heading=np.asarray(track.heading(along)) + drift,
        steering=np.zeros(n),
        speed_command=np.asarray(speeds),
        action=np.zeros(n, np.int64),
        reward=np.broadcast_to(np.asarray(reward, float), n).copy(),
        progress=along / track.length,
        along=along % track.length,
        lateral=np.full(n, lateral),
        status=status,
        lap_time=np.where(status == layout.LAP_COMPLETE, time[-1], np.nan),
    )


def several(*parts):
    """Return drives as the episodes of one training."""
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in vars(parts[0])
        if name in Driven.__dataclass_fields__ and name not in ("track", "episode")
    }
    numbers = np.concatenate([np.full(len(part), k) for k, part in enumerate(parts)])
    return Driven(parts[0].track, episode=numbers, **columns)


@pytest.fixture(scope="module")
def circle():
    return load_track("circle")


@pytest.fixture(scope="module")
def oval():
    return load_track("oval")


def record(**columns):
    """Return a run with these columns of episodes.csv or updates.csv."""
    found = RunRecord(Path("made_up"), {})
    n = len(next(iter(columns.values())))
    table = {name: np.asarray(values) for name, values in columns.items()}
    table.setdefault("total_steps", 100 * (1 + np.arange(n)))
    if "completion" in table:
        table.setdefault("episode", np.arange(n))
        table.setdefault("steps", np.full(n, 150))
        table.setdefault("start", np.zeros(n))
    vars(found).update(episodes=table, updates=table)
    return found


def test_speed_is_how_far_the_car_came_in_a_step(circle):
    steady = drive(circle, 1.5)
    np.testing.assert_allclose(steady.speed, 1.5, rtol=1e-3)
    np.testing.assert_allclose(steady.acceleration[:-2], 0.0, atol=0.05)
    faster = drive(circle, np.arange(20) * 0.2 * DT + 1.0)  # 0.2 m/s²
    np.testing.assert_allclose(faster.acceleration[:-2], 0.2, atol=0.05)
    assert np.isnan(faster.acceleration[-2:]).all()


def test_slide_is_the_way_of_travel_beside_the_heading(circle):
    # the road is a polyline: its heading changes at waypoints, the car's half way between steps
    assert np.degrees(np.nanmean(drive(circle, 1.5).slide)) == pytest.approx(0.0, abs=0.3)
    assert np.degrees(np.nanmean(drive(circle, 1.5, drift=np.radians(5.0)).slide)) == pytest.approx(
        -5.0, abs=0.3
    )


def test_a_car_that_was_put_back_has_no_speed_there(circle):
    steps = drive(circle, np.full(6, 1.0))
    x = steps.x.copy()
    x[3:] += 2.0
    moved = replace(steps, x=x)
    assert np.isnan(moved.speed[2])
    np.testing.assert_allclose(moved.speed[[0, 1, 3, 4]], 1.0, rtol=1e-2)


def test_nothing_is_carried_from_one_episode_to_the_next(circle):
    both = several(drive(circle, np.full(4, 1.0)), drive(circle, np.full(3, 2.0)))
    assert both.begins.tolist() == [0, 4]
    assert both.lasts.tolist() == [3, 6]
    np.testing.assert_allclose(both.speed, [1, 1, 1, 1, 2, 2, 2], rtol=1e-2)
    assert both.seconds.tolist() == pytest.approx([DT, DT, DT, 0, DT, DT, 0])


def test_future_rewards_are_discounted_sums(circle):
    paid = drive(circle, np.ones(3), reward=[1.0, 2.0, 4.0])
    assert paid.future(0.5).tolist() == [3.0, 4.0, 4.0]
    both = several(paid, drive(circle, np.ones(2), reward=[10.0, 10.0]))
    assert both.future(1.0).tolist() == [7.0, 6.0, 4.0, 20.0, 10.0]


def test_sector_times_add_up_to_the_lap(oval):
    one = drive(oval, 2.0)
    times = laps.sector_times(one)
    assert times.shape == (1, len(one.sectors))
    assert times.sum() == pytest.approx(one.laps[0])
    lengths = np.array([sector.end - sector.begin for sector in one.sectors])
    np.testing.assert_allclose(times[0], lengths / 2.0, atol=2 * DT)


def test_the_sector_that_varies_has_all_of_the_variance(oval):
    rng = np.random.default_rng(0)
    times = np.ones((20, 3))
    times[:, 1] += rng.normal(size=20)
    np.testing.assert_allclose(laps.variance_shares(times), [0.0, 1.0, 0.0], atol=1e-12)
    times += rng.normal(size=times.shape)
    assert laps.variance_shares(times).sum() == pytest.approx(1.0)

    def lap(slow):
        along = np.arange(0.0, oval.length, 1.5 * DT)
        turn = drive(oval, 1.5).sectors[0]
        inside = (along - turn.begin) % oval.length < turn.end - turn.begin
        return drive(oval, np.where(inside, 1.5 - slow, 1.5))

    found = several(*(lap(slow) for slow in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)))
    # a slower car is in the turn for longer, so that speeds above are for another place: near it
    assert laps.sector_correlations(found).get_label().startswith("Lap times are decided in ")


def test_lap_times_go_with_speed_and_distance(circle):
    found = several(*(drive(circle, speed) for speed in (1.0, 1.2, 1.4, 1.6, 1.8, 2.0)))
    features = laps.lap_features(found)
    np.testing.assert_allclose(features["mean speed (m/s)"], [1, 1.2, 1.4, 1.6, 1.8, 2], rtol=1e-2)
    np.testing.assert_allclose(features["distance driven (m)"], circle.length, rtol=0.02)
    sentence = laps.lap_correlations(found).get_label()
    assert sentence.startswith("Of 6 finished laps the lap time goes most with the ")
    with pytest.raises(AbsentError, match="expected at least 5 finished laps, got 1"):
        laps.lap_correlations(drive(circle, 1.0))


def test_a_cell_has_the_mean_of_its_steps(circle):
    twice = several(drive(circle, np.ones(2), reward=1.0), drive(circle, np.ones(2), reward=3.0))
    _, _, mean = heatmaps.cells(twice, twice.reward)
    np.testing.assert_allclose(mean[np.isfinite(mean)], 2.0)
    _, _, counts = heatmaps.cells(twice)
    assert np.nansum(counts) == 4


@pytest.mark.parametrize(
    ("measure", "sentence"),
    [
        ("speed", r"Fastest in .*, 1\.5 m/s in the mean; slowest in "),
        ("slide", "Slides most in .*° in the mean"),
        ("steering", "Steers left most in .*, 0° in the mean; least in "),
        ("future", "Promises most in "),
    ],
)
def test_a_heatmap_names_the_sectors_with_most_and_least(oval, measure, sentence):
    import re

    figure = heatmaps.heatmap(drive(oval, 1.5), measure)
    assert re.match(sentence, figure.get_label())


def test_exits_are_counted_by_sector_and_side(circle):
    outs = [drive(circle, np.ones(5), lateral=side, out=True) for side in (0.5, 0.5, 0.5, -0.5)]
    label = heatmaps.exits(several(*outs, drive(circle, 1.0))).get_label()
    assert label.startswith("4 of 5 episodes left the track, 100 % of them in ")
    assert label.endswith("75 % to the left.")
    assert "0 of 1 episodes left" in heatmaps.exits(drive(circle, 1.0)).get_label()


def test_the_side_of_the_line_that_is_driven_is_told(circle):
    label = heatmaps.visits(drive(circle, 1.0, lateral=-0.2)).get_label()
    assert label.endswith("the median step is 20 cm right of the centre line.")


def test_actions_are_shared_out_by_sector(oval):
    one = drive(oval, 1.5)
    left = one.sector == 0
    steps = replace(
        one,
        action=np.where(left, 1, 0),
        steering=np.where(left, 0.5, 0.0),
        speed_command=np.where(left, 1.0, 2.0),
    )
    names, shares, side = choices.actions_in_sectors(steps)
    assert names == ["+0°, 2 m/s", "+29°, 1 m/s"]
    assert side.tolist() == [0.0, 1.0]
    assert shares[0].tolist() == [0.0, 1.0]
    assert shares[1].tolist() == [1.0, 0.0]
    ranges = replace(steps, action=np.full(len(steps), -1))
    assert choices.actions_in_sectors(ranges)[0][2] == "straight"
    assert "in 100 % of the steps" in choices.actions_by_turn(ranges).get_label()


def test_the_commonest_rewards_are_counted(circle):
    assert rewards.commonest(np.array([1.0, 0.5, 1.0, 1.00001])) == [(1.0, 0.75), (0.5, 0.25)]
    label = rewards.rewards(drive(circle, np.ones(4), reward=[1, 1, 1, 0.5])).get_label()
    assert label.startswith("2 different rewards in 4 steps, from 0.5 to 1; 1 is paid in 75 %")
    many = np.append(np.linspace(0, 1, 60), np.ones(40))
    label = rewards.rewards(drive(circle, np.ones(100), reward=many)).get_label()
    assert "41 % are at the highest, where nothing can be gained" in label


def test_the_discount_is_told_in_steps_seconds_and_metres(circle):
    label = rewards.discount(drive(circle, 2.0), 0.5).get_label()
    assert label.startswith("With 0.5 half of what counts lies within 1 steps, 0.1 s or 0.1 m")
    assert "alike" in rewards.discount(drive(circle, 2.0), 1.0).get_label()


def test_episodes_that_end_early_and_are_paid_more_are_found():
    run = record(
        completion=[100.0, 100.0, 50.0, 20.0],
        status=["lap_complete", "lap_complete", "off_track", "off_track"],
        **{"return": [10.0, 10.0, 12.0, 3.0], "lap_time": [9.0, 9.5, np.nan, np.nan]},
    )
    label = episodes.reward_by_progress(run).get_label()
    assert "1 of 2 unfinished episodes were paid more than the median finished lap (10)" in label
    assert label.endswith("ending early can pay.")


@pytest.mark.parametrize(
    ("paid", "words"), [(-1.0, "faster laps are paid more"), (1.0, "slower laps are paid more")]
)
def test_whether_a_faster_lap_pays_is_told(paid, words):
    times = np.array([10.0, 11.0, 12.0, 13.0, 14.0])
    run = record(
        completion=np.full(5, 100.0),
        status=np.full(5, "lap_complete"),
        **{"return": paid * times, "lap_time": times},
    )
    assert words in episodes.reward_by_time(run).get_label()


def test_the_start_from_which_episodes_fail_is_named():
    run = record(
        completion=[100.0, 90.0, 10.0, 20.0],
        status=["lap_complete", "off_track", "off_track", "off_track"],
        start=[0.05, 0.05, 0.55, 0.55],
        **{"return": [1.0] * 4, "lap_time": [9.0, np.nan, np.nan, np.nan]},
    )
    label = episodes.start_sections(run).get_label()
    assert label.startswith("Episodes that start at 50 to 60 % of the lap come least far, 15 %")
    unknown = record(completion=[1.0], status=["off_track"], start=[np.nan], **{"return": [1.0]})
    with pytest.raises(AbsentError, match="start is known"):
        episodes.start_sections(unknown)


def test_the_best_lap_and_how_often_it_improved_are_told():
    run = record(
        completion=np.full(4, 100.0),
        status=np.full(4, "lap_complete"),
        **{"return": np.ones(4), "lap_time": [12.0, 11.0, 13.0, 10.0]},
    )
    label = episodes.best_laps(run).get_label()
    assert label.startswith("The best of 4 laps took 10.000 s, after 400 of 400 steps")
    assert label.endswith("improved 2 times since the first lap, 12.000 s.")
    with pytest.raises(AbsentError, match="expected at least 1 finished laps, got 0"):
        episodes.best_laps(record(completion=[1.0], status=["off_track"]))


def test_entropy_and_kl_say_what_is_not_told():
    run = record(update=np.arange(3), entropy=[2.0, 1.0, 0.5], approx_kl=[0.1, 0.3, 0.2])
    label = choices.entropy_and_kl(run).get_label()
    assert label.startswith("Entropy went from 2.00 to 0.50; the median update moved the policy by")
    assert "the farthest, at 200 steps, by 0.3" in label
    half = record(update=np.arange(3), entropy=[2.0, 1.0, 0.5])
    label = choices.entropy_and_kl(half).get_label()
    assert label.endswith("the KL divergence of an update is not told.")
    with pytest.raises(AbsentError, match="neither entropy nor KL"):
        choices.entropy_and_kl(record(update=np.arange(3)))


def test_ranks_share_ties():
    assert rank_correlation(np.array([1.0, 2.0, 2.0, 3.0]), np.array([10.0, 20, 20, 99])) == 1.0
    assert np.isnan(rank_correlation(np.ones(3), np.arange(3.0)))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A short training on two tracks, recorded."""
    return racer.train(
        "center_line", runs_dir=tmp_path_factory.mktemp("runs"), name="two", algo="ppo",
        steps=1_500, n_envs=8, n_steps=64, eval_trials=2, track=["circle", "oval"], seed=1,
    )  # fmt: skip


def test_steps_of_a_training_are_those_of_its_episodes(trained):
    found = driven(trained.record, trained.tracks)
    assert [one.track.name for one in found] == ["circle", "oval"]
    table = trained.episodes
    for one in found:
        ended = one.status[one.lasts] != layout.IN_PROGRESS
        own = table["track"] == one.track.name
        assert ended.sum() == own.sum() > 0
        returns = one.per_episode(one.reward)[ended]
        np.testing.assert_allclose(np.sort(returns), np.sort(table["return"][own]), atol=1e-3)
        progress = 100.0 * one.progress[one.lasts][ended]
        np.testing.assert_allclose(
            np.sort(np.maximum(progress, 0.0)), np.sort(table["completion"][own]), atol=1e-3
        )
        assert (np.nan_to_num(one.speed) < 4.0).all()


def test_every_kind_draws_or_says_what_is_absent(trained):
    steps = driven(trained.record, trained.tracks)[0]
    for kind in KINDS.values():
        try:
            figure = (
                kind.draw(trained.record)
                if isinstance(kind, OfEpisodes)
                else kind.draw(steps, 0.99)
            )
        except AbsentError as error:
            assert str(error).startswith("expected at least")  # noqa: PT017  finished laps
        else:
            assert figure.get_label().endswith(".")


def test_the_command_draws_what_is_asked_for_and_says_what_it_found(trained, tmp_path, capsys):
    from racer.cli.main import run as racer_command

    words = ["plot", str(trained.folder), "-o", str(tmp_path)]
    assert racer_command([*words, "--kind", "rewards", "--kind", "diagnostics"]) == 0
    said = capsys.readouterr().out
    assert (tmp_path / "rewards_circle.png").is_file()
    assert (tmp_path / "rewards_oval.png").is_file()
    assert (tmp_path / "diagnostics.png").is_file()
    assert "different rewards in" in said
    # what one run cannot have is a note, and an error only if nothing is left
    assert racer_command([*words, "--kind", "saliency", "--kind", "entropy_kl"]) == 0
    assert "note: saliency: " in capsys.readouterr().err
    assert racer_command([*words, "--kind", "saliency"]) == 1
    assert racer_command([*words, "--kind", "speeds"]) == 1
    assert "kind of picture" in capsys.readouterr().err
    assert racer_command(["plot", "--list"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in KINDS)
    assert racer_command(["plot"]) == 1


def test_a_run_without_recorded_steps_says_so(trained, tmp_path):
    import shutil

    bare = tmp_path / "bare"
    shutil.copytree(trained.folder, bare)
    (bare / "steps.arrows").unlink()
    with pytest.raises(AbsentError, match="its steps are not recorded: --no-record"):
        plot_kinds(bare, ["heat_speed"])
    assert plot_kinds(bare, ["entropy_kl"], tmp_path / "out")

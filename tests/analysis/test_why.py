"""What ``explain`` says of made-up runs, where each cause is known, and of cached trainings."""

import csv
import json
import math
import tarfile
from pathlib import Path

import numpy as np
import pytest

from racer.algorithms.known import FROM_REWARDS
from racer.analysis.why import explain
from racer.analysis.why.case import Case
from racer.analysis.why.learning_faults import budget, few_episodes, greedy, learning_rate
from racer.analysis.why.task import reward_scale
from racer.errors import RunError
from racer.runs.record import EPISODE_COLUMNS, EVALUATION_COLUMNS, read_run
from racer.runs.run_folder import UPDATE_COLUMNS
from racer.track import load_track
from racer.vehicle import ContinuousActions, DiscreteActions, default_actions

DATA = Path(__file__).with_name("why_data") / "trainings.tar.xz"
N = 20  # updates of a made-up run
EACH = 16  # episodes of an update


def write(path, columns, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])


LEARNS = np.repeat([0.0, 1.0], N // 2)  # finish rates of the updates
FALLS = np.repeat([0.9, 0.0], N // 2)
FAILS = np.repeat([0.0, 0.1], N // 2)


@pytest.fixture
def made(tmp_path):
    """Write a run from its curves; by default one that learns to lap."""

    def make(
        *, algo="vpg", info=None, finish=LEARNS, late_finish=None, returns=None,
        lap_time=None, each=EACH, settings=None, off=(0.0, 0.0), **curves,
    ):  # fmt: skip
        finish = np.asarray(finish, float)
        n = len(finish)
        hyper = {**FROM_REWARDS[algo].settings().to_dict(), **(settings or {})}
        facts = {"schema": 1, "status": "finished", "algorithm": algo, "hyperparameters": hyper}
        (tmp_path / "run.json").write_text(json.dumps(facts | (info or {})), "utf-8")
        table = {
            "update": np.arange(n), "total_steps": 1000 * np.arange(1, n + 1),
            "episodes": each * np.arange(1, n + 1), "finish_rate": finish,
            "mean_completion": 100 * finish, "entropy": np.linspace(2.3, 1.5, n), **curves,
        }  # fmt: skip
        table = {name: np.broadcast_to(values, n) for name, values in table.items()}
        write(
            tmp_path / "updates.csv", UPDATE_COLUMNS,
            [[table[c][k] if c in table else 0 for c in UPDATE_COLUMNS] for k in range(n)],
        )  # fmt: skip
        episodes = []
        for k in range(n * each):
            done = (k % each) < each * finish[k // each]
            time = 9.0 + 0.1 * (k % 7) if lap_time is None else lap_time(k)
            paid = float(k % 5) if returns is None else returns(k, time)
            values = {
                "episode": k, "update": k // each, "total_steps": k, "car": 0,
                "track": "oval", "start": 0.0, "steps": 100, "return": paid,
                "completion": 100.0 if done else 30.0,
                "status": "lap_complete" if done else "off_track", "lap_time": time if done else "",
                "off_track_x": "" if done else off[0], "off_track_y": "" if done else off[1],
            }  # fmt: skip
            episodes.append([values[c] for c in EPISODE_COLUMNS])
        write(tmp_path / "episodes.csv", EPISODE_COLUMNS, episodes)
        rates = finish[:: n // 5] if late_finish is None else late_finish
        write(
            tmp_path / "evaluations.csv", EVALUATION_COLUMNS,
            [[k, 1000 * k, rate, 100 * rate, 9.0 if rate else "", 9.0 if rate else "", 0]
             for k, rate in enumerate(rates)],
        )  # fmt: skip
        return read_run(tmp_path)

    return make


def case_of(run, actions=None, track="oval"):
    return Case(run, (load_track(track),), default_actions() if actions is None else actions)


def diagnose(run, actions=None, track="oval"):
    case = case_of(run, actions, track)
    return explain(case.run, case.tracks, case.actions)


def keys(diagnosis):
    return [cause.key for cause in diagnosis.causes]


def test_of_a_run_that_learned_to_lap_nothing_is_said(made):
    diagnosis = diagnose(made())
    assert diagnosis.is_healthy
    assert diagnosis.summary == "nothing is wrong: 100 % of the greedy laps at its end are finished"
    assert diagnosis.causes == ()
    assert diagnosis.events == (
        "exploring car: laps finished rose from 0 to 100 % at 11,000 steps",
    )


def test_a_high_learning_rate_with_leaps_of_the_policy_is_named(made):
    run = made(settings={"learning_rate": 0.2}, approx_kl=1.5, finish=FALLS, grad_norm=0.4)
    diagnosis = diagnose(run)
    assert diagnosis.verdict == "worse"
    assert keys(diagnosis)[0] == "learning_rate"
    cause = diagnosis.causes[0]
    assert cause.changes == {"learning_rate": 0.01}
    assert "learning_rate is 0.2; the default of vpg is 0.01" in cause.evidence[0]
    assert "1.5" in cause.evidence[1]
    assert diagnosis.events == ("exploring car: laps finished fell from 90 to 0 % at 11,000 steps",)


def test_laps_that_only_the_exploring_car_finishes_are_named(made):
    run = made(
        algo="ppo", finish=np.concatenate([np.zeros(4), np.full(N - 4, 0.98)]),
        late_finish=np.zeros(9), lap_time=lambda k: 9.9,
    )  # fmt: skip
    diagnosis = diagnose(run, ContinuousActions())
    assert diagnosis.verdict == "failing"
    assert diagnosis.summary.startswith("greedy it does not lap: 0 % of the greedy laps")
    assert diagnosis.summary.endswith("exploring it finishes 98 %")
    assert keys(diagnosis)[0] == "greedy"
    cause = diagnosis.causes[0]
    assert "98 % of the last laps are finished, in 9.9 s (median)" in cause.evidence[0]
    assert "9 evaluations in a row finished at most 0 %" in cause.evidence[1]
    assert cause.changes == {"log_std_init": -1.0}


def test_greedy_laps_as_good_as_the_exploring_ones_are_not_named(made):
    assert greedy(case_of(made(late_finish=[0.0, 0.0, 0.0, 0.8]))) is None
    assert greedy(case_of(made(late_finish=[0.0, 0.9, 0.8, 0.0]))) is None  # an accident
    assert greedy(case_of(made(finish=np.zeros(N), late_finish=np.zeros(5)))) is None


def test_a_curve_that_collapsed_is_named_although_a_good_checkpoint_was_kept(made):
    run = made(finish=FALLS, late_finish=np.ones(5), settings={"learning_rate": 0.3}, approx_kl=3)
    diagnosis = diagnose(run)
    assert diagnosis.verdict == "worse"
    assert keys(diagnosis)[0] == "learning_rate"
    assert diagnosis.summary == (
        "it got worse: exploring it finishes 0 % at its end, after 90 % at its best; 100 % of the "
        "greedy laps at its end are finished, after 100 %"
    )


def test_leaps_at_the_default_rate_blame_the_epochs_of_ppo(made):
    run = made(algo="ppo", settings={"epochs": 40}, approx_kl=1.0, finish=FAILS)
    cause = learning_rate(case_of(run))
    assert cause.title == "the updates are too large"
    assert cause.changes == {"epochs": 4}


def test_leaps_with_all_defaults_ask_for_a_third_of_the_rate(made):
    cause = learning_rate(case_of(made(approx_kl=1.0, finish=FAILS)))
    assert cause.changes == {"learning_rate": 0.0033}


def test_a2c_which_knows_no_kl_shows_leaps_by_a_sudden_certainty(made):
    entropy = np.concatenate([[2.3, 2.3], np.full(N - 2, 0.05)])
    run = made(
        algo="a2c", settings={"learning_rate": 0.1}, entropy=entropy, approx_kl="",
        finish=np.zeros(N),
    )  # fmt: skip
    diagnosis = diagnose(run)
    assert keys(diagnosis)[:2] == ["learning_rate", "exploration"]
    assert "lost 98 % of its exploration" in " ".join(diagnosis.causes[0].evidence)


def test_small_updates_are_never_blamed_on_the_learning_rate(made):
    run = made(settings={"learning_rate": 0.2}, approx_kl=0.01, finish=np.zeros(N))
    assert learning_rate(case_of(run)) is None


def test_a_policy_sure_before_it_laps_stopped_exploring(made):
    run = made(entropy=np.concatenate([[2.3, 1.0], np.full(N - 2, 0.1)]), finish=np.zeros(N))
    diagnosis = diagnose(run)
    assert keys(diagnosis)[0] == "exploration"
    assert diagnosis.causes[0].changes == {"entropy": 0.01}
    assert "entropy fell from 2.30 to 0.10 by 3,000 steps" in diagnosis.causes[0].evidence


@pytest.mark.parametrize(
    ("settings", "changes"),
    [
        ({"normalize_advantage": False, "baseline": "none"}, {"normalize_advantage": True}),
        ({"baseline": "none"}, {"baseline": "value"}),
        ({"entropy": 0.02}, {"entropy": 0.06}),
    ],
)
def test_what_to_change_follows_from_what_the_run_was_told(made, settings, changes):
    run = made(entropy=np.full(N, 0.1), settings=settings, finish=np.zeros(N))
    assert diagnose(run).causes[0].changes == changes


def test_a_policy_that_became_sure_when_it_lapped_is_not_blamed_for_it(made):
    run = made(entropy=np.linspace(2.3, 0.01, N), finish=np.concatenate([np.ones(18), [0, 0]]))
    assert "exploration" not in keys(diagnose(run))


def test_continuous_actions_without_spread_never_explored(made):
    run = made(entropy=-7.2, settings={"log_std_init": -5.0}, finish=np.zeros(N), approx_kl=900.0)
    diagnosis = diagnose(run, ContinuousActions())
    assert keys(diagnosis)[0] == "exploration"
    assert diagnosis.causes[0].changes == {"log_std_init": 0.0}


def test_a_small_discount_factor_is_told_in_steps_seconds_and_metres(made):
    run = made(settings={"discount_factor": 0.5}, finish=np.zeros(N), explained_variance=0.97)
    diagnosis = diagnose(run)
    assert keys(diagnosis)[0] == "discount"
    text = " ".join(diagnosis.causes[0].evidence)
    assert "looks 2.0 steps ahead: 0.13 s, 0.20 m at 1.5 m/s" in text
    assert "explained_variance is 0.97" in text
    assert diagnosis.causes[0].changes == {"discount_factor": 0.99}


@pytest.mark.parametrize("gamma", [0.9, 0.99, 1.0])
def test_a_usual_discount_factor_is_never_blamed(made, gamma):
    run = made(settings={"discount_factor": gamma}, finish=np.zeros(N))
    assert "discount" not in keys(diagnose(run))


def test_laps_that_are_paid_more_when_slow_name_the_reward(made):
    run = made(
        finish=np.ones(N), lap_time=lambda k: 9.0 + 3 * k / (N * EACH) + 0.1 * (k % 3),
        returns=lambda k, time: 15 * time + 100,
    )  # fmt: skip
    table = (run.folder / "evaluations.csv").read_text("utf-8").splitlines()
    last = table[-1].split(",")
    last[4] = "13.0"
    (run.folder / "evaluations.csv").write_text("\n".join([*table[:-1], ",".join(last), ""]))
    diagnosis = diagnose(read_run(run.folder))
    assert diagnosis.verdict == "slow"
    assert diagnosis.summary.endswith("in 13.0 s (median)")
    assert keys(diagnosis) == ["slow_reward"]
    assert "lap time in evaluations rose from 9.0 to 13.0 s" in diagnosis.causes[0].evidence


def test_slow_laps_that_are_paid_less_name_nothing(made):
    run = made(finish=np.ones(N), returns=lambda k, time: 100 - time)
    assert diagnose(run).is_healthy


def test_a_bend_tighter_than_the_car_names_the_action_space(made):
    track = load_track("hairpins")
    k = int(track.curvature.argmax())
    run = made(finish=np.zeros(N), off=tuple(track.center[k]))
    diagnosis = diagnose(run, DiscreteActions.from_grid(10.0), "hairpins")
    assert keys(diagnosis)[0] == "action_space"
    able, needed, where = diagnosis.causes[0].evidence
    assert able.endswith("radius 1.47 m")
    assert needed.endswith("0.60 m")
    assert where.startswith("100 % of the late off-tracks")
    assert diagnosis.causes[0].changes == {"max_steering": 30, "max_speed": 2.0}


def test_no_action_to_one_side_is_said_so(made):
    track = load_track("hairpins")
    run = made(finish=np.zeros(N), off=tuple(track.center[int(track.curvature.argmax())]))
    only_right = DiscreteActions.from_list([(-30.0, 1.0), (0.0, 1.0)])
    assert "there is no such action" in diagnose(run, only_right, "hairpins").causes[0].evidence[0]


def test_only_fast_actions_ask_for_a_lower_speed(made):
    track = load_track("hairpins")
    run = made(finish=np.zeros(N), off=tuple(track.center[int(track.curvature.argmax())]))
    fast = DiscreteActions.from_list([(-30.0, 4.0), (0.0, 4.0), (30.0, 4.0)])
    assert "lower speed than 4 m/s" in diagnose(run, fast, "hairpins").causes[0].advice


def test_equal_returns_name_a_reward_that_was_never_seen(made):
    diagnosis = diagnose(made(finish=np.zeros(N), returns=lambda k, time: 0.0))
    assert keys(diagnosis)[0] == "unseen_reward"
    assert "100.0 % of 320 episodes were paid the same: 0" in diagnosis.causes[0].evidence


def test_a_training_that_was_still_rising_ended_too_early(made):
    run = made(finish=np.linspace(0, 0.6, N))
    cause = budget(case_of(run))
    assert cause.changes == {"steps": 60_000}
    assert "budget" in keys(diagnose(run))


def test_updates_of_few_episodes_are_named(made):
    run = made(finish=np.zeros(N), each=2)
    assert "2.0 episodes an update" in few_episodes(case_of(run)).evidence[0]
    assert few_episodes(case_of(made(each=32))) is None


def test_huge_returns_are_named_for_algorithms_with_an_unscaled_value_network(made):
    curves = {"finish": np.zeros(N), "returns": lambda k, time: 2e5 + k, "explained_variance": 0.0}
    cause = reward_scale(case_of(made(algo="ppo", **curves)))
    assert cause.advice == "divide the reward by 10,000"
    assert reward_scale(case_of(made(algo="vpg", **curves))) is None


def test_a_run_without_a_known_cause_names_none(made):
    diagnosis = diagnose(made(finish=np.full(N, 0.3)))
    assert diagnosis.verdict == "failing"
    assert diagnosis.causes == ()


def test_after_two_updates_it_is_too_early_to_tell(made):
    diagnosis = diagnose(made(finish=[0.0, 0.0], late_finish=[]))
    assert diagnosis.verdict == "early"
    assert "2 updates, 32 episodes so far" in diagnosis.summary


def test_before_the_first_evaluation_the_training_episodes_are_judged(made):
    assert diagnose(made(finish=np.ones(N), late_finish=[])).is_healthy
    assert diagnose(made(finish=np.zeros(N), late_finish=[])).verdict == "failing"


def test_of_a_failed_run_the_error_is_shown(made):
    run = made(info={"status": "failed", "error": "r.py:3: ZeroDivisionError"})
    diagnosis = diagnose(run)
    assert diagnosis.verdict == "failed"
    assert diagnosis.causes[0].evidence == ("r.py:3: ZeroDivisionError",)


def test_one_bad_evaluation_is_no_collapse_while_the_training_episodes_lap(made):
    diagnosis = diagnose(made(finish=np.ones(N), late_finish=[1, 1, 1, 1, 1, 0.0]))
    assert diagnosis.is_healthy
    assert "use best.zip" in diagnosis.remark
    finish = np.concatenate([np.ones(15), np.zeros(5)])
    assert diagnose(made(finish=finish, late_finish=[1, 1, 1, 1, 1, 0.0])).verdict == "worse"


def test_two_bad_evaluations_are_a_collapse_even_so(made):
    run = made(finish=np.ones(N), late_finish=[1, 1, 1, 1, 0.0, 0.0])
    assert diagnose(run).verdict == "worse"


def test_a_damaged_table_is_an_error_that_names_the_line(made):
    run = made()
    (run.folder / "updates.csv").write_text("update,total_steps\n1,2\n", "utf-8")
    with pytest.raises(RunError, match=r"updates.csv: line 1: expected a column"):
        diagnose(read_run(run.folder))


def test_a_diagnosis_is_plain_data(made):
    run = made(settings={"discount_factor": 0.0}, finish=np.zeros(N))
    plain = json.loads(json.dumps(diagnose(run).to_dict()))
    assert plain["verdict"] == "failing"
    assert plain["causes"][0]["key"] == "discount"


def test_exploration_of_continuous_actions_is_the_spread_of_the_draws(made):
    entropy = 2 * (0.5 * math.log(2 * math.pi * math.e) + math.log(0.25))
    case = case_of(made(entropy=entropy), ContinuousActions())
    assert case.exploration == pytest.approx(np.full(N, 0.25), rel=1e-5)


# --- trainings, cached as benchmarks/why_score.py --pack wrote them ---


@pytest.fixture(scope="module")
def trainings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trainings")
    with tarfile.open(DATA) as archive:
        archive.extractall(folder, filter="data")
    return {path.name: path for path in sorted(folder.iterdir())}


def explained(folder):
    from racer.api import why

    return why(folder)


def test_the_planted_cause_is_named_first_in_eight_of_ten_trainings(trainings):
    answers = {
        name: explained(path) for name, path in trainings.items() if name.startswith("broken")
    }
    right = [
        name for name, answer in answers.items()
        if answer.causes and answer.causes[0].key == name.split("-")[1]
    ]  # fmt: skip
    assert len(answers) >= 10
    assert len({name.split("-")[1] for name in answers}) == 5
    assert len(right) >= 0.8 * len(answers), set(answers) - set(right)


def test_of_healthy_trainings_nothing_is_said(trainings):
    answers = [explained(path) for name, path in trainings.items() if name.startswith("healthy")]
    assert len(answers) >= 10
    assert [answer.run for answer in answers if not answer.is_healthy] == []


def test_every_cause_of_a_training_has_evidence_and_advice(trainings):
    for path in trainings.values():
        for cause in explained(path).causes:
            assert cause.evidence
            assert cause.advice

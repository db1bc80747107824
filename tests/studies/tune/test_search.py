"""The search hands out trainings and hears what came of them; here nothing is trained."""

import optuna
import pytest

from racer.config.train_config import TrainConfig
from racer.errors import RewardError, RunError
from racer.jobs import End, Failure
from racer.storage.sealed_json import digest_of_data
from racer.studies.scores import SeedScore
from racer.studies.training import OUTCOME, Outcome, Training
from racer.studies.tune.search import Search, TuneListener
from racer.studies.tune.storage import (
    CONTENT,
    STARTUP_TRIALS,
    UNPRUNED_TRIALS,
    counted,
    open_optuna,
    record_of,
)
from racer.studies.tune.tune_plan import make_tune_plan


class Diary(TuneListener):
    """Notes the trials that end."""

    def __init__(self):
        self.ended = []

    def trial(self, record):
        self.ended.append(record)


def plan_of(**given):
    return make_tune_plan("center_line", TrainConfig.of(algo="a2c"), **{"seeds": 2, **given})


def score(job, finish_rate, race_time=10.0):
    return SeedScore(
        job.reward, "c", job.seed, finish_rate, 100.0, race_time, race_time, race_time, 0.0, 0.0,
        None, None, finish_rate,
    )  # fmt: skip


class Process:
    """One process that works on a study: a search, and the jobs it was given."""

    def __init__(self, plan, folder, storage=None, **given):
        folder.mkdir(parents=True, exist_ok=True)
        self.diary, self.jobs = Diary(), {}
        self.study = open_optuna(plan, folder, storage)
        self.search = Search(plan, folder, self.study, self.diary, **given)

    def take(self):
        """Take a job; return its training."""
        job = self.search.take()
        if job is None:
            return None
        training = Training.from_dict(job.data)
        self.jobs[training.folder] = job
        return training

    def end(self, training, finish_rate=1.0, race_time=10.0):
        outcome = Outcome(scores=(score(training, finish_rate, race_time),))
        self.fail(training, End(outcome.to_dict()))

    def fail(self, training, ending):
        self.search.end(self.jobs[training.folder].name, ending)

    def work(self, finish_rate=lambda job: 1.0):
        """Do all that there is to do; return the folders of the jobs."""
        done = []
        while (job := self.take()) is not None:
            done.append(job.folder)
            self.end(job, finish_rate(job))
        return done


def states(process):
    return [record_of(one).state for one in counted(process.study)]


def test_every_seed_of_every_trial_is_trained_once_the_defaults_first(tmp_path):
    process = Process(plan_of(trials=3), tmp_path)
    done = process.work()
    assert [path.relative_to(tmp_path / "trials").as_posix() for path in done] == [
        f"{trial:04d}/s{seed}" for trial in range(3) for seed in range(2)
    ]
    assert process.diary.ended[0].params["learning_rate"] == 0.002
    assert [one.number for one in process.diary.ended] == [0, 1, 2]
    assert process.search.n_left == 0


def test_what_a_trial_draws_depends_on_its_number_and_those_before(tmp_path):
    def drawn(folder, seed=0, n_trials=STARTUP_TRIALS + 3, restart_every=99):
        plan = make_tune_plan(
            "center_line", TrainConfig.of(algo="a2c", seed=seed), seeds=1, trials=n_trials
        )
        values = []
        while len(values) < n_trials:
            process = Process(plan, folder)
            for _ in range(restart_every):
                job = process.take()
                if job is None:
                    break
                process.end(job, race_time=10.0 + float(job.config["hyperparameters"]["entropy"]))
            process.search.close()
            values = [one.params for one in counted(process.study)]
        return values

    whole = drawn(tmp_path / "whole")
    assert drawn(tmp_path / "cut" / "whole", restart_every=1) == whole
    assert drawn(tmp_path / "other", seed=1, n_trials=3)[1:] != whole[1:3]
    assert len({one["learning_rate"] for one in whole}) == len(whole)


def test_a_trial_is_given_up_when_the_finished_ones_were_better(tmp_path):
    process = Process(plan_of(trials=UNPRUNED_TRIALS + 4), tmp_path)
    process.work(lambda job: 0.1 if job.reward == "trial 8" else 1.0)
    ended = {one.number: one for one in process.diary.ended}
    assert ended[8].state == "pruned"
    assert len(ended[8].seeds) == 1
    assert [n for n, one in ended.items() if one.state == "pruned"] == [8]


def test_no_trial_is_given_up_before_enough_are_finished_and_none_of_a_sweep(tmp_path):
    few = Process(plan_of(trials=UNPRUNED_TRIALS), tmp_path / "few")
    few.work(lambda job: 0.1 if job.reward == "trial 3" else 1.0)
    assert set(states(few)) == {"complete"}
    values = ",".join(str(0.001 * k) for k in range(1, 11))
    sweep = Process(plan_of(sweep=[f"lr={values}"]), tmp_path / "sweep")
    sweep.work(lambda job: 0.1 if job.reward == "trial 8" else 1.0)
    assert states(sweep) == ["complete"] * 10


@pytest.mark.parametrize("storage", [None, "study.journal"])
def test_two_processes_share_a_search_and_do_every_trial_once(tmp_path, storage):
    where = None if storage is None else str(tmp_path / storage)
    plan = plan_of(trials=5)
    one, two = (Process(plan, tmp_path / "x", where) for _ in range(2))
    jobs = [one.take(), two.take()]
    assert jobs[0].folder.parent != jobs[1].folder.parent
    assert one.search.others_are_busy()
    for process, job in zip((one, two), jobs, strict=True):
        process.end(job)
    done = [job.folder for job in jobs]
    while (first := one.take()) or (second := two.take()):
        for process, job in ((one, first), (two, two.take() if first else second)):
            if job is not None:
                done.append(job.folder)
                process.end(job)
    assert len(done) == len(set(done)) == 10
    assert states(one) == ["complete"] * 5
    assert not one.search.others_are_busy()


def test_a_process_that_begins_later_leaves_the_trials_of_the_other_alone(tmp_path):
    plan = plan_of(trials=2)
    one = Process(plan, tmp_path / "x")
    job = one.take()
    two = Process(plan, tmp_path / "x")
    assert two.take().reward == "trial 1"
    one.end(job)
    # nor those of another folder or machine with the same storage
    three = Process(plan, tmp_path / "y" / "x", f"sqlite:///{tmp_path}/x/study.db")
    assert three.take() is None


def test_a_trial_that_ends_while_another_process_begins_is_not_done_again(tmp_path, monkeypatch):
    plan = plan_of(trials=1, seeds=1)
    one = Process(plan, tmp_path)
    job, lock = one.take(), Search._lock

    def late(search, number):
        one.end(job)  # after the other process has read that the trial is under way
        monkeypatch.setattr(Search, "_lock", lock)
        return lock(search, number)

    monkeypatch.setattr(Search, "_lock", late)
    two = Process(plan, tmp_path)
    assert two.take() is None
    assert [record.number for record in two.diary.ended] == [0]
    assert states(two) == ["complete"]


def test_a_trial_that_two_processes_begin_beyond_the_number_does_not_count(tmp_path, monkeypatch):
    plan = plan_of(trials=1)
    one, two = Process(plan, tmp_path), Process(plan, tmp_path)
    assert one.take().reward == "defaults"
    monkeypatch.setattr(two.search, "_look", lambda: None)  # it looked before the other one asked
    assert two.take() is None
    assert two.search.n_left == 0
    assert states(one) == ["running"]
    more = Process(plan_of(trials=2), tmp_path)
    assert more.take().reward == "trial 2"  # the number of the surplus one is used up


def test_a_trial_of_a_process_that_is_gone_goes_on_with_its_next_seed(tmp_path):
    plan = plan_of(trials=1)
    first = Process(plan, tmp_path)
    first.end(first.take())
    first.search.close()
    second = Process(plan, tmp_path)
    job = second.take()
    assert (job.reward, job.seed) == ("defaults", 1)
    second.end(job)
    assert states(second) == ["complete"]
    assert len(second.diary.ended[0].seeds) == 2


def test_a_training_that_was_saved_but_not_heard_is_not_repeated(tmp_path):
    plan = plan_of(trials=1)
    first = Process(plan, tmp_path)
    job = first.take()
    Outcome(scores=(score(job, 1.0),)).save(job)  # and then it was killed
    first.search.close()
    assert Process(plan, tmp_path).take().seed == 1


def test_without_its_study_a_search_takes_only_outcomes_of_the_same_settings(tmp_path):
    plan = plan_of(trials=STARTUP_TRIALS + 4, seeds=1)

    def searched(race_time):
        process = Process(plan, tmp_path)
        done = []
        while (job := process.take()) is not None:
            done.append(int(job.folder.parent.name))
            process.end(job, race_time=race_time)
        process.search.close()
        (tmp_path / "study.db").unlink()
        return done, [one.params for one in counted(process.study)]

    done, first = searched(10.0)
    assert done == list(range(plan.n_trials))
    (tmp_path / "trials/0000/s0" / OUTCOME).unlink()
    done, second = searched(30.0)  # another time of the first trial: others are drawn later
    changed = [number for number, params in enumerate(second) if params != first[number]]
    assert changed
    assert done == [0, *changed]


def test_the_trials_of_another_search_of_the_same_name_are_not_taken(tmp_path):
    storage = str(tmp_path / "all.log")
    Process(plan_of(trials=1), tmp_path / "a" / "s", storage).work()
    with pytest.raises(RunError, match="holds a search 's' of something else: choose another"):
        Process(plan_of(trials=1, seeds=1), tmp_path / "b" / "s", storage)


def test_the_rest_of_a_grid_is_written_if_the_process_was_killed_while_it_wrote(tmp_path):
    plan = plan_of(sweep=["lr=0.001,0.002,0.004,0.008", "entropy=0.0,0.01,0.1"], seeds=1)
    whole = Process(plan, tmp_path / "whole")
    cut = tmp_path / "cut" / "whole"
    cut.mkdir(parents=True)
    study = optuna.create_study(
        storage=f"sqlite:///{cut}/study.db", study_name="whole", direction="maximize"
    )
    study.set_user_attr(CONTENT, digest_of_data(plan.content))
    study.enqueue_trial(plan.grid[0])
    process = Process(plan, cut)
    for one in (whole, process):
        one.work()
    assert [one.params for one in process.diary.ended] == [one.params for one in whole.diary.ended]
    assert [one.params for one in process.diary.ended] == list(plan.grid)


def test_a_training_whose_workers_die_costs_its_trial_only(tmp_path):
    process = Process(plan_of(trials=2), tmp_path)
    process.fail(process.take(), Failure("the worker was killed", "crash"))
    assert states(process) == ["failed"]
    assert process.take().reward == "trial 1"


def test_a_reward_function_that_fails_ends_the_search(tmp_path):
    process = Process(plan_of(trials=5), tmp_path)
    job = process.take()
    process.fail(job, End(Outcome(error="bad.py:2: it failed").to_dict()))
    assert process.take() is None
    assert process.search.n_left == 0
    with pytest.raises(RewardError, match=r"bad\.py:2: it failed"):
        process.search.close()


def test_no_trial_is_begun_that_would_not_end_in_time(tmp_path):
    process = Process(plan_of(trials=5), tmp_path, deadline=0.0)
    assert process.take() is None
    assert process.search.n_left == 0


def test_more_trials_go_on_from_where_the_search_was(tmp_path):
    Process(plan_of(trials=2), tmp_path).work()
    process = Process(plan_of(trials=3), tmp_path)
    assert [one.number for one in process.diary.ended] == [0, 1]
    assert {path.parent.name for path in process.work()} == {"0002"}

"""Worker processes: whatever happens to one of them costs its job only."""

from dataclasses import replace

import pytest

from racer.errors import RunError
from racer.studies import pool as pool_module
from racer.studies.compare import Silent
from racer.studies.job import Outcome, run_job
from racer.studies.plan import make_plan
from racer.studies.pool import Pool, Row


class Diary(Silent):
    """Writes down what it hears."""

    def __init__(self):
        self.begun, self.ended, self.steps = [], [], 0

    def begin(self, job):
        self.begun.append((job.reward, job.seed))

    def progress(self, job, event):
        self.steps = max(self.steps, event["steps"])

    def end(self, job, outcome):
        self.ended.append((job.reward, job.seed))


class Impatient(Diary):
    """Lets the time pass at once for a worker whose reward function loops."""

    def tick(self):
        for one in self.pool._workers:
            if one.job is not None and one.job.reward == "loops":
                one.silent = 1e9


@pytest.fixture(scope="module")
def mixed(files, tiny, tmp_path_factory):
    """Reward functions of which only one can be trained, with one worker."""
    folder = tmp_path_factory.mktemp("mixed")
    names = ["good", "unloadable", "divides", "dies", "loops"]
    plan = make_plan([files[name] for name in names], tiny, seeds=2, trials=2)
    jobs = [job for job in plan.jobs(folder) if job.seed == 0 or job.reward not in names[3:]]
    diary = Impatient()
    diary.pool = Pool(Row(jobs), n_workers=1, log=folder / "workers.log", audience=diary)
    diary.pool.run()
    outcomes = {(job.reward, job.seed): diary.pool.outcomes[job.folder] for job in jobs}
    return jobs, outcomes, diary


def test_every_job_has_an_outcome_whatever_happens_to_others(mixed):
    jobs, outcomes, diary = mixed
    assert sorted(diary.ended) == sorted((job.reward, job.seed) for job in jobs)
    for seed in (0, 1):
        assert outcomes["good", seed].error is None
        assert outcomes["divides", seed].error.endswith("ZeroDivisionError: float division by zero")
    assert diary.steps > 0


def test_a_worker_and_this_process_measure_the_same(mixed, tmp_path):
    jobs, outcomes, _ = mixed
    here = run_job(replace(jobs[0], folder=tmp_path / "here"))
    there = outcomes["good", 0]
    assert [replace(one, folder="") for one in here.scores] == [
        replace(one, folder="") for one in there.scores
    ]


def test_a_worker_that_dies_or_hangs_fails_its_job_which_is_tried_again_later(mixed):
    jobs, outcomes, _ = mixed
    assert outcomes["dies", 0].error == "the worker process ended with status 7"
    assert outcomes["loops", 0].error.endswith("loops.py: nothing happened for 300 s")
    kept = {job.reward for job in jobs if Outcome.load(job.folder) is not None}
    assert kept == {"good", "unloadable", "divides"}


def test_a_file_that_cannot_be_executed_is_not_tried_with_every_seed(mixed):
    _, outcomes, diary = mixed
    assert [one for one in diary.begun if one[0] == "unloadable"] == [("unloadable", 0)]
    assert outcomes["unloadable", 0] == outcomes["unloadable", 1]
    assert outcomes["unloadable", 1].at_load


def test_workers_that_cannot_start_are_one_error(files, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(pool_module.sys, "path", [str(tmp_path)])
    plan = make_plan([files["good"], files["other"]], tiny, seeds=1)
    pool = Pool(Row(plan.jobs(tmp_path)), n_workers=1, log=tmp_path / "log", audience=Diary())
    with pytest.raises(RunError, match=r"ended with status 1: .*No module named .*before it could"):
        pool.run()
    assert "Traceback" in (tmp_path / "log").read_text()


class Interrupted(Diary):
    """Is interrupted, as by Ctrl-C, when the first training has begun."""

    def progress(self, job, event):
        raise KeyboardInterrupt


def test_no_worker_is_left_after_an_interruption(files, tiny, tmp_path):
    long = tiny.model_copy(update={"steps": 10**8})
    plan = make_plan([files["good"], files["other"]], long, seeds=1)
    pool = Pool(Row(plan.jobs(tmp_path)), n_workers=1, log=tmp_path / "log", audience=Interrupted())
    with pytest.raises(KeyboardInterrupt):
        pool.run()
    assert pool._workers
    assert not any(one.is_alive for one in pool._workers)

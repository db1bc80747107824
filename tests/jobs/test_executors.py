"""Equal outcomes here and in workers; whatever happens to a worker costs its job only."""

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from racer.errors import RunError
from racer.jobs import (
    Begin,
    End,
    Failure,
    InProcessExecutor,
    Job,
    JobList,
    Limits,
    Listener,
    LocalExecutor,
    Log,
    Note,
    Phase,
    Poses,
    Print,
    Progress,
    Report,
    run_one,
)

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")


def job(target: str, name: str = "", **data) -> Job:
    return Job(name or target, f"jobs_to_run:{target}", data)


class Diary(Listener):
    """Writes down what it hears."""

    def __init__(self):
        self.heard = []

    def hear(self, name, event):
        self.heard.append((name, event))

    def of(self, kind, name=None):
        return [e for n, e in self.heard if isinstance(e, kind) and name in (None, n)]


@pytest.fixture
def diary():
    return Diary()


HERE_AND_THERE = pytest.mark.parametrize("make", [InProcessExecutor, LocalExecutor])


@HERE_AND_THERE
def test_results_come_back_as_values_in_the_order_of_their_jobs(make, diary):
    jobs = JobList([job("double", f"job {k}", numbers=[k, 2.5]) for k in range(3)])
    make().run(jobs, diary)
    assert jobs.endings == {f"job {k}": End({"twice": [2 * k, 5.0]}) for k in range(3)}
    assert [(name, type(event)) for name, event in diary.heard] == [
        (f"job {k}", kind) for k in range(3) for kind in (Begin, Phase, End)
    ]


@HERE_AND_THERE
def test_every_event_comes_as_it_was_told(make, diary):
    run_one(make(), job("tell"), diary)
    (progress,), (poses,) = diary.of(Progress), diary.of(Poses)
    assert progress == Progress(5, 10, 1.0, None, 2, 0.5, 30.0, None, None)
    assert progress.steps_per_second == 5.0
    assert poses == Poses(3, ((1.0, 2.0, 0.5, 0),))
    assert diary.of(Phase) == [Phase("p")]
    assert diary.of(Note) == [Note("n")]
    assert diary.of(Print) == [Print("r")]
    assert diary.of(Report) == [Report("topic", {"a": 1})]


@HERE_AND_THERE
def test_an_error_is_one_line_and_a_fault_of_the_program_has_its_traceback(make):
    jobs = JobList(
        [job("refuse"), job("fault"), job("double", numbers=[1]), Job("no", "nowhere:f")]
    )
    make().run(jobs, Listener())
    refused, fault = jobs.endings["refuse"], jobs.endings["fault"]
    assert (refused.message, refused.reason) == ("no thank you", "error")
    assert (fault.message, fault.reason) == ("KeyError: 'missing'", "bug")
    assert "in fault" in fault.log
    assert jobs.endings["double"] == End({"twice": [2]})
    assert "expected MODULE:FUNCTION" in jobs.endings["no"].message


def test_a_python_function_runs_in_this_process_only():
    here = Job("f", lambda data, context: data + 1, 1)
    assert run_one(InProcessExecutor(), here) == End(2)
    with pytest.raises(RunError, match="f: a Python function runs in this process only"):
        run_one(LocalExecutor(), here)


def test_a_worker_is_used_again_and_what_it_prints_is_heard(diary):
    jobs = JobList([job("pid", "one"), job("pid", "two"), job("write_log")])
    LocalExecutor().run(jobs, diary)
    assert jobs.endings["one"] == jobs.endings["two"]
    assert jobs.endings["one"].value != os.getpid()
    assert [event.text for event in diary.of(Log)] == ["to stdout", "to stderr"]


@posix
def test_the_job_of_a_killed_worker_is_tried_once_again(tmp_path, diary):
    jobs = JobList(
        [
            job("die_once", "once", mark=str(tmp_path / "a"), once=True),
            job("die_once", "always", mark=str(tmp_path / "b"), once=False),
            job("double", numbers=[1]),
        ]
    )
    LocalExecutor().run(jobs, diary)
    assert jobs.endings["once"] == End("done")
    assert jobs.endings["always"].message.startswith("the worker process was ended by SIGKILL")
    assert jobs.endings["double"] == End({"twice": [2]})
    assert diary.of(Begin, "once") == diary.of(Begin, "always") == [Begin(1), Begin(2)]


def test_a_worker_that_ends_by_itself_costs_its_job_only(diary):
    jobs = JobList([job("end"), job("double", numbers=[1])])
    LocalExecutor(name="training").run(jobs, diary)
    assert jobs.endings["end"].message == "the training process ended with status 7"
    assert (jobs.endings["end"].reason, jobs.endings["end"].status) == ("crash", 7)
    assert diary.of(Begin, "end") == [Begin(1)]
    assert jobs.endings["double"] == End({"twice": [2]})


class Broken(Diary):
    """Raises at the second event."""

    def hear(self, name, event):
        super().hear(name, event)
        if len(self.heard) == 2:
            raise ValueError("a broken listener")


@HERE_AND_THERE
def test_a_listener_that_raises_loses_no_job_and_is_told_at_the_end(make):
    jobs = JobList([job("double", f"job {k}", numbers=[k]) for k in range(2)])
    listener = Broken()
    with pytest.raises(ValueError, match="a broken listener"):
        make().run(jobs, listener)
    assert jobs.endings == {f"job {k}": End({"twice": [2 * k]}) for k in range(2)}
    assert len(listener.heard) == 2


class Stopping(Diary):
    """Stops or kills when the first job runs."""

    def __init__(self, how):
        super().__init__()
        self.how = how

    def hear(self, name, event):
        super().hear(name, event)
        if isinstance(event, Phase):
            self.how()


@HERE_AND_THERE
def test_stopped_jobs_end_properly_and_no_other_begins(make):
    executor = make()
    jobs = JobList([job("until_stopped"), job("double", numbers=[1])])
    executor.run(jobs, Stopping(executor.stop))
    assert jobs.endings == {"until_stopped": End("stopped properly")}


def test_killed_jobs_have_no_ending_and_no_worker_is_left():
    executor = LocalExecutor()
    jobs = JobList([job("until_stopped"), job("double", numbers=[1])])
    pids = []
    listener = Stopping(lambda: (pids.extend(executor.pids), executor.kill()))
    executor.run(jobs, listener)
    assert jobs.endings == {}
    assert pids
    assert executor.pids == ()
    assert not any(is_running(pid) for pid in pids)


def test_no_worker_is_left_after_an_interruption():
    executor = LocalExecutor()
    pids = []

    def interrupt():
        pids.extend(executor.pids)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        executor.run(JobList([job("until_stopped")]), Stopping(interrupt))
    assert pids
    assert not any(is_running(pid) for pid in pids)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


@posix
def test_ctrl_c_is_not_heard_by_a_worker():
    executor = LocalExecutor()
    jobs = JobList([job("until_stopped")])

    def interrupt():
        for pid in executor.pids:
            os.kill(pid, signal.SIGINT)
        executor.stop()

    executor.run(jobs, Stopping(interrupt))
    assert jobs.endings == {"until_stopped": End("stopped properly")}


def test_another_thread_can_stop():
    executor = LocalExecutor()
    jobs = JobList([job("until_stopped")])
    running = threading.Event()
    thread = threading.Thread(target=lambda: (running.wait(), executor.stop()))
    thread.start()
    executor.run(jobs, Stopping(running.set))
    thread.join()
    assert jobs.endings == {"until_stopped": End("stopped properly")}


class Onlooker(Diary):
    """Wants poses from the first phase until it has seen some; what it is told may be much."""

    n_poses = 0

    def hear(self, name, event):
        self.n_poses += isinstance(event, Poses)
        self.wants_poses = self.n_poses < 3


@pytest.mark.parametrize("make", [LocalExecutor, InProcessExecutor])
def test_poses_come_only_while_somebody_wants_them(make):
    listener = Onlooker()
    assert run_one(make(), job("while_shown"), listener) == End("nobody looks any more")
    assert listener.n_poses >= 3


def test_workers_that_cannot_start_are_one_error(tmp_path):
    executor = LocalExecutor(imports=["no_such_module"])
    with pytest.raises(RunError, match=r"ended with status 1: .*No module named .*before it could"):
        run_one(executor, job("pid"))


class Impatient(Diary):
    """Lets a second pass at each look while a job runs on."""

    def __init__(self):
        super().__init__()
        self.now = 0.0

    def monotonic(self):
        if self.heard and self.heard[-1][1] == Phase("running"):
            self.now += 1.0
        return self.now


def test_a_worker_that_says_nothing_is_ended(monkeypatch):
    impatient = Impatient()
    monkeypatch.setattr("racer.processes.child.time", impatient)
    jobs = JobList([job("until_stopped"), job("double", numbers=[1])])
    LocalExecutor(limits=Limits(silence=300.0), imports=["jobs_to_run"]).run(jobs, impatient)
    assert jobs.endings["until_stopped"].message == "nothing happened for 300 s"
    assert jobs.endings["until_stopped"].reason == "silent"
    assert jobs.endings["double"] == End({"twice": [2]})


# --- calls that never return ---

ENDLESS = {
    "call": (
        "def reward_function(params):\n    while params['steps'] > 1:\n        pass\n",
        (2, 3),
    ),
    "c": (
        "import itertools\ndef reward_function(params):\n"
        "    return sum(1 for _ in ()) or max(itertools.repeat(1))\n",
        (3,),
    ),
    "load": (
        "x = 0\nwhile True:\n    x += 1\ndef reward_function(params):\n    return 1.0\n",
        (2, 3),
    ),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_endless_call_is_ended_with_its_line_and_params(kind, tmp_path):
    text, lines = ENDLESS[kind]
    file = tmp_path / "mine.py"
    file.write_text(text)
    jobs = JobList([job("pay", reward=str(file), folder=str(tmp_path)), job("double", numbers=[1])])
    LocalExecutor(limits=Limits(call=0.5, start_factor=1.0)).run(jobs, Listener())
    failure = jobs.endings["pay"]
    assert isinstance(failure, Failure)
    assert failure.reason == "endless"
    place, _, line = failure.place.rpartition(":")
    assert place.endswith("mine.py")
    if os.name != "nt":
        assert int(line) in lines
    assert failure.message.startswith(f"{failure.place}: ")
    assert "after 0.5 s: an endless loop?" in failure.message
    assert failure.at_load == (kind == "load")
    if kind == "load":
        assert (failure.params, failure.saved) == (None, None)
    else:
        assert failure.params["steps"] == 37.0
        assert Path(failure.saved) == tmp_path / "failure.json"
    assert jobs.endings["double"] == End({"twice": [2]})


@posix
def test_a_crash_is_told_with_the_line_that_ran(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("import ctypes\ndef reward_function(params):\n    return ctypes.string_at(0)\n")
    failure = run_one(LocalExecutor(), job("pay", reward=str(file)))
    assert failure.place.endswith("mine.py:3")
    assert failure.message == f"{failure.place}: the worker process was ended by SIGSEGV"
    assert failure.params["steps"] == 37.0
    assert failure.status == -signal.SIGSEGV


def test_calls_that_return_are_paid(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def reward_function(params):\n    return params['steps']\n")
    for make in (LocalExecutor, InProcessExecutor):
        assert run_one(make(), job("pay", reward=str(file))) == End([37.0, 37.0])
    assert "jobs_to_run" in sys.modules

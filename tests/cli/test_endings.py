"""What is said and kept when a figure fails, a process dies or a terminal closes."""

import json
import os
import signal

import pytest

from racer.api.training_jobs import TrainRequest
from racer.cli.interruption import hearing_signals
from racer.cli.train_parent import Follower, RequestFeed
from racer.cli.train_view import TrainView
from racer.config.train_config import TrainConfig
from racer.jobs import End, Failure, InProcessExecutor, JobList, Listener, Note

DIED = Failure("the training process was ended by signal 9 (SIGKILL)", "crash", status=-9)


class Notes(Listener):
    def __init__(self):
        self.texts = []

    def hear(self, name, event):
        if isinstance(event, Note):
            self.texts.append(event.text)


def run_in(folder, status):
    """Write the beginnings of a run."""
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"status": status}))
    return folder


def test_a_figure_that_fails_never_fails_a_finished_training(tmp_path, monkeypatch):
    def fails(*_, **__):
        raise ValueError("cannot parse\n$x")

    monkeypatch.setattr("racer.api.run.Run.save", fails)
    monkeypatch.setattr("racer.api.watch", fails)
    config = TrainConfig.of(
        track="oval", steps=60, n_envs=4, eval_trials=1, max_seconds=2.0,
        hyperparameters={"episodes_per_update": 4},
    )  # fmt: skip
    folder = tmp_path / "run"
    jobs, notes = JobList([TrainRequest(str(folder), config.model_dump()).job()]), Notes()
    InProcessExecutor().run(jobs, notes)
    assert isinstance(jobs.endings[str(folder)], End)
    assert json.loads((folder / "run.json").read_text())["status"] == "finished"
    assert [text for text in notes.texts if "failed" in text] == [
        f"{what} failed, the run itself is whole: cannot parse $x"
        for what in ("drawing the report", "filming the best lap")
    ]


@pytest.mark.parametrize(
    ("status", "is_whole"), [("finished", True), ("interrupted", True), ("running", False)]
)
def test_who_dies_while_it_draws_has_left_a_whole_run(tmp_path, capsys, status, is_whole):
    folder = str(run_in(tmp_path / "mine", status))
    follower = Follower(TrainView())
    follower.hear(folder, DIED)
    assert (follower.failure is None) == is_whole
    said = f"note: figures are missing: {DIED.message}; the run itself is whole: racer plot"
    assert (said in capsys.readouterr().err) == is_whole
    requests = [TrainRequest(folder), TrainRequest(str(tmp_path / "next"))]
    feed = RequestFeed(lambda: requests)
    assert feed.take() is not None
    feed.end(folder, DIED)
    assert feed.n_left == int(is_whole)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no such signal here")
def test_a_terminal_that_closes_is_heard_unless_that_is_to_be_ignored():
    heard = []
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        with hearing_signals(heard.append):
            os.kill(os.getpid(), signal.SIGHUP)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
        with hearing_signals(heard.append):
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert heard == [signal.SIGHUP]

"""A second process attaches to running jobs and leaves them; here both are threads of one."""

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from racer.errors import RunError
from racer.jobs import (
    Begin,
    End,
    InProcessExecutor,
    Job,
    Listener,
    Phase,
    Poses,
    Progress,
    run_one,
)
from racer.jobs import attach as attach_module
from racer.jobs.attach import Attachment, AttachServer, private_folder
from racer.run_files import ATTACH
from tests.gate import HANGS

pytestmark = pytest.mark.skipif(
    not hasattr(attach_module.socket, "AF_UNIX"), reason="needs local sockets"
)

JOB = "runs/mine"
PROGRESS = Progress(5, 10, 1.0, None, 2, 0.5, 30.0, None, None)


class Diary(Listener):
    """Writes down what it hears."""

    def __init__(self):
        self.heard = []

    def hear(self, name, event):
        self.heard.append((name, event))


@pytest.fixture
def stopped():
    return threading.Event()


@pytest.fixture
def server(stopped, tmp_path):
    server = AttachServer(stopped.set)
    server.publish(tmp_path)
    yield server
    server.close()


def follow(folder, until=lambda diary: False):
    """Attach and follow until something was heard, or to the end; return what was heard."""
    diary, attached = Diary(), Attachment.of_run(folder)
    for _ in attached.follow(diary):
        if until(diary):
            break
    attached.leave()
    return diary.heard


def test_the_socket_is_for_this_user_only_and_gone_at_the_end(server, tmp_path):
    path = Path(json.loads((tmp_path / ATTACH).read_text())["socket"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(os.fsencode(path)) < 100
    server.close()
    assert not path.parent.exists()
    assert not (tmp_path / ATTACH).exists()


def test_who_comes_late_hears_what_was_said_and_of_progress_the_latest(server, tmp_path):
    for event in (Begin(), Phase("loading"), PROGRESS, PROGRESS, Phase("training")):
        server.hear(JOB, event)
    heard = follow(tmp_path, until=lambda diary: len(diary.heard) == 4)
    assert heard == [
        ("runs/mine", event) for event in (Begin(), Phase("loading"), Phase("training"), PROGRESS)
    ]


def test_one_may_leave_and_another_follows_to_the_end(server, tmp_path):
    server.hear(JOB, Phase("one"))
    assert follow(tmp_path, until=lambda diary: diary.heard) == [("runs/mine", Phase("one"))]
    diary = Diary()
    attached = Attachment.of_run(tmp_path)
    steps = attached.follow(diary)
    while not diary.heard:
        next(steps)
    server.hear(JOB, Phase("two"))
    server.hear(JOB, End({"a": 1}))
    server.close()
    list(steps)
    attached.leave()
    assert diary.heard[-2:] == [("runs/mine", Phase("two")), ("runs/mine", End({"a": 1}))]


def test_who_is_attached_can_stop_the_jobs(server, stopped, tmp_path):
    attached = Attachment.of_run(tmp_path)
    attached.stop()
    assert stopped.wait(HANGS)
    attached.leave()


def test_poses_go_only_to_who_wants_them(server, tmp_path):
    class Onlooker(Diary):
        wants_poses = True

    onlooker, other = Onlooker(), Diary()
    with_poses, without = Attachment.of_run(tmp_path), Attachment.of_run(tmp_path)
    steps, others = with_poses.follow(onlooker), without.follow(other)
    while not server.wants_poses:
        next(steps)
    poses = Poses(1, ((0.0, 1.0, 0.5, 0),))
    server.hear(JOB, poses)
    server.hear(JOB, Phase("x"))
    while len(onlooker.heard) < 2:
        next(steps)
    while not other.heard:
        next(others)
    assert [event for _, event in onlooker.heard] == [poses, Phase("x")]
    assert [event for _, event in other.heard] == [Phase("x")]
    with_poses.leave()
    without.leave()


def test_a_process_that_is_gone_without_a_word_is_one_line(tmp_path):
    listening = attach_module.socket.socket(attach_module.socket.AF_UNIX)
    folder = private_folder()
    listening.bind(str(folder / "socket"))
    listening.listen()
    attached = Attachment(folder / "socket")
    connection, _ = listening.accept()
    connection.close()
    with pytest.raises(RunError, match="the process that trains is gone"):
        list(attached.follow(Listener()))
    attached.leave()
    listening.close()


def test_a_run_that_nobody_trains_cannot_be_attached_to(server, tmp_path):
    with pytest.raises(RunError, match="is not being trained"):
        Attachment.of_run(tmp_path / "other")
    server.close()
    (tmp_path / ATTACH).write_text(json.dumps({"socket": str(tmp_path / "gone"), "pid": 1}))
    with pytest.raises(RunError, match="is not being trained"):
        Attachment.of_run(tmp_path)
    (tmp_path / ATTACH).write_text("half a li")
    with pytest.raises(RunError, match="is not being trained"):
        Attachment.of_run(tmp_path)


def test_a_system_without_local_sockets_says_so(monkeypatch, tmp_path):
    monkeypatch.delattr(attach_module.socket, "AF_UNIX")
    with pytest.raises(RunError, match="no local sockets"):
        AttachServer(lambda: None)
    with pytest.raises(RunError, match="no local sockets"):
        Attachment.of_run(tmp_path)


def test_who_is_attached_hears_an_executor(server, tmp_path):
    server.hear(JOB, Phase("before"))
    here, heard = threading.Event(), []

    def attend():
        heard.extend(follow(tmp_path, until=lambda diary: here.set() if diary.heard else None))

    thread = threading.Thread(target=attend)
    thread.start()
    assert here.wait(HANGS)
    job = Job("j", lambda data, context: context.phase("p") or 1)
    assert run_one(InProcessExecutor(), job, server) == End(1)
    server.close()
    thread.join()
    assert heard[1:] == [("j", Begin()), ("j", Phase("p")), ("j", End(1))]

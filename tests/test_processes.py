"""Commands and the processes that work for them."""

import os
import threading

import pytest

from racer.processes import how_it_ended, lines_of, running_line


def test_the_running_line_of_a_thread_is_found_by_its_file():
    source = "def wait(go, done):\n    go.set()\n    done.wait()\n"
    space = {}
    exec(compile(source, "/somewhere/mine.py", "exec"), space)
    go, done = threading.Event(), threading.Event()
    thread = threading.Thread(target=space["wait"], args=(go, done))
    thread.start()
    go.wait()
    files = {"/somewhere/mine.py": "mine.py"}
    while (found := running_line(thread.ident, files)) != ("mine.py", 3):
        assert found == ("mine.py", 2)  # it has not come back from telling us
    assert running_line(thread.ident, {"/elsewhere.py": "x"}) is None
    done.set()
    thread.join()
    assert running_line(thread.ident, files) is None


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (-9, "was ended by SIGKILL: was there enough memory?"),
        (-11, "was ended by SIGSEGV"),
        (3, "ended with status 3"),
        (None, "does not end"),
        (-99, "was ended by signal 99"),
    ],
)
def test_how_a_process_ended_is_said_in_words(code, text):
    assert how_it_ended(code) == text


def test_lines_come_whole_whatever_the_pipe_cuts():
    reading, writing = os.pipe()
    for part in (b"one\ntw", b"o\n", "drei ä\nrest".encode()):
        os.write(writing, part)
    os.close(writing)
    assert list(lines_of(reading)) == ["one", "two", "drei ä"]
    os.close(reading)

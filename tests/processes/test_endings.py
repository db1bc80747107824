"""How a process ended, its last words, and the lines of a pipe."""

import os

import pytest

from racer.processes import how_it_ended
from racer.processes.channel import lines_of
from racer.processes.endings import LastWords


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


SAID = (
    'Thread 0x0001 (most recent call first):\n  File "/lib/numpy.py", line 9 in dot\n'
    '  File "/my/r\\xe9w.py", line 4 in helper\n'
    '  File "/my/r\\xe9w.py", line 7 in reward_function\n'
)


def test_the_innermost_line_of_the_reward_functions_files_is_where_it_was(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text(SAID)
    words = LastWords(path, ask=lambda: None)
    assert words.place({"/other.py": "other.py"}) is None
    assert words.place({"/my/réw.py": "réw.py", "/other.py": "other.py"}) == "réw.py:4"


def test_what_was_said_before_it_was_asked_is_not_the_answer(tmp_path):
    path = tmp_path / "words.txt"
    files = {"/my/réw.py": "réw.py"}
    words = LastWords(path, ask=lambda: path.open("a").close())
    words.ask()  # nothing is there yet
    path.write_text(SAID.replace("line 4", "line 5"))
    words.ask()
    assert words.place(files) is None
    with path.open("a") as file:
        file.write(SAID)
    assert words.place(files) == "réw.py:4"
    assert LastWords(tmp_path / "none.txt", ask=lambda: None).place(files) is None

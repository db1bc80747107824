"""Ctrl-C is quiet from the first moment on."""

import signal
import subprocess
import sys

import pytest

from racer.cli import main
from tests.cli.conftest import environment

INTERRUPTED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
from racer.__main__ import main
sys.argv = ["racer", "tracks"]
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
@pytest.mark.parametrize("name", ["racer.cli.main", "typer", "racer.cli.tune"])
def test_while_the_command_line_is_loaded_it_ends_without_a_word(name):
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED.format(name=name)],
        env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_while_the_command_is_put_together_it_ends_without_a_word(monkeypatch, capsys):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "app", interrupted)
    assert main.run(["tracks"]) == 130
    assert capsys.readouterr() == ("", "")

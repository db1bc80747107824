"""The child's end of the pipes: orders come in on stdin, events go out on stdout.

Whatever else is printed in the child goes to stderr, which the parent reads too. Ctrl-C is the
parent's to hear. When the parent is gone, stdin ends, and so does the child: at once, for an
endless loop in a reward function would not let go otherwise.
"""

import faulthandler
import json
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from racer.processes.endings import LAST_WORDS, WHERE, write_last_words
from racer.reward.params import plain_value


class Channel:
    """To the process that started this one."""

    def __init__(self, folder: Path) -> None:
        """Take stdout for events, and send everything else that is printed to stderr.

        Args:
            folder: of this child: for its last words and its call monitor.
        """
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if hasattr(signal, "pthread_sigmask"):  # the parent has blocked it until now
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        self.folder = folder
        self._out = os.dup(1)
        os.dup2(2, 1)
        self._lock = threading.Lock()
        self._last_words = write_last_words(folder / LAST_WORDS)

    def listen(self, obey: Callable[[dict[str, Any]], None]) -> None:
        """Pass each order on, in a thread; end the process when the parent is gone.

        Args:
            obey: called with an order: ``order`` names it.
        """

        def read() -> None:
            for line in lines_of(0):
                order = json.loads(line)
                if order["order"] == WHERE:
                    faulthandler.dump_traceback(self._last_words)
                else:
                    obey(order)
            shutil.rmtree(self.folder, ignore_errors=True)
            with suppress(OSError):  # the last one removes what its siblings were in as well
                self.folder.parent.rmdir()
            os._exit(1)

        threading.Thread(target=read, daemon=True).start()

    def send(self, event: dict[str, Any]) -> None:
        """Send an event: ``kind`` names it."""
        data = (json.dumps(event, default=plain_value) + "\n").encode()
        with self._lock:
            while data:
                data = data[os.write(self._out, data) :]


def lines_of(descriptor: int) -> Iterator[str]:
    """Yield lines without their ends; not through sys.stdin, whose lock would hang at the exit.

    Args:
        descriptor: an open file, as 0 for stdin.
    """
    rest = b""
    while chunk := os.read(descriptor, 65536):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line.decode() for line in lines)

"""Ends a command whose reward function does not come back: a loop lets no exception out."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from racer.cli.output import print_error
from racer.errors import ConfigError, RewardError
from racer.processes import running_line

_LOOK = 0.05  # seconds between two looks at what runs


@contextmanager
def time_limit(seconds: float, files: Mapping[str, str]) -> Iterator[Callable[[], None]]:
    """End the process with one line if a call of the reward function takes longer.

    Time counts only while code of its files runs, so that the compilation of the simulator, which
    takes longer than any call, is no endless loop.

    Args:
        seconds: what a call may take.
        files: the reward function's files, and what messages call them.

    Yields:
        what the body calls to begin the time anew, after one of several calls.

    Raises:
        ConfigError: if the limit is not positive.
    """
    if not seconds > 0.0:
        raise ConfigError(f"--timeout: must be positive, got {seconds:g}")
    main = threading.get_ident()
    ended = threading.Event()
    began = [time.monotonic()]

    def begin_anew() -> None:
        began[0] = time.monotonic()

    def watch() -> None:
        while not ended.wait(_LOOK):
            running = running_line(main, files)
            if running is None:
                begin_anew()
            elif time.monotonic() - began[0] >= seconds:
                end(*running)

    def end(file: str, line: int) -> None:
        message = f"{file}:{line}: the call has not returned after {seconds:g} s: an endless loop?"
        print_error(RewardError(message))
        sys.stderr.flush()
        os._exit(1)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield begin_anew
    finally:
        ended.set()

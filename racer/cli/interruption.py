"""One Ctrl-C ends a long command in order."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stopped(BaseException):
    """The user or the system wants it to end; no handler of errors may catch it."""

    def __init__(self, number: int) -> None:
        """Keep the signal's number."""
        self.number = number
        super().__init__()


@contextmanager
def hearing_signals(hear: Callable[[int], None]) -> Iterator[None]:
    """Have the signals to end (Ctrl-C, the system's, a terminal that closes) heard, not obeyed.

    A terminal that closes is not heard where the user wants that ignored, as with nohup.

    Args:
        hear: called with the signal's number.
    """
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    closes = getattr(signal, "SIGHUP", None)  # not on Windows
    if closes is not None and signal.getsignal(closes) != signal.SIG_IGN:
        handlers[closes] = signal.getsignal(closes)
    for number in handlers:
        signal.signal(number, lambda got, _: hear(got))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def one_interruption() -> Iterator[None]:
    """Raise ``Stopped`` at the first signal to end; later ones cannot disturb the tidying up."""
    is_first = True

    def stop(number: int) -> None:
        nonlocal is_first
        if is_first:
            is_first = False
            raise Stopped(number)

    with hearing_signals(stop):
        yield

"""One Ctrl-C ends a long command in order."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Stopped(BaseException):
    """The user or the system wants it to end; no handler of errors may catch it."""

    def __init__(self, number: int) -> None:
        """Keep the signal's number."""
        self.number = number
        super().__init__()


@contextmanager
def one_interruption() -> Iterator[None]:
    """Raise ``Stopped`` at the first signal to end; later ones cannot disturb the tidying up."""
    handlers = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, _: object) -> None:
        for name in handlers:
            signal.signal(name, signal.SIG_IGN)
        raise Stopped(number)

    for name in handlers:
        signal.signal(name, stop)
    try:
        yield
    finally:
        for name, handler in handlers.items():
            signal.signal(name, handler)

"""Worker processes that are forked from one that has imported everything.

A worker of ``racer.processes`` first imports torch and loads the compiled kernels, which takes
longer than most tests. ``workers_are_forked`` in conftest.py has them come from a server that has
done so once. They are processes as others are: own memory, streams, signals and status.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

PRELOADED = (
    "racer.api.training_jobs",
    "racer.studies.training",
    "racer.evaluation",
    "torch._dynamo",
)
FIXED = ("RACER_", "NUMBA_", "OMP_", "MPL", "PYTHON")
"""Variables of these beginnings are read when modules are imported: they must be the server's."""


class ForkServer:
    """The process that all are forked from; it is there from the first fork on."""

    def __init__(self) -> None:
        """Prepare."""
        self._environment = fixed_environment()
        self._lock = threading.Lock()
        self._ours: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def _start(self) -> socket.socket:
        """Start the process."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno()), json.dumps(sys.path)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        return ours

    def can_fork(self, words: list[str]) -> bool:
        """Return whether a command line is one of Python code, for modules as they are there."""
        is_code = len(words) == 3 and words[:2] == [sys.executable, "-c"]
        return is_code and fixed_environment() == self._environment

    def fork(self, code: str, streams: list[int]) -> tuple[int, int]:
        """Have a process run some code.

        Args:
            code: what it executes as ``__main__``.
            streams: descriptors that become its stdin, stdout and stderr.

        Returns:
            Its number, and a descriptor from which its status can be read when it has ended.
        """
        status, told = os.pipe()
        blocked = sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
        order = {"code": code, "cwd": str(Path.cwd()), "env": dict(os.environ), "blocked": blocked}
        with self._lock:
            if self._ours is None:
                self._ours = self._start()
            socket.send_fds(self._ours, [json.dumps(order).encode()], [*streams, told])
            os.close(told)
            pid = int(self._ours.recv(64))
        return pid, status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the process, and no other."""
        if self._ours is not None and self._process is not None:
            self._ours.close()
            self._process.wait()


class ForkedProcess:
    """What ``subprocess.Popen`` gives, as far as ``racer.processes`` uses it."""

    def __init__(self, server: ForkServer, code: str) -> None:
        """Have it forked, with pipes for its streams."""
        pipes = [os.pipe() for _ in range(3)]
        theirs = [pipes[0][0], pipes[1][1], pipes[2][1]]
        self.pid, self._status = server.fork(code, theirs)
        for descriptor in theirs:
            os.close(descriptor)
        self.stdin = os.fdopen(pipes[0][1], "wb")
        self.stdout = os.fdopen(pipes[1][0], "rb")
        self.stderr = os.fdopen(pipes[2][0], "rb")
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return its status, None while it runs."""
        return self._ended_within(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Return its status when it has ended.

        Raises:
            subprocess.TimeoutExpired: if it has not after so many seconds.
        """
        status = self._ended_within(timeout)
        if status is None:
            raise subprocess.TimeoutExpired("a forked worker", timeout or 0.0)
        return status

    def _ended_within(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], seconds)[0]:
            self.returncode = int(os.read(self._status, 64))
            os.close(self._status)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def forking(server: ForkServer) -> Any:
    """Return what stands for the module ``subprocess``: its processes are forked where they can."""

    def start(words: list[str], **options: Any) -> Any:
        if server.can_fork(words):
            return ForkedProcess(server, words[2])
        return subprocess.Popen(words, **options)

    return SimpleNamespace(**{**vars(subprocess), "Popen": start})


def fixed_environment() -> dict[str, str]:
    """Return the variables that are read when modules are imported."""
    return {name: value for name, value in os.environ.items() if name.startswith(FIXED)}


# --- in the server ---


def serve(descriptor: int) -> None:
    """Fork a process for each order that comes, until whoever gives them is gone."""
    import importlib

    for module in PRELOADED:
        importlib.import_module(module)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    channel = socket.socket(fileno=descriptor)
    while True:
        text, descriptors, _, _ = socket.recv_fds(channel, 1 << 20, 4)
        if not text:
            return
        *streams, told = descriptors
        pid = os.fork()
        if pid == 0:
            os.close(told)
            channel.close()
            _become(json.loads(text), streams)
        channel.send(str(pid).encode())
        for stream in streams:
            os.close(stream)
        threading.Thread(target=_tell_status, args=(pid, told), daemon=True).start()


def _tell_status(pid: int, told: int) -> None:
    """Write the status of a process when it has ended."""
    _, status = os.waitpid(pid, 0)
    with os.fdopen(told, "w") as pipe, suppress(BrokenPipeError):  # nobody asks any more
        pipe.write(str(os.waitstatus_to_exitcode(status)))


def _become(order: dict[str, Any], streams: list[int]) -> None:
    """Run the code of an order as a new interpreter would, and end."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    signal.pthread_sigmask(signal.SIG_SETMASK, order["blocked"])
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
    sys.stderr = os.fdopen(2, "w", buffering=1)
    status = 1
    try:
        exec(order["code"], {"__name__": "__main__"})
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  what an interpreter does at its end
        sys.excepthook(*sys.exc_info())
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status)


if __name__ == "__main__":
    sys.path[:] = json.loads(sys.argv[2])
    serve(int(sys.argv[1]))

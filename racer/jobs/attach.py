"""A second process attaches to running jobs, hears what happens, and leaves them.

Who runs jobs serves a local socket that only this user can open. What was said before is said again
to who comes later, but for progress: of that only the latest counts.
"""

import json
import os
import queue
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from racer.errors import RunError
from racer.foreign import parse_json, read_text
from racer.jobs.events import POSES, STOP, Event, event_from_dict, event_to_dict
from racer.jobs.executor import Listener
from racer.run_files import ATTACH
from racer.training.hooks import Poses, Progress

_SOCKET = "socket"
_LONGEST = 100  # bytes of a socket's path that every system takes
_WAITING = 10_000  # events that who is attached may be behind
_TICK = 0.1  # seconds between two looks at what happens


def private_folder() -> Path:
    """Return a new folder for a socket that only this user can enter.

    Raises:
        RunError: if this system has no local sockets.
    """
    if not hasattr(socket, "AF_UNIX"):
        raise RunError("this system has no local sockets: nobody can attach to a training here")
    for parent in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):
        if parent is None or len(os.fsencode(parent)) > _LONGEST - 30:
            continue
        with suppress(OSError):
            return Path(tempfile.mkdtemp(prefix="racer-", dir=parent))  # mode 0700
    raise RunError("no folder for a local socket can be made: is there a writable /tmp?")


class _Client:
    """Somebody who is attached: a thread writes what is said, another reads orders."""

    def __init__(self, connection: socket.socket, history: list[bytes]) -> None:
        self._connection = connection
        self._lines: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self.wants_poses = False
        self.is_gone = False
        for line in history:
            self.say(line)
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def say(self, line: bytes | None) -> None:
        """Have a line written; None ends the connection. Who is too far behind is let go."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self.is_gone = True

    def _write(self) -> None:
        with suppress(OSError):
            while (line := self._lines.get()) is not None and not self.is_gone:
                self._connection.sendall(line)
        self.is_gone = True
        self._connection.close()

    def orders(self) -> Iterator[dict[str, Any]]:
        """Yield what it orders, until it leaves."""
        with suppress(OSError, ValueError), self._connection.makefile("rb") as lines:
            for line in lines:
                yield json.loads(line)
        self.is_gone = True
        self.say(None)

    def end(self) -> None:
        """Write what is left to say, but not for ever."""
        self.say(None)
        self._writer.join(timeout=5.0)


class AttachServer(Listener):
    """Tells everybody who is attached what happens to the jobs of this process."""

    def __init__(self, stop: Callable[[], None], folder: Path | None = None) -> None:
        """Open the socket.

        Args:
            stop: called when somebody wants the jobs to end properly.
            folder: for the socket; by default a new private one.

        Raises:
            RunError: if there can be none.
        """
        self._stop = stop
        self._folder = folder or private_folder()
        self._history: list[bytes] = []
        self._progress: list[bytes] = []
        self._clients: list[_Client] = []
        self._published: set[Path] = set()
        self._lock = threading.Lock()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.bind(str(self._folder / _SOCKET))
            (self._folder / _SOCKET).chmod(0o600)
            self._socket.listen()
        except OSError as error:
            raise RunError(f"{self._folder}: no local socket can be made: {error}") from error
        threading.Thread(target=self._accept, daemon=True).start()

    def publish(self, folder: Path) -> None:
        """Name the socket in a run's folder, once."""
        if folder in self._published or not folder.is_dir():
            return
        self._published.add(folder)
        content = {"socket": str(self._folder / _SOCKET), "pid": os.getpid()}
        with suppress(OSError):  # nobody can attach then; the training matters more
            (folder / ATTACH).write_text(json.dumps(content) + "\n", "utf-8")

    def _accept(self) -> None:
        with suppress(OSError):  # it is closed
            while True:
                connection, _ = self._socket.accept()
                with self._lock:
                    client = _Client(connection, self._history + self._progress)
                    self._clients.append(client)
                threading.Thread(target=self._obey, args=(client,), daemon=True).start()

    def _obey(self, client: _Client) -> None:
        for order in client.orders():
            if order.get("order") == STOP:
                self._stop()
            elif order.get("order") == POSES:
                client.wants_poses = bool(order.get("on"))

    @property
    def wants_poses(self) -> bool:  # type: ignore[override]
        """Whether anybody who is attached wants them."""
        return any(client.wants_poses and not client.is_gone for client in self._clients)

    def hear(self, name: str, event: Event) -> None:
        """Tell everybody."""
        line = (json.dumps({"job": name, **event_to_dict(event)}) + "\n").encode()
        with self._lock:
            if isinstance(event, Progress):
                self._progress = [line]
            elif not isinstance(event, Poses):
                self._history.append(line)
            self._clients = [client for client in self._clients if not client.is_gone]
            for client in self._clients:
                if client.wants_poses or not isinstance(event, Poses):
                    client.say(line)

    def close(self) -> None:
        """Say that all is over, and remove the socket."""
        with self._lock:
            for client in self._clients:
                client.say(b'{"over": true}\n')
        for client in self._clients:
            client.end()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for somebody
        self._socket.close()
        for folder in self._published:
            (folder / ATTACH).unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)


class Attachment:
    """Attached to the jobs of another process."""

    def __init__(self, path: Path) -> None:
        """Connect.

        Args:
            path: of the socket.

        Raises:
            OSError: if nobody serves it.
        """
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._socket.settimeout(_TICK)
        self._wants_poses = False

    @classmethod
    def of_run(cls, folder: Path) -> "Attachment":
        """Attach to who trains a run.

        Raises:
            RunError: if nobody does, or there can be no attaching.
        """
        if not hasattr(socket, "AF_UNIX"):
            raise RunError("this system has no local sockets: nobody can attach to a training here")
        try:
            address = parse_json(read_text(folder / ATTACH))
            return cls(Path(address["socket"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunError(f"{folder}: is not being trained, so nobody can attach to it") from error

    @classmethod
    def when_served(cls, folder: Path, is_gone: Callable[[], bool]) -> "Attachment | None":
        """Attach to a process that is starting; None if it ends before.

        Args:
            folder: that it was told to use for its socket.
            is_gone: whether it has ended.
        """
        while True:
            gone = is_gone()
            with suppress(OSError):
                return cls(folder / _SOCKET)
            if gone:
                return None
            time.sleep(_TICK)

    def stop(self) -> None:
        """Have the jobs end properly."""
        self._say(STOP)

    def _say(self, order: str, **values: Any) -> None:
        self._socket.sendall(json.dumps({"order": order, **values}).encode() + b"\n")

    def follow(self, listener: Listener) -> Iterator[None]:
        """Tell a listener what happens; yields after each look, so that one can leave.

        Raises:
            RunError: if the other process is gone without a word.
        """
        rest = b""
        while True:
            if listener.wants_poses != self._wants_poses:
                self._wants_poses = listener.wants_poses
                self._say(POSES, on=self._wants_poses)
            try:
                chunk = self._socket.recv(65536)
            except TimeoutError:
                chunk = None
            if chunk == b"":
                raise RunError("the process that trains is gone")
            *lines, rest = (rest + (chunk or b"")).split(b"\n")
            for line in lines:
                said = json.loads(line)
                if "over" in said:
                    return
                listener.hear(said.pop("job"), event_from_dict(said))
            listener.tick()
            yield

    def leave(self) -> None:
        """Leave; the jobs go on."""
        self._socket.close()

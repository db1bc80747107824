"""How large the batches of an Arrow stream are once they are unpacked, read without unpacking them.

The layout is that of Arrow's columnar format, "IPC Streaming Format" and "RecordBatch message"
(https://arrow.apache.org/docs/format/Columnar.html): each message is a flatbuffer with a body, and
each compressed buffer of a body begins with the number of bytes that it unpacks to.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from racer.errors import RunError
from racer.foreign import check_ordinary

FREE = 64 << 20
"""Bytes that any stream may unpack to."""

FACTOR = 100
"""Beyond that a stream may unpack to so many times its size; driven steps come to twice it."""

_MARK = 0xFFFFFFFF
_MESSAGE_KIND, _MESSAGE_HEADER, _MESSAGE_BODY = 1, 2, 3  # fields of a message
_BUFFERS, _COMPRESSION = 2, 3  # fields of a record batch
_SCHEMA, _RECORD_BATCH = 1, 3  # kinds of messages


def check_unpacked_size(path: Path) -> None:
    """Refuse a stream that would unpack to much more than it is.

    Damage is not looked for: whoever reads the stream says so.

    Raises:
        RunError: if it would, or holds what a recording does not.
    """
    try:
        check_ordinary(path)
        most = FREE + FACTOR * path.stat().st_size
        with path.open("rb") as file:
            total = 0
            for size in _sizes(file):
                total += size
                if total > most:
                    raise RunError(f"{path}: refused: it would unpack to more than {most:,} bytes")
    except (OSError, struct.error, IndexError, OverflowError):
        return


def _sizes(file: BinaryIO) -> Iterator[int]:
    """Yield what each batch unpacks to (bytes)."""
    while len(head := file.read(4)) == 4:
        (size,) = struct.unpack("<I", head)
        if size == _MARK:
            (size,) = struct.unpack("<I", file.read(4))
        if size == 0:
            return
        message = _Table.root(file.read(size))
        body = file.tell()
        length = message.int64(_MESSAGE_BODY)
        kind = message.byte(_MESSAGE_KIND)
        if kind == _RECORD_BATCH:
            yield _unpacked(message.table(_MESSAGE_HEADER), file, body)
        elif kind != _SCHEMA:
            raise RunError(f"{file.name}: not a recording of racer: it holds other messages")
        file.seek(body + length)


def _unpacked(batch: "_Table", file: BinaryIO, body: int) -> int:
    """Return what the buffers of a batch unpack to (bytes); each is at least its own size."""
    total, is_packed = 0, batch.place(_COMPRESSION) is not None
    for offset, length in batch.pairs(_BUFFERS):
        size = length
        if is_packed and length >= 8:
            file.seek(body + offset)
            (size,) = struct.unpack("<q", file.read(8))
        total += max(size, length)
    return total


class _Table:
    """A table of a flatbuffer (https://flatbuffers.dev/internals): its fields by their numbers."""

    def __init__(self, data: bytes, start: int) -> None:
        self._data, self._start = data, start

    @classmethod
    def root(cls, data: bytes) -> "_Table":
        return cls(data, struct.unpack_from("<I", data)[0])

    def place(self, field: int) -> int | None:
        """Return where a field stands; None if it is not there."""
        offsets = self._start - struct.unpack_from("<i", self._data, self._start)[0]
        (size,) = struct.unpack_from("<H", self._data, offsets)
        if 4 + 2 * field >= size:
            return None
        (offset,) = struct.unpack_from("<H", self._data, offsets + 4 + 2 * field)
        return self._start + offset if offset else None

    def byte(self, field: int) -> int:
        place = self.place(field)
        return 0 if place is None else self._data[place]

    def int64(self, field: int) -> int:
        place = self.place(field)
        return 0 if place is None else int(struct.unpack_from("<q", self._data, place)[0])

    def table(self, field: int) -> "_Table":
        return _Table(self._data, self._target(field))

    def pairs(self, field: int) -> Iterator[tuple[int, int]]:
        """Yield the pairs of 64-bit integers in a vector."""
        start = self._target(field)
        (count,) = struct.unpack_from("<I", self._data, start)
        for k in range(count):
            yield struct.unpack_from("<qq", self._data, start + 4 + 16 * k)

    def _target(self, field: int) -> int:
        place = self.place(field)
        if place is None:
            raise IndexError(field)
        return place + int(struct.unpack_from("<I", self._data, place)[0])

"""Reads files that others made: whatever lies there, it is read, or refused in one line.

A text may begin with a byte order mark, as editors on Windows write it. JSON and TOML that are
nested too deeply for Python are no JSON and TOML. What hangs whoever reads it is not opened.
"""

import json
import stat
import tomllib
from pathlib import Path
from typing import Any

_KINDS = {stat.S_IFIFO: "a FIFO", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
          stat.S_IFSOCK: "a socket"}  # fmt: skip
_DEEP = "nested too deeply"


def check_ordinary(path: Path) -> None:
    """Refuse what is there and is neither a file nor a folder: reading it may never end.

    Raises:
        OSError: if it is a FIFO, a device or a socket.
    """
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except OSError:  # whoever opens it says so
        return
    if kind in _KINDS:
        raise OSError(0, f"expected a file, got {_KINDS[kind]}", str(path))


def read_text(path: Path) -> str:
    """Return the text of a file, without the byte order mark it may begin with.

    Raises:
        OSError: if it cannot be read, or is no file.
        UnicodeDecodeError: if it is not UTF-8.
    """
    check_ordinary(path)
    return path.read_text(encoding="utf-8-sig")


def parse_json(text: str | bytes) -> Any:
    """Return what a JSON text says.

    Raises:
        json.JSONDecodeError: if it is none.
        UnicodeDecodeError: if it is bytes that are not UTF-8.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise json.JSONDecodeError(_DEEP, "", 0) from error


def parse_toml(text: str) -> dict[str, Any]:
    """Return what a TOML text says.

    Raises:
        tomllib.TOMLDecodeError: if it is none.
    """
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise tomllib.TOMLDecodeError(_DEEP) from error

"""JSON files that carry a digest of their own content: a changed bit is noticed, not believed."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from racer.errors import RunError
from racer.foreign import parse_json, read_text
from racer.storage.durable import write_atomically

_DIGEST = "sha256"
"""Key of the digest, beside the content's own."""


def digest_of_data(content: Any) -> str:
    """Return a digest of plain data: the same for equal data, in whatever order their keys are."""
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with its digest as the last key."""
    return {**content, _DIGEST: digest_of_data(content)}


def unsealed(path: Path, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without the digest that is its last key; one that has none is as it is.

    Args:
        path: of the file that it was read from.
        content: as ``sealed`` made it, or an older version wrote it without.

    Raises:
        RunError: if it does not fit its digest. A digest is known by its key or, where the damage
            is there, by its looks.
    """
    *_, (key, last) = [("", None), *content.items()]
    is_digest = isinstance(last, str) and re.fullmatch("[0-9a-f]{64}", last)
    if key != _DIGEST and not is_digest:
        return dict(content)
    rest = {name: value for name, value in content.items() if name != key}
    if key != _DIGEST or last != digest_of_data(rest):
        raise RunError(f"{path}: damaged: it does not fit its digest")
    return rest


def sealed_text(content: Mapping[str, Any]) -> bytes:
    """Return an object and its digest as the content of a file."""
    return f"{json.dumps(sealed(content), indent=1, allow_nan=False)}\n".encode()


def parse_sealed(text: str, where: object) -> dict[str, Any]:
    """Return the object in a text.

    Args:
        text: of a file that was sealed.
        where: it lies, for the message.

    Raises:
        RunError: if it is not what was written.
    """
    try:
        content = parse_json(text)
    except ValueError as error:
        raise RunError(f"{where}: damaged: not JSON") from error
    if not isinstance(content, dict) or content.pop(_DIGEST, None) != digest_of_data(content):
        raise RunError(f"{where}: damaged: it does not fit its digest")
    return content


def write_sealed_json(path: Path, content: dict[str, Any]) -> None:
    """Write an object and its digest, whole or not at all.

    Raises:
        RunError: if it cannot be written.
    """
    try:
        write_atomically(path, sealed_text(content))
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror or error}") from error


def read_sealed_json(path: Path) -> dict[str, Any] | None:
    """Return the object in a file; None if there is no such file.

    Raises:
        RunError: if it cannot be read, or is not what was written.
    """
    try:
        text = read_text(path)
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise RunError(f"{path}: damaged: not text in UTF-8") from error
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_sealed(text, path)

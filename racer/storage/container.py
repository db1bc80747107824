"""The file of a checkpoint: a zip without compression, sealed with a digest, without pickle.

Tensors are safetensors, everything else is JSON: reading a file cannot run code. The last 64 bytes
of the file, at the end of the zip's comment, are the SHA-256 digest of all bytes before them, so
any zip program opens it and no damage goes unnoticed.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors import numpy as safetensors

from racer.errors import RunError
from racer.foreign import parse_json

_MARK = b"racer checkpoint sha256 "
_HEX = 64
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same content gives the same bytes
_TENSOR = "$tensor"
"""Key of the JSON object that stands for an array."""


def pack(entries: Mapping[str, bytes]) -> bytes:
    """Return the bytes of a sealed file with some entries.

    Args:
        entries: content by name; the same entries give the same bytes.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
        archive.comment = _MARK + b"0" * _HEX
    body = buffer.getvalue()[:-_HEX]
    return body + hashlib.sha256(body).hexdigest().encode()


def is_sealed(data: bytes) -> bool:
    """Return whether some bytes end as a sealed file does."""
    return data[-_HEX - len(_MARK) : -_HEX] == _MARK


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the entries of a sealed file.

    Raises:
        RunError: if the bytes are not those that were written; without the name of the file.
    """
    if not is_sealed(data):
        raise RunError("damaged, or not a checkpoint of racer: it does not end as one")
    if hashlib.sha256(data[:-_HEX]).hexdigest().encode() != data[-_HEX:]:
        raise RunError("damaged: its content does not fit its digest")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(one.file_size for one in archive.infolist()) > len(data):
                raise RunError("not a checkpoint of racer: it would unpack to more than it is")
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, ValueError) as error:
        raise RunError(f"damaged: {error}") from error


def pack_tree(tree: Any) -> tuple[bytes, bytes]:
    """Return a tree of plain data as JSON, and the arrays in it as safetensors.

    Args:
        tree: dicts with text as keys, lists, tuples (they come back as lists), text, numbers, None
            and numpy arrays.
    """
    arrays: dict[str, NDArray[Any]] = {}
    text = json.dumps(_without_arrays(tree, "", arrays))
    return text.encode(), safetensors.save(arrays)


def _without_arrays(tree: Any, path: str, arrays: dict[str, NDArray[Any]]) -> Any:
    """Return the tree with a reference in place of each array, which is put into ``arrays``."""
    if isinstance(tree, np.ndarray):
        arrays[path] = np.ascontiguousarray(tree).reshape(tree.shape)
        return {_TENSOR: path}
    if isinstance(tree, Mapping):
        return {key: _without_arrays(value, f"{path}/{key}", arrays) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_without_arrays(value, f"{path}/{i}", arrays) for i, value in enumerate(tree)]
    return tree


def unpack_tree(text: bytes, tensors: bytes) -> Any:
    """Return the tree that ``pack_tree`` packed; its arrays can be written to.

    Raises:
        RunError: if the two do not belong together; without the name of the file.
    """
    try:
        arrays = safetensors.load(tensors)
        return _with_arrays(parse_json(text), arrays)
    except (SafetensorError, ValueError, KeyError, RecursionError) as error:
        raise RunError(f"damaged: {error}") from error


def _with_arrays(tree: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    if isinstance(tree, dict):
        if _TENSOR in tree:
            return arrays[tree[_TENSOR]].copy()
        return {key: _with_arrays(value, arrays) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_with_arrays(value, arrays) for value in tree]
    return tree

"""The one place that knows numba: compile options and the folder of compiled code.

numba's own cache looks only at the file that defines a function. When a callee in another file
changed, the old machine code would come back. So compiled code is kept in a folder whose name is
a digest of all kernel sources, the numba version and the kind of machine; inside it numba keeps the
code of different processors apart.
"""

import atexit
import hashlib
import platform
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import config as _numba_config

from racer.cache import user_cache

Function = TypeVar("Function", bound=Callable[..., Any])

config: Any = _numba_config  # its names are made at run time


def _source_digest() -> str:
    """Return a digest of everything that compiled kernels depend on."""
    kind = f"{numba.__version__} {platform.machine()} {config.BOUNDSCHECK}"
    digest = hashlib.sha256(kind.encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> Path:
    """Return a writable folder for compiled code; a new temporary one as the last resort."""
    name = f"kernels-{_source_digest()}"
    try:
        folder = user_cache() / name
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RuntimeError):  # RuntimeError: no home directory can be determined
        # a name of our own: code from a folder that others can write to must never be run
        folder = Path(tempfile.mkdtemp(prefix="racer-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return folder


CACHE_FOLDER = _cache_folder()


def jit(function: Function) -> Function:
    """Compile a function on its first call, without the interpreter lock, cached between runs.

    The options are the same for all kernels: ``error_model="numpy"`` (a division by zero gives
    inf or nan and costs no branch) and no fastmath (it breaks ``isnan``).
    """
    return _compiled(function, inline=False)


def inlined(function: Function) -> Function:
    """As ``jit``, for a function that other kernels call in their inner loops.

    Its machine code goes into its callers. That matters for those that take a ``TrackArrays``: a
    call copies all of its array descriptors, which took longer than the work (benchmarks/).
    """
    return _compiled(function, inline=True)


def _compiled(function: Function, inline: bool) -> Function:
    previous = config.CACHE_DIR
    config.CACHE_DIR = str(CACHE_FOLDER)  # read when the function is decorated, so restored at once
    try:
        options: dict[str, Any] = {"error_model": "numpy", "forceinline": inline}
        return numba.njit(cache=True, nogil=True, **options)(function)
    finally:
        config.CACHE_DIR = previous

"""The one place that knows numba: compile options and the folder of compiled code.

numba's own cache looks only at the file that defines a function. When a callee in another file
changed, the old machine code would come back. So compiled code is kept in a folder whose name is
a digest of all kernel sources, the numba version and the kind of machine; inside it numba keeps the
code of different processors apart.
"""

import atexit
import hashlib
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import numba
import platformdirs
from numba.core import config as _numba_config
from numba.core.errors import NumbaError
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])

config: Any = _numba_config  # its names are made at run time

CompilationError = NumbaError
"""What numba raises for a function that it cannot compile."""


def _user_cache() -> Path:
    """Return the folder for this user's caches; ``RACER_CACHE`` overrides it."""
    if override := os.environ.get("RACER_CACHE"):
        return Path(override)
    return platformdirs.user_cache_path("racer", appauthor=False, opinion=False)


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
        folder = _user_cache() / name
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


def load_generated(text: str) -> ModuleType:
    """Return a module made of generated source, its compiled functions cached between runs.

    The file lies in the cache folder under a digest of its text. It is written once and never
    changed, for numba asks its time of change whether the compiled code still belongs to it.

    Args:
        text: source of the module.
    """
    name = f"racer_generated_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    path = CACHE_FOLDER / f"{name}.py"
    if not path.is_file() or path.read_text("utf-8") != text:
        # another process may write the same: a file of our own, then moved into its place
        handle, own = tempfile.mkstemp(dir=CACHE_FOLDER, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(own).replace(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # numba finds the globals of cached functions by this name
    spec.loader.exec_module(module)
    return module


if config.DISABLE_JIT:

    def fma(a: float, b: float, c: float) -> float:
        """Return ``a * b + c``, rounded once."""
        return float(Fraction(a) * Fraction(b) + Fraction(c))

else:

    @intrinsic
    def fma(_context: Any, a: Any, b: Any, c: Any) -> Any:
        """Return ``a * b + c``, rounded once."""

        def generate(_: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return builder.fma(*arguments)

        double = numba.types.float64
        return (double(double, double, double), generate) if a == b == c == double else None

"""What calls of a reward function change where all cars see it: in modules, and of the process.

Each car has its own copy of the file and the modules beside it. Imported modules it shares with all
others: ``math.mine = 3``, ``decimal.getcontext().prec`` or ``os.environ`` are no car's own.
"""

import decimal
import locale
import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

_SET_BY_IMPORTS = frozenset(("os.environ", "sys.path", "warnings.filters"))
_WHOLE = {"builtins", "os", "sys"}
"""Modules of which only what is named below is looked at, besides new names in them."""


def what_sharing_means(name: str) -> str:
    """Return what users should know of a change that ``SharedState`` found, after its subject."""
    return (
        f"changes '{name}', which all cars share: what one is paid may depend on the others, and a "
        "training cannot be resumed exactly"
    )


class SharedState:
    """A look at what all cars share; a second one, later, tells what was changed meanwhile."""

    def __init__(self, names: Iterable[str]) -> None:
        """Look.

        Args:
            names: of the modules that the reward function imports, those beside its file left out.
        """
        self._loaded = set(sys.modules)
        self._names = sorted({"builtins", *_with_parents(names)} & self._loaded)
        self._found = dict(self._look())

    def changed(self) -> str:
        """Return what is not as it was, as code says it: ``math.mine``; empty if all is.

        An import inside a function may set warnings or the search path, and is nobody's fault.
        """
        now = dict(self._look())
        excused = _SET_BY_IMPORTS if sys.modules.keys() - self._loaded else frozenset()
        for name in [*now, *self._found]:
            if name in excused:
                continue
            if name not in now or name not in self._found:
                return name
            if not _is_same(now[name], self._found[name]):
                return name
        return ""

    def _look(self) -> Iterator[tuple[str, Any]]:
        for name in self._names:
            if name in sys.modules:
                yield from _of_module(sys.modules[name])
        yield from _of_process()


def _with_parents(names: Iterable[str]) -> Iterator[str]:
    """Yield ``a.b`` and ``a`` for ``a.b``."""
    for name in names:
        parts = name.split(".")
        yield from (".".join(parts[: k + 1]) for k in range(len(parts)))


def _of_module(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield what a module holds, by name; modules in it come and go with imports."""
    where = module.__name__
    for name, value in list(vars(module).items()):
        if isinstance(value, ModuleType) or name.startswith("__"):
            continue
        label = f"{where}.{name}"
        yield label, where if where in _WHOLE else value
        if where not in _WHOLE and not name.startswith("_"):
            yield from _inside(label, value)


def _inside(label: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what can be changed in a thing of a module without giving its name another value."""
    if type(value) in (list, dict, set):
        yield label, tuple(value.items() if isinstance(value, dict) else value)
    elif isinstance(value, type | FunctionType):
        for name, attribute in list(vars(value).items()):
            if not name.startswith("__"):
                yield f"{label}.{name}", attribute


def _of_process() -> Iterator[tuple[str, Any]]:
    """Yield what is the whole process's, by name; tuples are compared by value."""
    context = decimal.getcontext()
    traps = tuple(str(one) for one, is_on in context.traps.items() if is_on)
    yield "decimal.getcontext()", (
        context.prec, context.rounding, context.Emin, context.Emax, context.capitals,
        context.clamp, traps,
    )  # fmt: skip
    yield "os.environ", tuple(os.environ.items())
    yield "os.getcwd()", (str(Path.cwd()),)
    yield "sys.path", tuple(sys.path)
    yield "sys.getrecursionlimit()", (sys.getrecursionlimit(),)
    yield "locale.setlocale()", (locale.setlocale(locale.LC_ALL),)
    yield "numpy.geterr()", tuple(np.geterr().items())
    yield "numpy.get_printoptions()", (str(np.get_printoptions()),)
    yield "warnings.filters", tuple(map(str, warnings.filters))


def _is_same(one: Any, other: Any) -> bool:
    """Return whether two looks saw the same thing."""
    if one is other:
        return True
    if type(one) is not tuple or type(other) is not tuple or len(one) != len(other):
        return False
    return all(map(_is_equal, one, other))


def _is_equal(one: Any, other: Any) -> bool:
    if type(one) is tuple and type(other) is tuple:
        return _is_same(one, other)
    return one is other or (isinstance(one, str | int) and one == other)

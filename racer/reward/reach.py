"""What a Python callable can reach: the names in its code and in everything it refers to.

A function handed over in Python has no file of its own, and in a notebook no file at all. But its
code tells which names it uses, and its globals and closure tell what they stand for.
"""

import random
from collections.abc import Iterable, Iterator
from itertools import islice
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

_MAX_VISITS = 2000
"""Things looked at before giving up: then the callable counts as not understood."""

_PLAIN = (bool, int, float, complex, str, bytes, np.ndarray, np.generic, type(None), range)
_GENERATORS = (random.Random, np.random.RandomState, np.random.Generator)


def reachable_names(function: Any, known: set[str]) -> set[str] | None:
    """Return the names in the code that a callable can reach; None if it reaches too much.

    Args:
        function: a function, method or object that can be called.
        known: top-level modules that need not be looked into. Other modules that are reached make
            the answer None.

    Returns:
        names of variables, attributes, modules, and of functions of known modules. Whatever draws
        from a random generator reaches the name ``random``.
    """
    names: set[str] = set()
    visited: dict[int, Any] = {}  # keeps what it names alive, so that an id stays unique
    waiting = [function]
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, _PLAIN) or id(thing) in visited:
            continue
        visited[id(thing)] = thing
        if len(visited) > _MAX_VISITS:
            return None
        if isinstance(thing, ModuleType) and thing.__name__.partition(".")[0] not in known:
            return None
        names.update(_names_of(thing, known))
        waiting.extend(_references(thing, known))
    return names


def _is_foreign(thing: Any, known: set[str]) -> bool:
    """Return whether a function or class belongs to a module that need not be looked into."""
    module = str(thing.__module__).partition(".")[0]
    return module in known or (isinstance(thing, type) and module == "builtins")


def _names_of(thing: Any, known: set[str]) -> Iterator[str]:
    """Yield the names that a thing itself brings."""
    if isinstance(thing, ModuleType):
        yield from thing.__name__.split(".")
    elif isinstance(thing, FunctionType) and not _is_foreign(thing, known):
        yield from _names_in(thing.__code__)
    elif isinstance(thing, BuiltinFunctionType | FunctionType | type):
        yield thing.__name__
    if isinstance(thing, _GENERATORS) or isinstance(getattr(thing, "__self__", None), _GENERATORS):
        yield "random"


def _names_in(code: CodeType) -> Iterator[str]:
    """Yield the names in code, in the code inside it, and the words it may hand to ``getattr``."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
        elif isinstance(constant, str) and "getattr" in code.co_names:
            yield constant


def _references(thing: Any, known: set[str]) -> Iterable[Any]:
    """Return what a thing refers to, and may call or hand on."""
    if isinstance(thing, list | tuple | set | frozenset):
        return islice(thing, _MAX_VISITS)
    if isinstance(thing, dict):
        return islice(thing.values(), _MAX_VISITS)
    if isinstance(thing, MethodType):
        return thing.__func__, thing.__self__
    if isinstance(thing, FunctionType):
        return () if _is_foreign(thing, known) else _references_of_function(thing)
    if isinstance(thing, (ModuleType, BuiltinFunctionType, *_GENERATORS)):
        return ()
    if isinstance(thing, type):
        return () if _is_foreign(thing, known) else vars(thing).values()
    return type(thing), getattr(thing, "__dict__", {}), getattr(thing, "func", None)


def _references_of_function(function: FunctionType) -> Iterator[Any]:
    """Yield the values of the global names, closure and defaults of a function."""
    for name in _names_in(function.__code__):
        if name in function.__globals__:
            yield function.__globals__[name]
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not bound yet
            continue
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()

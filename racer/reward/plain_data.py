"""Objects of a reward function as plain data and back: containers, arrays, instances, generators.

Every container is written once and referred to by its number, so two names of one list are two
names of one list again, and a list may hold itself.
"""

import collections
import enum
import logging
import random
import sys
from abc import ABC
from collections.abc import Callable, Iterable
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Generic

import numpy as np

from racer.errors import RewardStateError

_SCALARS = (type(None), bool, int, float, str)
_SEQUENCES: dict[str, Callable[[Iterable[Any]], Any]] = {
    "tuple": tuple, "set": set, "frozenset": frozenset,
}  # fmt: skip
_FACTORIES: dict[str, type] = {
    one.__name__: one for one in (int, float, list, dict, set, str, bool)
}
_DICTS: dict[str, type] = {
    "dict": dict, "OrderedDict": collections.OrderedDict, "Counter": collections.Counter,
}  # fmt: skip
_BIT_GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")
_ARRAY_KINDS = "biuf"
_BASES = (object, ABC, Generic)
_UNCHANGING = ("shapely", "re", "datetime", "decimal", "fractions", "pathlib", "zoneinfo")
"""Modules whose objects never change: executing the file again makes equal ones."""


def signature(thing: Any) -> Any:
    """Return what is the same for a function or class whenever its file is executed."""
    return thing.__code__ if isinstance(thing, FunctionType) else thing.__qualname__


def is_data_of_class(name: str, value: Any) -> bool:
    """Return whether an attribute of a class is data: not a method, a property or Python's own."""
    if name.startswith("__") or isinstance(value, FunctionType | property | classmethod):
        return False
    if isinstance(value, staticmethod | type) or hasattr(type(value), "__get__"):
        return False
    return (
        not isinstance(value, enum.Enum) and not name.startswith("_member_") and name[:5] != "_abc_"
    )


def leaves_as_is(value: Any) -> dict[str, str] | None:
    """Return a mark for an object that never changes and is made again; None for others."""
    kind = type(value)
    if isinstance(value, logging.Logger):
        return {"kind": "Logger", "text": ""}
    if kind.__module__.partition(".")[0] in _UNCHANGING and not isinstance(value, type):
        return {"kind": f"{kind.__module__}.{kind.__qualname__}", "text": str(value)}
    return None


class Writer:
    """Encodes objects; ``tables`` returns the containers among them."""

    def __init__(self, own: dict[int, str], modules: dict[str, ModuleType]) -> None:
        """Begin.

        Args:
            own: path of each of the file's own functions and classes, by its identity.
            modules: the file's own modules.
        """
        self._own = own
        self._modules = {id(module): name for name, module in modules.items()}
        self._numbers: dict[int, int] = {}
        self._objects: list[Any] = []
        self._alive: list[Any] = []  # an identity is unique while its object lives

    def tables(self) -> dict[str, Any]:
        """Return the containers that were met."""
        return {"objects": self._objects}

    def encode(self, value: Any, where: str) -> Any:
        """Return an object as a scalar, or as ``[number]`` of its entry in the tables.

        Args:
            value: the object.
            where: what messages call it.

        Raises:
            RewardStateError: if it is no plain data.
        """
        if type(value) in _SCALARS:
            return value
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._objects)
            self._alive.append(value)
            self._objects.append(None)
            self._objects[number] = self._entry(value, where)
        return [number]

    def _entry(self, value: Any, where: str) -> list[Any]:
        entry = self._container(value, where) or self._number(value) or self._reference(value)
        entry = entry or self._instance(value, where) or _generator(value)
        if entry is None:
            raise RewardStateError(
                f"'{where}' holds a {type(value).__name__}, which is no plain data"
            )
        return entry

    def _all(self, values: Iterable[Any], where: str) -> list[Any]:
        return [self.encode(value, where) for value in values]

    def _container(self, value: Any, where: str) -> list[Any] | None:
        kind = type(value)
        if kind is list or (
            kind.__name__ in _SEQUENCES and kind is type(_SEQUENCES[kind.__name__](()))
        ):
            return [kind.__name__, self._all(value, where)]
        if kind is collections.deque:
            return ["deque", self._all(value, where), value.maxlen]
        pairs = [*value.keys(), *value.values()] if isinstance(value, dict) else []
        if kind is collections.defaultdict:
            factory = None if value.default_factory is None else value.default_factory.__name__
            if factory is not None and _FACTORIES.get(factory) is not value.default_factory:
                return None
            return ["defaultdict", self._all(pairs, where), factory]
        if kind in _DICTS.values():
            return [kind.__name__, self._all(pairs, where)]
        return None

    def _number(self, value: Any) -> list[Any] | None:
        if isinstance(value, np.ndarray | np.generic):
            array = np.asarray(value)
            fits = array.dtype.kind in _ARRAY_KINDS and array.dtype.isnative and array.itemsize <= 8
            if not fits or (type(value) is not np.ndarray and isinstance(value, np.ndarray)):
                return None
            return ["array" if isinstance(value, np.ndarray) else "scalar", array.copy()]
        if type(value) is complex:
            return ["complex", value.real, value.imag]
        if type(value) is bytes:
            return ["bytes", value.hex()]
        if type(value) is range:
            return ["range", value.start, value.stop, value.step]
        return None

    def _reference(self, value: Any) -> list[Any] | None:
        if id(value) in self._own:
            return ["own", self._own[id(value)]]
        if isinstance(value, ModuleType):
            name = self._modules.get(id(value))
            if name is not None:
                return ["own module", name]
            return ["module", value.__name__] if sys.modules.get(value.__name__) is value else None
        if isinstance(value, type | FunctionType | BuiltinFunctionType | np.ufunc):
            module = getattr(value, "__module__", None) or "numpy"
            name = getattr(value, "__qualname__", value.__name__)
            return ["import", module, name] if _imported(module, name) is value else None
        return None

    def _instance(self, value: Any, where: str) -> list[Any] | None:
        kind = type(value)
        path = self._own.get(id(kind))
        if path is None:
            return None
        if isinstance(value, enum.Enum):
            return ["enum", path, value.name]
        for base in kind.__mro__:
            if base not in _BASES and (id(base) not in self._own or "__slots__" in vars(base)):
                return None
        names = vars(value)
        return ["instance", path, {k: self.encode(v, f"{where}.{k}") for k, v in names.items()}]


def _generator(value: Any) -> list[Any] | None:
    """Return the entry of a random number generator; None for anything else."""
    if type(value) is random.Random:
        version, words, gauss = value.getstate()
        return ["Random", version, np.array(words, np.int64), gauss]
    if type(value) is np.random.Generator:
        return ["Generator", _bits(value.bit_generator)]
    if type(value) is np.random.RandomState:
        found: Any = value.get_state(legacy=False)
        key = found["state"]["key"].astype(np.int64)
        return ["RandomState", key, found["state"]["pos"], found["has_gauss"], found["gauss"]]
    return None


def _bits(generator: Any) -> Any:
    """Return the state of a bit generator with lists in place of arrays."""

    def plain(tree: Any) -> Any:
        if isinstance(tree, dict):
            return {key: plain(value) for key, value in tree.items()}
        return tree.tolist() if isinstance(tree, np.ndarray) else tree

    return plain(generator.state)


def _imported(module: str, qualname: str) -> Any:
    """Return an object of an imported module by its name; None if there is none."""
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found


class Reader:
    """Decodes what a ``Writer`` encoded, with the functions and classes of a fresh file."""

    def __init__(
        self, state: dict[str, Any], own: dict[str, Any], modules: dict[str, ModuleType]
    ) -> None:
        """Begin.

        Args:
            state: holds the tables of the writer.
            own: the file's own functions and classes by path.
            modules: the file's own modules by name.
        """
        self._entries = state["objects"]
        self._own = own
        self._modules = modules
        self._made: dict[int, Any] = {}

    def decode(self, node: Any) -> Any:
        """Return the object of a node that ``encode`` returned."""
        if not isinstance(node, list):
            return node
        (number,) = node
        if number not in self._made:
            kind, *rest = self._entries[number]
            fill = _FILLED.get(kind)
            if fill is not None:
                fill(self, number, kind, *rest)
            else:
                self._made[number] = _MAKERS[kind](self, *rest)
        return self._made[number]

    def all(self, nodes: list[Any]) -> list[Any]:
        """Return the objects of some nodes."""
        return [self.decode(node) for node in nodes]

    def own(self, path: str) -> Any:
        """Return one of the file's own functions or classes."""
        return self._own[path]

    def module(self, name: str) -> ModuleType:
        """Return one of the file's own modules."""
        return self._modules[name]

    # A container is there before what it holds is decoded: it may hold itself.

    def fill_list(self, number: int, _kind: str, nodes: list[Any]) -> None:
        """Make a list."""
        made: list[Any] = []
        self._made[number] = made
        made.extend(self.all(nodes))

    def fill_deque(self, number: int, _kind: str, nodes: list[Any], maxlen: int | None) -> None:
        """Make a deque."""
        made: Any = collections.deque(maxlen=maxlen)
        self._made[number] = made
        made.extend(self.all(nodes))

    def fill_dict(
        self, number: int, kind: str, nodes: list[Any], factory: str | None = None
    ) -> None:
        """Make a dict of some kind; nodes are its keys, then its values."""
        if kind == "defaultdict":
            made: Any = collections.defaultdict(None if factory is None else _FACTORIES[factory])
        else:
            made = _DICTS[kind]()
        self._made[number] = made
        n = len(nodes) // 2
        for key, value in zip(self.all(nodes[:n]), self.all(nodes[n:]), strict=True):
            made[key] = value

    def fill_instance(self, number: int, _kind: str, path: str, attributes: dict[str, Any]) -> None:
        """Make an instance of one of the file's own classes, without its ``__init__``."""
        made = object.__new__(self.own(path))
        self._made[number] = made
        for name, node in attributes.items():
            vars(made)[name] = self.decode(node)


def _make_random(version: int, words: Any, gauss: float | None) -> random.Random:
    made = random.Random()
    made.setstate((version, tuple(words.tolist()), gauss))
    return made


def _make_generator(state: dict[str, Any]) -> np.random.Generator:
    name = state["bit_generator"]
    if name not in _BIT_GENERATORS:
        raise ValueError(f"unknown bit generator '{name}'")
    bits = getattr(np.random, name)()
    template = bits.state

    def shaped(tree: Any, like: Any) -> Any:
        if isinstance(like, dict):
            return {key: shaped(tree[key], value) for key, value in like.items()}
        return np.array(tree, like.dtype) if isinstance(like, np.ndarray) else tree

    bits.state = shaped(state, template)
    return np.random.Generator(bits)


def _make_random_state(key: Any, pos: int, has_gauss: int, gauss: float) -> np.random.RandomState:
    made = np.random.RandomState()
    made.set_state(("MT19937", key.astype(np.uint32), pos, has_gauss, gauss))
    return made


_FILLED: dict[str, Callable[..., None]] = {
    "list": Reader.fill_list,
    "deque": Reader.fill_deque,
    "instance": Reader.fill_instance,
    **dict.fromkeys([*_DICTS, "defaultdict"], Reader.fill_dict),
}
_MAKERS: dict[str, Callable[..., Any]] = {
    **{
        kind: lambda self, nodes, make=make: make(self.all(nodes))
        for kind, make in _SEQUENCES.items()
    },
    "array": lambda _, array: array.copy(),
    "scalar": lambda _, array: array.reshape(())[()],
    "complex": lambda _, real, imag: complex(real, imag),
    "bytes": lambda _, text: bytes.fromhex(text),
    "range": lambda _, start, stop, step: range(start, stop, step),
    "own": lambda self, path: self.own(path),
    "own module": lambda self, name: self.module(name),
    "module": lambda _, name: sys.modules[name],
    "import": lambda _, module, name: _imported(module, name),
    "enum": lambda self, path, name: self.own(path)[name],
    "Random": lambda _, *state: _make_random(*state),
    "Generator": lambda _, state: _make_generator(state),
    "RandomState": lambda _, *state: _make_random_state(*state),
}

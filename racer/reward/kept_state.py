"""What a reward function keeps between calls, as plain data: saved, and put back into a fresh file.

The state of an instance is all that its calls can change in its own file and the modules beside it:
their variables, the attributes, defaults and closures of their functions, the attributes of their
classes. Functions and classes themselves are not saved: executing the file again makes them; a
reference to one is its name. What is no plain data cannot be saved, and is named.

Nothing is pickled: text, numbers and arrays go in, and come out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CellType, FunctionType, ModuleType
from typing import Any

from racer.errors import RewardStateError
from racer.reward.load import RewardInstance
from racer.reward.plain_data import Reader, Writer, is_data_of_class, leaves_as_is, signature

_MAIN = "the file"


@dataclass(frozen=True)
class _Namespaces:
    """The modules of one instance, and the functions and classes that they define, by path."""

    modules: dict[str, ModuleType]
    own: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, instance: RewardInstance) -> "_Namespaces":
        modules = {} if instance.module is None else {_MAIN: instance.module}
        if instance.siblings is not None:
            modules.update(instance.siblings.modules)
        found = cls(modules)
        for name, module in modules.items():
            found.own.update(_defined(module, name, set(map(id, found.own.values()))))
        return found


def _defined(module: ModuleType, where: str, known: set[int]) -> Iterator[tuple[str, Any]]:
    """Yield path and object of each function and class that a module defines."""
    for name, value in list(vars(module).items()):
        if id(value) in known or getattr(value, "__module__", None) != module.__name__:
            continue
        if isinstance(value, FunctionType):
            yield f"{where}:{name}", value
        elif isinstance(value, type):
            yield f"{where}:{name}", value
            for attribute, member in list(vars(value).items()):
                function = _function_of(member)
                if function is not None:
                    yield f"{where}:{name}.{attribute}", function


def _function_of(member: Any) -> FunctionType | None:
    """Return the function in an attribute of a class; None if it is none."""
    if isinstance(member, property):
        member = member.fget
    member = getattr(member, "__func__", member)  # classmethod, staticmethod
    return member if isinstance(member, FunctionType) else None


class StateKeeper:
    """Saves and puts back the state of the instances of one reward function.

    All instances come from the same file, so what the first defines, they all define.
    """

    def __init__(self, first: RewardInstance) -> None:
        """Look at a fresh instance, before its first call."""
        self._fresh = {path: signature(thing) for path, thing in _Namespaces.of(first).own.items()}

    def save(self, instance: RewardInstance) -> Any:
        """Return the state of an instance: plain data and arrays, a copy.

        Raises:
            RewardStateError: if there is something in it that is no plain data.
        """
        if instance.module is None:
            raise RewardStateError("it is a Python object, not a file: what it keeps is not known")
        spaces = _Namespaces.of(instance)
        writer = Writer(self._unchanged(spaces), spaces.modules)
        try:
            roots = {
                name: {"variables": _save_variables(writer, module, name)}
                for name, module in spaces.modules.items()
            }
            own = {
                path: _save_own(writer, thing, path)
                for path, thing in spaces.own.items()
                if path in self._fresh
            }
        except RecursionError as error:
            raise RewardStateError("what it keeps is nested too deeply") from error
        return {"modules": roots, "own": {k: v for k, v in own.items() if v}, **writer.tables()}

    def load(self, instance: RewardInstance, state: Any) -> None:
        """Put a state into a fresh instance.

        Raises:
            RewardStateError: if it is the state of another file.
        """
        try:
            for name in state["modules"]:
                if name != _MAIN and instance.siblings is not None:
                    instance.siblings.load(name)
            spaces = _Namespaces.of(instance)
            reader = Reader(state, spaces.own, spaces.modules)
            for name, saved in state["modules"].items():
                _load_variables(reader, vars(spaces.modules[name]), saved["variables"])
            for path, saved in state["own"].items():
                _load_own(reader, spaces.own[path], saved)
        except (
            KeyError,
            TypeError,
            ValueError,
            IndexError,
            AttributeError,
            RecursionError,
        ) as error:
            what = f"{type(error).__name__}: {error}"
            raise RewardStateError(f"what it kept cannot be put back: {what:.200}") from error

    def _unchanged(self, spaces: _Namespaces) -> dict[int, str]:
        """Return the path of each function and class that executing the file makes again."""
        return {
            id(thing): path
            for path, thing in spaces.own.items()
            if self._fresh.get(path) == signature(thing)
        }


def _save_variables(writer: Writer, module: ModuleType, where: str) -> dict[str, Any]:
    """Return the variables of a module, encoded, by their names."""
    saved = {}
    for name, value in list(vars(module).items()):
        if not (name.startswith("__") and name.endswith("__")):
            label = name if where == _MAIN else f"{where}.{name}"
            saved[name] = leaves_as_is(value) or writer.encode(value, label)
    return saved


def _load_variables(reader: Reader, names: dict[str, Any], saved: dict[str, Any]) -> None:
    """Set the variables of a fresh module; those that were deleted go."""
    for name in list(names):
        if name not in saved and not (name.startswith("__") and name.endswith("__")):
            del names[name]
    for name, node in saved.items():
        if isinstance(node, dict):  # an object that stays as executing the file makes it
            if leaves_as_is(names.get(name)) != node:
                raise ValueError(f"'{name}' is another now")
        else:
            names[name] = reader.decode(node)


def _save_own(writer: Writer, thing: Any, path: str) -> dict[str, Any]:
    """Return what a function or class keeps besides its code; empty if nothing."""
    label = path.partition(":")[2]
    if isinstance(thing, type):
        values = {k: v for k, v in list(vars(thing).items()) if is_data_of_class(k, v)}
        return {
            "attributes": {k: writer.encode(v, f"{label}.{k}") for k, v in values.items()}
        } if values else {}  # fmt: skip
    saved: dict[str, Any] = {}
    attributes = {k: v for k, v in vars(thing).items() if k != "__wrapped__"}
    if attributes:
        saved["attributes"] = {k: writer.encode(v, f"{label}.{k}") for k, v in attributes.items()}
    if thing.__defaults__:
        saved["defaults"] = writer.encode(thing.__defaults__, f"a default of {label}")
    if thing.__kwdefaults__:
        saved["keywords"] = writer.encode(thing.__kwdefaults__, f"a default of {label}")
    if thing.__closure__:
        saved["closure"] = [
            writer.encode(_content(cell), f"a variable around {label}")
            for cell in thing.__closure__
        ]
    return saved


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return None


def _load_own(reader: Reader, thing: Any, saved: dict[str, Any]) -> None:
    """Put back what a function or class kept."""
    for name, node in saved.get("attributes", {}).items():
        setattr(thing, name, reader.decode(node))
    if "defaults" in saved:
        thing.__defaults__ = reader.decode(saved["defaults"])
    if "keywords" in saved:
        thing.__kwdefaults__ = reader.decode(saved["keywords"])
    for cell, node in zip(
        getattr(thing, "__closure__", None) or (), saved.get("closure", ()), strict=True
    ):
        cell.cell_contents = reader.decode(node)

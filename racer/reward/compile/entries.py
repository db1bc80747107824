"""What lies in objects: attributes, items, and what is kept between calls."""

from types import FunctionType, ModuleType
from typing import Any

from racer.reward.compile.frame import Frame, thing_of
from racer.reward.compile.holders import ABSENT, Slot, read
from racer.reward.compile.keys import param
from racer.reward.compile.obstacle import CannotCompile
from racer.reward.compile.program import BoundMethod
from racer.reward.compile.values import (
    FLOAT,
    INT,
    NONE,
    UNKNOWN,
    WHOLES,
    Group,
    Number,
    ParamsDict,
    Static,
    Value,
    Waypoints,
    convert,
    item,
    join_all,
    lift,
    needed,
    number,
    representation,
    static,
    value,
    widened,
)

_MODULES = {"math", "numpy"}
"""Modules whose attributes are taken as they are."""


def slot_value(frame: Frame, slot: Slot, *, guarded: bool = True) -> Value:
    """Return what a slot holds; unless told otherwise, it must be there."""
    of = slot.number
    tag, cell = f"S[{slot.index}]", f"S[{slot.index + 1}]"
    kind = representation(of)
    code = {"b": f"({cell} != 0.0)", "i": f"int({cell})", "f": cell}[kind[-1]]
    if kind[0] == "?":
        code = f"({tag} == 1.0, {code})"
    if guarded and slot.initial is ABSENT:
        code = f"({code}, bound({tag} != 0.0))[0]"
    return Value(of, code)


def store_slot(frame: Frame, slot: Slot, given: Value) -> None:
    """Write the assignment of a value to a slot."""
    assert isinstance(given.type, Number)
    frame.compiled.writes = True
    tag, cell = f"S[{slot.index}]", f"S[{slot.index + 1}]"
    atoms = given.type.atoms
    if atoms == {NONE}:
        frame.emit(f"{tag} = 1.0")
        return
    name = frame.named(given).code
    if NONE in atoms:
        frame.emit(f"{tag} = 1.0 if {name}[0] else {slot.tag_of(given.type)}.0")
        frame.emit(f"{cell} = {name}[1] * 1.0")
    else:
        frame.emit(f"{tag} = {slot.tag_of(given.type)}.0")
        frame.emit(f"{cell} = {name} * 1.0")


def attribute(frame: Frame, owner: Value, name: str) -> Value:
    """Return ``owner.name``.

    Raises:
        CannotCompile: if the owner is no module, class, object or function that is understood.
    """
    thing = thing_of(owner)
    if not isinstance(owner.type, Static):
        raise CannotCompile(f"the attribute '{name}' of {owner.type}")
    if isinstance(thing, ModuleType):
        return _module_attribute(frame, thing, name)
    slot = frame.program.slot(thing, "attribute", name)
    if slot is not None:
        return slot_value(frame, slot)
    check_holder(frame, thing, name)
    if not isinstance(thing, FunctionType):
        found = _of_class(frame, thing, name)
        if found is not None:
            return found
    entry = read(thing, "attribute", name)
    if entry is ABSENT:
        raise CannotCompile(f"the attribute '{name}', which is never set")
    return lift(entry)


def _module_attribute(frame: Frame, module: ModuleType, name: str) -> Value:
    """Return a name of a module: of math or numpy, or beside the file."""
    top = module.__name__.partition(".")[0]
    if top not in _MODULES and not frame.program.is_users(module.__name__):
        raise CannotCompile(f"the module {module.__name__}")
    slot = frame.program.slot(vars(module), "item", name)
    if slot is not None:
        return slot_value(frame, slot)
    if not hasattr(module, name):
        raise CannotCompile(f"'{name}', which is not in the module {module.__name__}")
    return lift(getattr(module, name))


def _of_class(frame: Frame, thing: Any, name: str) -> Value | None:
    """Return a method or property, or what an object has from its class; None if it has its own."""
    owner = thing if isinstance(thing, type) else type(thing)
    found = _class_entry(owner, name)
    if isinstance(found, classmethod) and isinstance(found.__func__, FunctionType):
        return static(frame.program.bound_method(owner, found.__func__))
    if isinstance(thing, type):
        return None
    if isinstance(found, property) and isinstance(found.fget, FunctionType):
        return frame.program.call_user(frame, BoundMethod(thing, found.fget), [], {})
    if name in vars(thing):
        return None
    if isinstance(found, FunctionType):
        return static(frame.program.bound_method(thing, found))
    slot = frame.program.slot(owner, "attribute", name)
    return None if slot is None else slot_value(frame, slot)


def check_holder(frame: Frame, thing: Any, name: str) -> None:
    """Check that reading or setting an attribute of a known object does nothing but that.

    Raises:
        CannotCompile: if it might.
    """
    if isinstance(thing, FunctionType):
        return
    owner = thing if isinstance(thing, type) else type(thing)
    is_plain = type(owner) is type and frame.program.is_users(owner.__module__)
    special = {"__getattr__", "__getattribute__", "__setattr__", "__slots__"}
    if not is_plain or any(special & {*vars(one)} for one in owner.__mro__[:-1]):
        raise CannotCompile(f"the attribute '{name}' of a {owner.__name__}")


def _class_entry(owner: type, name: str) -> Any:
    """Return what a class and its bases say about a name, without calling anything."""
    for one in owner.__mro__:
        if name in vars(one):
            return vars(one)[name]
    return ABSENT


def subscript(frame: Frame, owner: Value, index: Value) -> Value:
    """Return ``owner[index]``."""
    match owner.type:
        case ParamsDict():
            return param_value(index)
        case Waypoints():
            return point_at(f"point(W, w0, wn, {whole_index(index)})")
        case Group():
            return _item_of_group(owner, owner.type, index)
        case Static(thing=dict() as thing):
            return entry(frame, thing, index)
        case Static(thing=list() | tuple() as thing):
            return _item_of_table(frame, thing, index)
    raise CannotCompile(f"an item of {owner.type}")


def param_value(index: Value) -> Value:
    """Return ``params[index]``."""
    key = thing_of(index)
    if not isinstance(key, str):
        raise CannotCompile("a key of the params that is no constant text")
    found = param(key)
    if found is None:
        raise CannotCompile(f"the unknown param '{key}'")
    return found


def point_at(code: str) -> Value:
    """Return a waypoint that code computes."""
    point = number(FLOAT)
    return Value(Group((point, point), is_list=False), code)


def whole_index(index: Value) -> str:
    """Return code for an index, which must be a whole number."""
    known = needed(index)
    if not isinstance(known.type, Number) or not known.type.atoms <= WHOLES:
        raise CannotCompile(f"an index that is {known.type}")
    return convert(known, number(INT))


def _item_of_group(owner: Value, of: Group, index: Value) -> Value:
    n = len(of.items)
    if not n:
        raise CannotCompile("an item of an empty list: there are no objects in a time trial")
    if type(index.constant) is int:
        if not -n <= index.constant < n:
            raise CannotCompile(f"item {index.constant} of {of}")
        return item(owner, index.constant % n)
    shared = join_all(of.items)
    alike = Group((shared,) * n, of.is_list)
    code = f"{convert(owner, alike)}[index_in({whole_index(index)}, {n})]"
    return Value(widened(shared), code)


def _item_of_table(frame: Frame, thing: Any, index: Value) -> Value:
    if type(index.constant) is int:
        slot = frame.program.slot(thing, "item", index.constant)
        if slot is not None:
            return slot_value(frame, slot)
        found = read(thing, "item", index.constant)
        if found is ABSENT:
            raise CannotCompile(f"item {index.constant} of a {type(thing).__name__}")
        return lift(found)
    place = f"index_in({whole_index(index)}, {len(thing)})"
    return table_item(frame, thing, place)


def table_item(frame: Frame, thing: Any, place: str) -> Value:
    """Return an item of a constant list or tuple, at a place that is in range."""
    frame.use_whole(thing)
    table = frame.program.table(thing)
    if isinstance(table.item, Group):
        place = frame.again(value(place, INT)).code
    return table.cell(place)


def entry(frame: Frame, thing: dict[Any, Any], index: Value, default: Value | None = None) -> Value:
    """Return ``thing[index]`` or ``thing.get(index, default)`` of a dict of the module."""
    key = constant_key(index)
    slot = frame.program.slot(thing, "item", key)
    if slot is not None:
        if slot.initial is ABSENT and default is not None:
            raise CannotCompile(f"get() of '{key}', which is set later")
        return slot_value(frame, slot)
    if key in thing:
        return lift(thing[key])
    if default is None:
        raise CannotCompile(f"the key {key!r}, which is never set")
    return default


def constant_key(index: Value) -> Any:
    """Return a constant key of a dict.

    Raises:
        CannotCompile: if it is not a constant.
    """
    key = thing_of(index)
    key = index.constant if key is None else key
    if key is UNKNOWN or not isinstance(key, str | int | float):
        raise CannotCompile("a key of a dict that is no constant")
    return key

"""Membership: ``x in container``."""

import ast
from typing import Any

from racer.reward.compile import arithmetic
from racer.reward.compile.entries import constant_key
from racer.reward.compile.frame import Frame, thing_of
from racer.reward.compile.holders import ABSENT
from racer.reward.compile.keys import param
from racer.reward.compile.obstacle import CannotCompile
from racer.reward.compile.values import (
    BOOL,
    UNKNOWN,
    Group,
    Number,
    ParamsDict,
    Static,
    Value,
    as_real,
    constant,
    item,
    lift,
    value,
)

MAX_WRITTEN_OUT = 16
"""Members of a table that ``in`` compares with one by one."""


def contains(frame: Frame, member: Value, container: Value) -> Value:
    """Return ``member in container``."""
    match container.type:
        case ParamsDict():
            key = thing_of(member)
            if not isinstance(key, str):
                raise CannotCompile("'in params' of what is no constant text")
            return constant(param(key) is not None)
        case Static(thing=range() as thing):
            start, n, step = thing.start, len(thing), thing.step
            return value(f"in_range({as_real(member)}, {start}, {n}, {step})", BOOL)
        case Static(thing=dict() as thing):
            return _has_key(frame, thing, member)
        case Static(thing=list() | tuple() | set() | frozenset() as thing):
            frame.use_whole(thing)
            return _among(frame, member, thing)
        case Group():
            return _any_equal(
                frame, member, [item(container, k) for k in range(len(container.type.items))]
            )
    raise CannotCompile(f"'in' {container.type}")


def _has_key(frame: Frame, thing: dict[Any, Any], member: Value) -> Value:
    key = constant_key(member)
    slot = frame.program.slot(thing, "item", key)
    if slot is not None and slot.initial is ABSENT:
        return value(f"(S[{slot.index}] != 0.0)", BOOL)
    return constant(key in thing)


def _among(frame: Frame, member: Value, thing: Any) -> Value:
    """Return whether a value is in a constant list, tuple or set."""
    members = sorted(thing, key=repr) if isinstance(thing, set | frozenset) else list(thing)
    if (key := thing_of(member)) is not None:
        if isinstance(key, str):
            return constant(key in thing)
        raise CannotCompile(f"'in' for {member.type}")
    if len(members) > MAX_WRITTEN_OUT and isinstance(member.type, Number):
        listed = frame.program.derived(("members", id(thing)), lambda: members)
        table = frame.program.table(thing_of(listed))
        if isinstance(table.item, Number):
            return value(f"among({table.name}, {as_real(member)})", BOOL)
        return constant(False)
    return _any_equal(frame, member, [lift(one) for one in members])


def _any_equal(frame: Frame, member: Value, members: list[Value]) -> Value:
    if not members:
        return constant(False)
    if isinstance(member.type, Group) and member.parts is None:
        member = member if member.code.isidentifier() else frame.hoisted(member)
    elif isinstance(member.type, Number):
        member = frame.again(member)
    tests = [arithmetic.compare(ast.Eq, member, one) for one in members]
    if all(one.constant is not UNKNOWN for one in tests):
        return constant(any(one.constant for one in tests))
    return value(f"({' or '.join(arithmetic.truthy(one).code for one in tests)})", BOOL)

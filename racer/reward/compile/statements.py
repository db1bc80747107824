"""Statements: each kind of syntax node becomes lines of code."""

import ast
import builtins
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from racer.reward.compile import arithmetic
from racer.reward.compile.definitions import define, import_modules, import_names
from racer.reward.compile.entries import check_holder, constant_key, store_slot
from racer.reward.compile.expressions import expression
from racer.reward.compile.frame import Frame, thing_of
from racer.reward.compile.iteration import iterate
from racer.reward.compile.obstacle import CannotCompile, name_of
from racer.reward.compile.program import FunctionNode
from racer.reward.compile.values import (
    UNKNOWN,
    Group,
    Number,
    Static,
    Value,
    constant,
    convert,
    item,
)

_HARMLESS = {name for name, thing in vars(builtins).items() if isinstance(thing, type)}
_HARMLESS |= {"abs", "len", "max", "min", "repr", "round", "sorted", "sum"}
"""Builtins that only make values, as exceptions and numbers."""


def body_of(node: FunctionNode) -> list[ast.stmt]:
    """Return the statements of a function; a lambda returns its expression."""
    if isinstance(node, ast.FunctionDef):
        return node.body
    return [ast.copy_location(ast.Return(node.body), node.body)]


def statements(frame: Frame, nodes: Sequence[ast.stmt]) -> None:
    """Write some statements; what cannot be compiled is noted, and the rest goes on."""
    for node in nodes:
        if frame.assigned is None:
            return  # behind a return
        frame.begin_statement(node.lineno)
        try:
            _statement(frame, node)
        except CannotCompile as problem:
            problem.line = problem.line or node.lineno
            frame.obstacles.append(problem)
            frame.poison(node)


def _statement(frame: Frame, node: ast.stmt) -> None:
    write = _KINDS.get(type(node))
    if write is None:
        raise CannotCompile(name_of(node))
    write(frame, node)


# --- assignments ---------------------------------------------------------------------------------


def _assign(frame: Frame, node: ast.Assign) -> None:
    given = expression(frame, node.value)
    if (
        len(node.targets) > 1
        and isinstance(given.type, Number | Group)
        and given.constant is UNKNOWN
    ):
        given = frame.named(given)
    for target in node.targets:
        assign_to(frame, target, given)


def _annotated(frame: Frame, node: ast.AnnAssign) -> None:
    if node.value is not None:
        assign_to(frame, node.target, expression(frame, node.value))


def _augmented(frame: Frame, node: ast.AugAssign) -> None:
    """Write ``target op= value`` for numbers, which is ``target = target op value``."""
    target = node.target
    load = ast.copy_location(ast.BinOp(_loading(target), node.op, node.value), node)
    before = expression(frame, _loading(target))
    if not isinstance(before.type, Number):
        raise CannotCompile(f"a change of {before.type}")
    assign_to(frame, target, expression(frame, load))


def _loading(target: ast.expr) -> ast.expr:
    """Return a target of an assignment as an expression that reads it."""
    match target:
        case ast.Name(name):
            return ast.copy_location(ast.Name(name, ast.Load()), target)
        case ast.Attribute(owner, name):
            return ast.copy_location(ast.Attribute(owner, name, ast.Load()), target)
        case ast.Subscript(owner, index):
            return ast.copy_location(ast.Subscript(owner, index, ast.Load()), target)
    raise CannotCompile(name_of(target))


def assign_to(frame: Frame, target: ast.expr, given: Value) -> None:
    """Write the assignment of a value to a name, an entry, or several of them."""
    match target:
        case ast.Name(name) if name in frame.global_names:
            _store(frame, frame.function.scope, "item", name, name, given)
        case ast.Name(name):
            frame.assign(name, given)
        case ast.Tuple(targets) | ast.List(targets):
            _unpack(frame, targets, given)
        case ast.Subscript(owner, index):
            _store_item(frame, expression(frame, owner), expression(frame, index), given)
        case ast.Attribute(owner, name):
            holder = expression(frame, owner)
            thing = thing_of(holder)
            if not isinstance(holder.type, Static):
                raise CannotCompile(f"an attribute of {holder.type}")
            if isinstance(thing, ModuleType) and frame.program.is_users(thing.__name__):
                _store(frame, vars(thing), "item", name, name, given)
                return
            check_holder(frame, thing, name)
            if isinstance(getattr(type(thing), name, None), property):
                raise CannotCompile(f"the property '{name}' that is set")
            _store(frame, thing, "attribute", name, name, given)
        case _:
            raise CannotCompile(name_of(target))


def _store_item(frame: Frame, owner: Value, index: Value, given: Value) -> None:
    thing = thing_of(owner)
    if not isinstance(thing, dict | list):
        raise CannotCompile(f"a change of {owner.type}")
    key = constant_key(index)
    _store(frame, thing, "item", key, str(key), given)


def _store(frame: Frame, holder: Any, kind: Any, key: Any, label: str, given: Value) -> None:
    slot = frame.program.store(holder, kind, key, label, given.type)
    store_slot(frame, slot, given)


def _unpack(frame: Frame, targets: list[ast.expr], given: Value) -> None:
    """Write ``a, b = value``."""
    given = frame.as_group(given)
    if not isinstance(given.type, Group):
        raise CannotCompile(f"an assignment of {given.type} to several names")
    if len(targets) != len(given.type.items) or any(
        isinstance(one, ast.Starred) for one in targets
    ):
        raise CannotCompile(f"an assignment of {given.type} to {len(targets)} names")
    # all values are computed before the first is assigned: a, b = b, a
    if given.parts is None:
        held = given if given.code.isidentifier() else frame.named(given)
        parts = [item(held, place) for place in range(len(targets))]
    else:
        parts = [_held(frame, part) for part in given.parts]
    for target, part in zip(targets, parts, strict=True):
        assign_to(frame, target, part)


def _held(frame: Frame, part: Value) -> Value:
    if part.constant is not UNKNOWN or not isinstance(part.type, Number | Group):
        return part
    if isinstance(part.type, Group) and part.parts is not None:
        return Value(part.type, "", parts=tuple(_held(frame, one) for one in part.parts))
    return frame.named(part)


# --- control flow --------------------------------------------------------------------------------


def _if(frame: Frame, node: ast.If) -> None:
    test = arithmetic.truthy(expression(frame, node.test))
    if test.constant is not UNKNOWN:
        statements(frame, node.body if test.constant else node.orelse)
        return
    before = None if frame.assigned is None else {*frame.assigned}
    with frame.block(f"if {test.code}:"):
        statements(frame, node.body)
    after_body, frame.assigned = frame.assigned, before
    if node.orelse:
        with frame.block("else:"):
            statements(frame, node.orelse)
    frame.assigned = _merged(after_body, frame.assigned)


def _merged(one: set[str] | None, other: set[str] | None) -> set[str] | None:
    """Return what is bound where two ways meet; None is no way at all."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _for(frame: Frame, node: ast.For) -> None:
    iterable = iterate(frame, node.iter)
    if iterable is None:  # of no items
        statements(frame, node.orelse)
        return
    before = {*(frame.assigned or ())}
    place = frame.temporary()
    with frame.block(f"for {place} in range(work(S, {iterable.length})):"):
        assign_to(frame, node.target, iterable.item(place))
        statements(frame, node.body)
    _after_loop(frame, node, before)


def _while(frame: Frame, node: ast.While) -> None:
    before = {*(frame.assigned or ())}
    if node.orelse:
        raise CannotCompile("while with else")
    with frame.block("while work(S, 1) == 1:"):
        test = arithmetic.truthy(expression(frame, node.test))
        if test.constant is UNKNOWN or not test.constant:
            with frame.block(f"if not {test.code}:"):
                frame.emit("break")
        statements(frame, node.body)
    _after_loop(frame, node, before)


def _after_loop(frame: Frame, node: ast.For | ast.While, before: set[str]) -> None:
    frame.assigned = {*before}
    if node.orelse:
        with frame.block("else:"):
            statements(frame, node.orelse)
        frame.assigned = {*before}


def _jump(frame: Frame, node: ast.Break | ast.Continue) -> None:
    frame.emit("break" if isinstance(node, ast.Break) else "continue")
    frame.assigned = None


def _return(frame: Frame, node: ast.Return) -> None:
    given = expression(frame, node.value) if node.value else constant(None)
    given = frame.as_group(given) if isinstance(frame.result, Group) else given
    frame.returns(given)
    assert frame.result is not None
    if isinstance(given.type, Group) and given.parts is None and not given.code.isidentifier():
        given = frame.named(given)
    frame.emit(f"return {convert(given, frame.result)}")
    frame.assigned = None


def _raise(frame: Frame, node: ast.Raise) -> None:
    frame.emit("raise NeedsPython")
    _look_at(
        frame, [ast.copy_location(ast.Expr(one), one) for one in (node.exc, node.cause) if one]
    )
    frame.assigned = None


def _assert(frame: Frame, node: ast.Assert) -> None:
    test = arithmetic.truthy(expression(frame, node.test))
    with frame.block(f"if not {test.code}:"):
        frame.emit("raise NeedsPython")


def _try(frame: Frame, node: ast.Try) -> None:
    """Write a try statement without its handlers: where they would run, Python is asked."""
    if node.finalbody:
        raise CannotCompile("finally")
    for handler in node.handlers:
        _look_at(frame, handler.body)
    statements(frame, [*node.body, *node.orelse])


def _look_at(frame: Frame, nodes: Sequence[ast.stmt]) -> None:
    """See what statements may change that only Python executes; no code is written.

    Their changes reach compiled code with the next call, so it must know what to expect.
    """
    if not any(_may_change(frame, inner) for node in nodes for inner in ast.walk(node)):
        return
    n_lines, assigned = len(frame.lines), frame.assigned
    frame.assigned = None if assigned is None else {*assigned}
    statements(frame, nodes)
    del frame.lines[n_lines:]
    frame.assigned = assigned


def _may_change(frame: Frame, node: ast.AST) -> bool:
    """Return whether a node can change, or print, more than the variables of its function."""
    match node:
        case ast.Call(ast.Name(name)) if name in _HARMLESS:
            return name in frame.function.scope or name in frame.local_names
        case ast.Call(ast.Attribute(ast.Constant(str()))):
            return False
        case ast.Name(name, ast.Store()):
            return name in frame.global_names
        case ast.Call() | ast.Global() | ast.Nonlocal() | ast.Yield() | ast.Await():
            return True
        case ast.Attribute(ctx=context) | ast.Subscript(ctx=context):
            return not isinstance(context, ast.Load)
    return False


def _pass(_: Frame, __: ast.stmt) -> None:
    """Write nothing."""


def _expression(frame: Frame, node: ast.Expr) -> None:
    if isinstance(node.value, ast.Constant):
        return
    given = expression(frame, node.value)
    if isinstance(given.type, Number | Group):
        frame.named(given)


_KINDS: dict[type[ast.stmt], Callable[[Frame, Any], None]] = {
    ast.AnnAssign: _annotated,
    ast.Assert: _assert,
    ast.Assign: _assign,
    ast.AugAssign: _augmented,
    ast.Break: _jump,
    ast.Continue: _jump,
    ast.Expr: _expression,
    ast.For: _for,
    ast.FunctionDef: define,
    ast.Global: _pass,
    ast.If: _if,
    ast.Import: import_modules,
    ast.ImportFrom: import_names,
    ast.Pass: _pass,
    ast.Raise: _raise,
    ast.Return: _return,
    ast.Try: _try,
    ast.While: _while,
}

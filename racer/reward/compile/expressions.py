"""Expressions: each kind of syntax node becomes a value, a type with code that computes it."""

import ast
import builtins
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from racer.reward.compile import arithmetic
from racer.reward.compile.entries import attribute, slot_value, subscript
from racer.reward.compile.frame import Frame, thing_of
from racer.reward.compile.membership import MAX_WRITTEN_OUT, contains
from racer.reward.compile.obstacle import CannotCompile, name_of
from racer.reward.compile.program import FunctionNode, UserFunction
from racer.reward.compile.values import (
    TRUTHS,
    UNKNOWN,
    Group,
    Number,
    Static,
    Value,
    constant,
    convert,
    group,
    is_none,
    item,
    join,
    join_all,
    lift,
    static,
    widened,
)


def expression(frame: Frame, node: ast.expr) -> Value:
    """Return an expression as a value.

    Raises:
        CannotCompile: with the line, if it is not understood.
    """
    compile_node = _KINDS.get(type(node))
    try:
        if compile_node is None:
            raise CannotCompile(name_of(node))
        return compile_node(frame, node)
    except CannotCompile as problem:
        if problem.line is None:
            problem.line = node.lineno
        raise


# --- names and constants -------------------------------------------------------------------------


def _constant(_: Frame, node: ast.Constant) -> Value:
    if isinstance(node.value, str):
        return static(node.value)
    if node.value is None or isinstance(node.value, bool | int | float):
        return constant(node.value)
    raise CannotCompile(f"the constant {node.value!r:.30}")


def _name(frame: Frame, node: ast.Name) -> Value:
    if node.id in frame.local_names:
        return frame.load(node.id)
    if node.id in frame.outer_names:
        known = frame.is_poisoned(node.id)
        raise CannotCompile("" if known else f"'{node.id}' may be read before it is assigned")
    scope = frame.function.scope
    slot = frame.program.slot(scope, "item", node.id)
    if slot is not None:
        return slot_value(frame, slot)
    if node.id in scope:
        return lift(scope[node.id])
    if hasattr(builtins, node.id):
        return static(getattr(builtins, node.id))
    raise CannotCompile(f"the unknown name '{node.id}'")


# --- attributes and items ------------------------------------------------------------------------


def _attribute(frame: Frame, node: ast.Attribute) -> Value:
    owner = expression(frame, node.value)
    return attribute(frame, owner, node.attr)


def _subscript(frame: Frame, node: ast.Subscript) -> Value:
    owner = expression(frame, node.value)
    if isinstance(node.slice, ast.Slice):
        return _slice(frame, owner, node.slice)
    return subscript(frame, owner, expression(frame, node.slice))


def _slice(frame: Frame, owner: Value, node: ast.Slice) -> Value:
    """Return a slice of constants, or of a group, between constants."""
    ends = [
        expression(frame, end) if end else constant(None)
        for end in (node.lower, node.upper, node.step)
    ]
    known = [None if is_none(end) else end.constant for end in ends]
    if not all(one is None or type(one) is int for one in known) or known[2] == 0:
        raise CannotCompile("a slice between ends that are no constants")
    part = slice(*known)
    match owner.type:
        case Static(thing=list() | tuple() as thing):
            frame.use_whole(thing)
            return frame.program.derived(("slice", id(thing), *known), lambda: thing[part])
        case Group(items):
            places = range(len(items))[part]
            return group([item(owner, place) for place in places], is_list=owner.type.is_list)
    raise CannotCompile(f"a slice of {owner.type}")


# --- operators -----------------------------------------------------------------------------------


def _binary(frame: Frame, node: ast.BinOp) -> Value:
    left, right = expression(frame, node.left), expression(frame, node.right)
    if isinstance(node.op, ast.Add | ast.Mult) and (
        joined := _concatenated(frame, node.op, left, right)
    ):
        return joined
    return arithmetic.binary(type(node.op), left, right)


def _concatenated(frame: Frame, kind: ast.operator, left: Value, right: Value) -> Value | None:
    """Return constant lists put together; None for numbers."""
    a: Any = thing_of(left)
    b: Any = thing_of(right)
    if isinstance(kind, ast.Add) and type(a) is type(b) and type(a) in (list, tuple):
        for one in (a, b):
            frame.use_whole(one)
        return frame.program.derived(("sum", id(a), id(b)), lambda: a + b)
    return None


def _unary(frame: Frame, node: ast.UnaryOp) -> Value:
    return arithmetic.unary(type(node.op), expression(frame, node.operand))


def _compare(frame: Frame, node: ast.Compare) -> Value:
    left = expression(frame, node.left)
    results = []
    for place, (operator, comparator) in enumerate(zip(node.ops, node.comparators, strict=True)):
        with frame.lazily() if place else nullcontext():
            right = expression(frame, comparator)
            if place + 1 < len(node.ops) and isinstance(right.type, Number):
                right = frame.again(right)
            results.append(_compare_one(frame, operator, left, right))
        left = right
    if len(results) == 1:
        return results[0]
    code = f"({' and '.join(one.code for one in results)})"
    return Value(widened(join_all([one.type for one in results])), code)


def _compare_one(frame: Frame, operator: ast.cmpop, left: Value, right: Value) -> Value:
    if isinstance(operator, ast.In | ast.NotIn):
        found = contains(frame, left, right)
        return arithmetic.unary(ast.Not, found) if isinstance(operator, ast.NotIn) else found
    if isinstance(left.type, Group) or isinstance(right.type, Group):
        left, right = frame.as_group(left), frame.as_group(right)
    return arithmetic.compare(type(operator), left, right)


def _boolean(frame: Frame, node: ast.BoolOp) -> Value:
    """Return ``and`` or ``or``: the first operand that decides, else the last."""
    is_and = isinstance(node.op, ast.And)
    result: Value | None = None
    for operand in reversed(_deciding(frame, node.values, is_and)):
        result = operand if result is None else _either(frame, operand, result, is_and)
    assert result is not None
    return result


def _deciding(frame: Frame, nodes: list[ast.expr], is_and: bool) -> list[Value]:
    """Return the operands up to the first constant that decides, without those that cannot."""
    operands: list[Value] = []
    for place, node in enumerate(nodes):
        before = None if frame.assigned is None else {*frame.assigned}
        with frame.lazily() if place else nullcontext():
            operand = expression(frame, node)
            if place + 1 < len(nodes) and isinstance(operand.type, Number):
                is_truth = operand.type.atoms <= TRUTHS
                operand = operand if is_truth else frame.again(operand)
        if place:
            frame.assigned = before  # a walrus behind the first operand may not be reached
        known = arithmetic.truthy(operand).constant
        if known is not UNKNOWN and place + 1 < len(nodes) and bool(known) == is_and:
            continue
        operands.append(operand)
        if known is not UNKNOWN and bool(known) != is_and:
            break
    return operands


def _either(frame: Frame, first: Value, second: Value, is_and: bool) -> Value:
    """Return ``first and second`` or ``first or second``."""
    if _is_truth(first) and _is_truth(second):
        code = f"({first.code} {'and' if is_and else 'or'} {second.code})"
        return Value(widened(join(first.type, second.type)), code)
    shared = widened(join(first.type, second.type))
    test = arithmetic.truthy(first).code
    if isinstance(shared, Group):
        first, second = frame.as_group(first), frame.as_group(second)
    kept, other = convert(first, shared), convert(second, shared)
    yes, no = (other, kept) if is_and else (kept, other)
    return Value(shared, f"({yes} if {test} else {no})")


def _is_truth(given: Value) -> bool:
    return isinstance(given.type, Number) and given.type.atoms <= TRUTHS


def _conditional(frame: Frame, node: ast.IfExp) -> Value:
    test = arithmetic.truthy(expression(frame, node.test))
    if test.constant is not UNKNOWN:
        return expression(frame, node.body if test.constant else node.orelse)
    with frame.lazily():
        yes, no = expression(frame, node.body), expression(frame, node.orelse)
    shared = widened(join(yes.type, no.type))
    if isinstance(shared, Group):
        yes, no = frame.as_group(yes), frame.as_group(no)
    return Value(shared, f"({convert(yes, shared)} if {test.code} else {convert(no, shared)})")


def _written_group(frame: Frame, node: ast.Tuple | ast.List) -> Value:
    if len(node.elts) > MAX_WRITTEN_OUT and (thing := _literal(node)) is not None:
        return frame.program.derived(("literal", id(node)), lambda: thing)
    items = [expression(frame, one) for one in node.elts]
    for one in items:
        frame.use_whole(thing_of(one))
    return group(items, is_list=isinstance(node, ast.List))


def _literal(node: ast.expr) -> Any:
    """Return the constant that an expression writes out, or None."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return None


def _set(frame: Frame, node: ast.Set) -> Value:
    thing = _literal(node)
    if thing is None:
        raise CannotCompile("a set of what are no constants")
    return frame.program.derived(("literal", id(node)), lambda: thing)


def _named(frame: Frame, node: ast.NamedExpr) -> Value:
    """Return ``(name := value)``: the assignment is done before the statement."""
    given = expression(frame, node.value)
    name = node.target.id
    if frame.n_lazy or name in frame.global_names or name in frame.names_read:
        raise CannotCompile("':=' where it may not be reached, or read before")
    if not isinstance(given.type, Number | Group):
        raise CannotCompile(f"':=' for {given.type}")
    frame.assign(name, frame.hoisted(given))
    return frame.load(name)


def _call(frame: Frame, node: ast.Call) -> Value:
    return frame.program.call(frame, node)


def nested_function(frame: Frame, node: FunctionNode) -> UserFunction:
    """Return a function that is defined inside another: the same one in each pass."""
    if id(node) not in frame.nested:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            raise CannotCompile("a decorator")
        name = node.name if isinstance(node, ast.FunctionDef) else "lambda"
        function = frame.function
        frame.nested[id(node)] = UserFunction(
            node, name, function.file, function.scope, _nested_defaults(frame, node), frame
        )
    return frame.nested[id(node)]


def _nested_defaults(frame: Frame, node: FunctionNode) -> dict[str, Value]:
    """Return the default values of a nested function: they must be constants."""
    positional = [*node.args.posonlyargs, *node.args.args]
    pairs = [*zip(reversed(positional), reversed(node.args.defaults), strict=False)]
    pairs += [
        (argument, default)
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    ]
    found = {}
    for argument, default in pairs:
        given = expression(frame, default)
        if given.constant is UNKNOWN and not (is_none(given) or thing_of(given)):
            raise CannotCompile(f"the default of '{argument.arg}', which is no constant")
        found[argument.arg] = given
    return found


def _lambda(frame: Frame, node: ast.Lambda) -> Value:
    return static(nested_function(frame, node))


_KINDS: dict[type[ast.expr], Callable[[Frame, Any], Value]] = {
    ast.Attribute: _attribute,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.IfExp: _conditional,
    ast.Lambda: _lambda,
    ast.List: _written_group,
    ast.Name: _name,
    ast.NamedExpr: _named,
    ast.Set: _set,
    ast.Subscript: _subscript,
    ast.Tuple: _written_group,
    ast.UnaryOp: _unary,
}

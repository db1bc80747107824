"""Expressions: each kind of syntax node becomes a value, a type with code that computes it."""

import ast
import builtins
from collections.abc import Callable
from contextlib import nullcontext
from types import FunctionType, ModuleType
from typing import Any

from racer.reward.compile import arithmetic
from racer.reward.compile.frame import Frame, thing_of
from racer.reward.compile.holders import ABSENT, Slot, read
from racer.reward.compile.keys import param
from racer.reward.compile.obstacle import CannotCompile, name_of
from racer.reward.compile.program import BoundMethod, FunctionNode, UserFunction
from racer.reward.compile.values import (
    BOOL,
    FLOAT,
    INT,
    NONE,
    TRUTHS,
    UNKNOWN,
    WHOLES,
    Group,
    Number,
    ParamsDict,
    Static,
    Value,
    Waypoints,
    as_real,
    constant,
    convert,
    group,
    is_none,
    item,
    join,
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

_MAX_WRITTEN_OUT = 16
"""Members of a table that ``in`` compares with one by one."""


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


# --- attributes and items ------------------------------------------------------------------------


def _attribute(frame: Frame, node: ast.Attribute) -> Value:
    owner = expression(frame, node.value)
    return attribute(frame, owner, node.attr)


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


def _subscript(frame: Frame, node: ast.Subscript) -> Value:
    owner = expression(frame, node.value)
    if isinstance(node.slice, ast.Slice):
        return _slice(frame, owner, node.slice)
    return subscript(frame, owner, expression(frame, node.slice))


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
    if not table.is_flat:
        place = frame.again(value(place, INT)).code
    return frame.program.cell(table, place)


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
        found = _contains(frame, left, right)
        return arithmetic.unary(ast.Not, found) if isinstance(operator, ast.NotIn) else found
    if isinstance(left.type, Group) or isinstance(right.type, Group):
        left, right = frame.as_group(left), frame.as_group(right)
    return arithmetic.compare(type(operator), left, right)


def _contains(frame: Frame, member: Value, container: Value) -> Value:
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
    if len(members) > _MAX_WRITTEN_OUT and isinstance(member.type, Number):
        listed = frame.program.derived(("members", id(thing)), lambda: members)
        table = frame.program.table(thing_of(listed))
        if table.is_flat:
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
    if len(node.elts) > _MAX_WRITTEN_OUT and (thing := _literal(node)) is not None:
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

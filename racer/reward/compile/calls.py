"""Calls: of the user's functions and methods, compiled for the types of their arguments."""

import ast
from types import FunctionType
from typing import Any

from racer.reward.compile.entries import attribute, entry, slot_value
from racer.reward.compile.expressions import expression
from racer.reward.compile.frame import (
    CONTEXT,
    Frame,
    argument_name,
    names_bound,
    names_read,
    thing_of,
)
from racer.reward.compile.holders import ABSENT, read
from racer.reward.compile.iteration import REDUCTIONS, reduction
from racer.reward.compile.keys import param
from racer.reward.compile.mathematics import LIBRARY
from racer.reward.compile.obstacle import CannotCompile
from racer.reward.compile.program import (
    BoundMethod,
    Compiled,
    Program,
    UserFunction,
)
from racer.reward.compile.statements import body_of, statements
from racer.reward.compile.values import (
    BOOL,
    NONE,
    Group,
    Number,
    ParamsDict,
    Static,
    Type,
    Value,
    constant,
    convert,
    join,
    number,
    static,
    value,
    widened,
)

_MAX_PASSES = 25


def call(frame: Frame, node: ast.Call) -> Value:
    """Return a call.

    Raises:
        CannotCompile: if what is called is not understood.
    """
    if isinstance(node.func, ast.Attribute):
        owner = expression(frame, node.func.value)
        if isinstance(owner.type, ParamsDict) or isinstance(thing_of(owner), dict):
            return _dict_method(frame, owner, node)
        target = thing_of(attribute(frame, owner, node.func.attr))
    else:
        target = thing_of(expression(frame, node.func))
    if (
        any(target is one for one in REDUCTIONS)
        and (reduced := reduction(frame, node, target)) is not None
    ):
        function, arguments = reduced
        return call_user(frame, function, arguments, {})
    if any(isinstance(one, ast.Starred) for one in node.args) or any(
        keyword.arg is None for keyword in node.keywords
    ):
        raise CannotCompile("an argument with a star")
    _check_callable(target)
    arguments = [expression(frame, one) for one in node.args]
    keywords = {str(one.arg): expression(frame, one.value) for one in node.keywords}
    if isinstance(target, FunctionType | BoundMethod | UserFunction) and not _in_library(target):
        return call_user(frame, target, arguments, keywords)
    return _call_library(frame, target, arguments, keywords)


def _in_library(target: Any) -> bool:
    try:
        return target in LIBRARY
    except TypeError:  # an object without a hash
        return False


def _check_callable(target: Any) -> None:
    """Check that something is a function of the user's, or known to the library.

    Raises:
        CannotCompile: if it is not.
    """
    if isinstance(target, FunctionType | BoundMethod | UserFunction) or target is hasattr:
        return
    if target is getattr or _in_library(target):
        return
    name = getattr(target, "__name__", None)
    module = getattr(target, "__module__", None)
    if isinstance(target, type) and module != "builtins":
        raise CannotCompile(f"an object made in the call ({name})")
    prefix = f"{module}." if module not in (None, "builtins") else ""
    raise CannotCompile(f"a call of {prefix}{name}" if name else "a call of what is not known")


def _call_library(
    frame: Frame, target: Any, arguments: list[Value], keywords: dict[str, Value]
) -> Value:
    if target is hasattr and len(arguments) == 2:
        return _has_attribute(frame, *arguments)
    if target is getattr and len(arguments) in (2, 3):
        return _get_attribute(frame, *arguments)
    if target is hasattr or target is getattr:
        raise CannotCompile(f"{target.__name__}() with other arguments than it takes")
    return LIBRARY[target](frame, arguments, keywords)


def _has_attribute(frame: Frame, owner: Value, name: Value) -> Value:
    """Return ``hasattr(owner, name)`` of a function, class or object of the file."""
    thing, key = _holder_and_name(owner, name)
    slot = frame.program.slot(thing, "attribute", key)
    if slot is not None and slot.initial is ABSENT:
        return value(f"(S[{slot.index}] != 0.0)", BOOL)
    return constant(slot is not None or read(thing, "attribute", key) is not ABSENT)


def _get_attribute(frame: Frame, owner: Value, name: Value, default: Value | None = None) -> Value:
    """Return ``getattr(owner, name)``, with a default only where there is nothing to decide."""
    thing, key = _holder_and_name(owner, name)
    slot = frame.program.slot(thing, "attribute", key)
    if default is not None and slot is not None and slot.initial is ABSENT:
        if not isinstance(default.type, Number):
            raise CannotCompile("getattr with a default that is no number")
        shared = widened(join(slot.number, default.type))
        found = slot_value(frame, slot, guarded=False)
        yes, no = convert(found, shared), convert(default, shared)
        return Value(shared, f"({yes} if S[{slot.index}] != 0.0 else {no})")
    if default is not None and slot is None and read(thing, "attribute", key) is ABSENT:
        return default
    return attribute(frame, owner, key)


def _holder_and_name(owner: Value, name: Value) -> tuple[Any, str]:
    thing, key = thing_of(owner), thing_of(name)
    if thing is None or not isinstance(key, str):
        raise CannotCompile("hasattr or getattr of what is not known")
    return thing, key


def _dict_method(frame: Frame, owner: Value, node: ast.Call) -> Value:
    """Return a call of a method of the params, or of a dict of the module."""
    assert isinstance(node.func, ast.Attribute)
    name = node.func.attr
    arguments = [expression(frame, one) for one in node.args]
    if name == "get" and len(arguments) in (1, 2) and not node.keywords:
        default = arguments[1] if len(arguments) == 2 else constant(None)
        if isinstance(owner.type, ParamsDict):
            key = thing_of(arguments[0])
            if not isinstance(key, str):
                raise CannotCompile("a key of the params that is no constant text")
            return param(key) or default
        return entry(frame, thing_of(owner), arguments[0], default)
    thing = thing_of(owner)
    if isinstance(thing, dict) and name in ("items", "keys", "values") and not arguments:
        frame.use_whole(thing)
        return frame.program.derived((name, id(thing)), lambda: list(getattr(thing, name)()))
    raise CannotCompile(f"the method '{name}' of {owner.type}")


# --- the user's functions ------------------------------------------------------------------------


def call_user(
    frame: Frame,
    target: FunctionType | BoundMethod | UserFunction,
    arguments: list[Value],
    keywords: dict[str, Value],
) -> Value:
    """Return a call of one of the user's functions.

    Raises:
        CannotCompile: if it has no source, or does not take these arguments.
    """
    if isinstance(target, BoundMethod):
        arguments = [static(target.owner), *arguments]
        target = target.function
    user = frame.program.user_function(target) if isinstance(target, FunctionType) else target
    bound = _bind(user, arguments, keywords)
    given = {name: _argument_type(one.type) for name, one in bound.items()}
    for name in sorted(_captured(user, set())):
        if user.home is not frame and name not in frame.given:
            raise CannotCompile(f"'{user.name}' called outside of where it is defined")
        bound[name] = frame.load(name)
        given[name] = widened(bound[name].type)
    compiled = compile_function(frame.program, user, given)
    if compiled.failed:
        raise CannotCompile("")
    if compiled.result is None:
        raise CannotCompile(f"'{user.name}', which never returns")
    frame.compiled.calls.add(compiled.name)
    frame.compiled.writes |= compiled.writes
    frame.has_changed |= compiled.writes
    if not isinstance(compiled.result, Number | Group):
        if compiled.writes:
            raise CannotCompile(f"'{user.name}', which keeps something and returns no number")
        return Value(compiled.result, "0")
    passed = [
        convert(one, given[name])
        for name, one in bound.items()
        if isinstance(given[name], Number | Group)
    ]
    code = f"{compiled.name}({', '.join([CONTEXT, *passed])})"
    result = Value(compiled.result, code)
    if isinstance(compiled.result, Group):
        if compiled.writes:
            raise CannotCompile(f"'{user.name}', which keeps something and returns more than one")
        return frame.hoisted(result)
    return result


def _argument_type(of: Type) -> Type:
    return widened(of) if isinstance(of, Group) else of


def _bind(
    user: UserFunction, arguments: list[Value], keywords: dict[str, Value]
) -> dict[str, Value]:
    """Return the arguments of a call by the names of the parameters."""
    of = user.node.args
    if of.vararg or of.kwarg:
        raise CannotCompile(f"'{user.name}' with a parameter with a star")
    positional = [one.arg for one in (*of.posonlyargs, *of.args)]
    names = [*positional, *(one.arg for one in of.kwonlyargs)]
    bound = dict(zip(positional, arguments, strict=False))
    is_wrong = len(arguments) > len(positional) or any(
        name in bound or name not in names for name in keywords
    )
    bound.update(keywords)
    for name in names:
        if name not in bound and name in user.defaults:
            bound[name] = user.defaults[name]
        is_wrong |= name not in bound
    if is_wrong:
        raise CannotCompile(f"a call of '{user.name}' with other arguments than it takes")
    return bound


def _captured(user: UserFunction, seen: set[int]) -> set[str]:
    """Return the variables of the functions around it that a nested function needs."""
    home = user.home
    if home is None or id(user) in seen:
        return set()
    seen.add(id(user))
    outer = (names_read(user.node) - names_bound(user.node)) & {*home.types}
    found = set()
    for name in outer:
        of = home.types[name]
        found.add(name)
        if isinstance(of, Static) and isinstance(of.thing, UserFunction):
            found |= _captured(of.thing, seen)
    return found


def compile_function(program: Program, user: UserFunction, given: dict[str, Type]) -> Compiled:
    """Return a function compiled for certain types of arguments.

    Args:
        program: the whole program.
        user: the function.
        given: type of each parameter, and of each variable that it captures.

    Raises:
        CannotCompile: if it calls itself, or there are too many versions of functions.
    """
    key = (id(user), tuple(sorted(given.items(), key=lambda pair: pair[0])))
    if id(user.node) in program.active:
        raise CannotCompile(f"'{user.name}', which calls itself")
    if key in program.functions:
        return program.functions[key]
    compiled = Compiled(program.next_name())
    program.functions[key] = compiled
    program.active.append(id(user.node))
    frame = Frame(program, user, compiled, given)
    try:
        _run_passes(frame)
    finally:
        program.active.pop()
    for problem in frame.obstacles:
        program.note(problem, user.file)
    compiled.failed = bool(frame.obstacles)
    compiled.result = frame.result
    if frame.result is not None and not compiled.failed:
        compiled.text = _text(frame)
    return compiled


def _run_passes(frame: Frame) -> None:
    """Go through the body until the types no longer grow."""
    for _ in range(_MAX_PASSES):
        frame.begin_pass()
        statements(frame, body_of(frame.function.node))
        if frame.assigned is not None:
            frame.returns(constant(None))
            frame.emit(f"return {convert(constant(None), frame.result or number(NONE))}")
        if not frame.changed:
            return
    raise CannotCompile(f"'{frame.function.name}', whose types do not settle")


def _text(frame: Frame) -> str:
    """Return the source of a compiled function."""
    passed = [
        argument_name(name) for name, of in frame.given.items() if isinstance(of, Number | Group)
    ]
    head = f"def {frame.compiled.name}({', '.join([CONTEXT, *passed])}):"
    return "\n".join(["@inlined", head, *frame.prologue(), *frame.lines])

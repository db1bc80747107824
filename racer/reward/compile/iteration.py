"""Loops: what can be looped over, and min, max, sum and the like over generators.

``for x in THING`` becomes a loop over the places of the thing. A generator inside ``sum()`` or
``min()`` becomes a function with a loop, as Python's manual describes it.
"""

import ast
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from racer.reward.compile.entries import point_at, table_item, whole_index
from racer.reward.compile.expressions import expression
from racer.reward.compile.frame import Frame, thing_of
from racer.reward.compile.obstacle import CannotCompile
from racer.reward.compile.program import UserFunction
from racer.reward.compile.values import (
    INT,
    Group,
    Static,
    Value,
    Waypoints,
    convert,
    group,
    join_all,
    value,
    widened,
)


@dataclass(frozen=True)
class Iterable:
    """Something with a length and items."""

    length: str
    """Code for the number of items: a constant or a name."""
    item: Callable[[str], Value]
    """Gives the item at a place, which is code for a number below the length."""


def iterate(frame: Frame, node: ast.expr) -> Iterable | None:
    """Return what a loop goes over; None if it has no items.

    Raises:
        CannotCompile: if it is not understood.
    """
    match node:
        case ast.Call(ast.Name() as function, arguments, keywords):
            target = thing_of(expression(frame, function))
            if target in (range, enumerate, zip, reversed):
                return _LOOPS[target](frame, arguments, keywords)
    return iterable(frame, expression(frame, node))


def iterable(frame: Frame, given: Value) -> Iterable | None:
    """Return a list or the like as something to loop over; None if it is empty."""
    match given.type:
        case Waypoints():
            return Iterable("wn", lambda place: point_at(f"waypoint(W, w0, {place})"))
        case Static(thing=range() as thing):
            start, step = thing.start, thing.step
            return Iterable(
                str(len(thing)), lambda place: value(f"({start} + {place} * {step})", INT)
            )
        case Static(thing=list() | tuple() as thing):
            if not thing:
                return None
            return Iterable(str(len(thing)), lambda place: table_item(frame, thing, place))
        case Static(thing=dict() as thing):
            keys = frame.program.derived(("keys", id(thing)), lambda: list(thing))
            frame.use_whole(thing)
            return iterable(frame, keys)
        case Group(items):
            return _over_group(frame, given, items) if items else None
    raise CannotCompile(f"a loop over {given.type}")


def _over_group(frame: Frame, given: Value, items: tuple[Any, ...]) -> Iterable:
    shared = widened(join_all(items))
    if given.parts is None and not given.code.isidentifier():
        given = frame.named(given)
    alike = Group((shared,) * len(items), is_list=False)
    name = frame.temporary()
    frame.emit(f"{name} = {convert(given, alike)}")
    return Iterable(str(len(items)), lambda place: Value(shared, f"{name}[{place}]"))


def _range(frame: Frame, nodes: list[ast.expr], keywords: list[ast.keyword]) -> Iterable:
    if not 1 <= len(nodes) <= 3 or keywords:
        raise CannotCompile("range with other arguments than it takes")
    ends = [_held(frame, whole_index(expression(frame, node))) for node in nodes]
    start, stop, step = {1: ["0", *ends, "1"], 2: [*ends, "1"], 3: ends}[len(ends)]
    length = frame.temporary()
    frame.emit(f"{length} = range_length({start}, {stop}, {step})")
    if step == "1":
        code = "{}" if start == "0" else f"({start} + {{}})"
    else:
        code = f"({start} + {{}} * {step})"
    return Iterable(length, lambda place: value(code.format(place), INT))


def _held(frame: Frame, code: str) -> str:
    """Return code for a number under a name, unless it is one already."""
    if code.strip("(-)").isdigit():
        return code
    name = frame.temporary()
    frame.emit(f"{name} = {code}")
    return name


def _enumerate(frame: Frame, nodes: list[ast.expr], keywords: list[ast.keyword]) -> Iterable | None:
    starts = [*nodes[1:], *(one.value for one in keywords if one.arg == "start")]
    if not nodes or len(nodes) + len(keywords) != 1 + len(starts) or len(starts) > 1:
        raise CannotCompile("enumerate with other arguments than it takes")
    start = _held(frame, whole_index(expression(frame, starts[0]))) if starts else "0"
    inner = iterate(frame, nodes[0])
    if inner is None:
        return None
    return Iterable(
        inner.length,
        lambda place: group([value(f"({start} + {place})", INT), inner.item(place)], is_list=False),
    )


def _zip(frame: Frame, nodes: list[ast.expr], keywords: list[ast.keyword]) -> Iterable | None:
    inner = [iterate(frame, node) for node in nodes]
    if keywords or not inner:
        raise CannotCompile("zip with other arguments than it takes")
    known = [one for one in inner if one is not None]
    if len(known) < len(inner):
        return None
    length = known[0].length
    for one in known[1:]:
        length = f"min({length}, {one.length})"
    return Iterable(length, lambda place: group([one.item(place) for one in known], is_list=False))


def _reversed(frame: Frame, nodes: list[ast.expr], keywords: list[ast.keyword]) -> Iterable | None:
    if len(nodes) != 1 or keywords:
        raise CannotCompile("reversed with other arguments than it takes")
    inner = iterate(frame, nodes[0])
    if inner is None:
        return None

    def backwards(place: str) -> Value:
        name = frame.temporary()
        frame.emit(f"{name} = {inner.length} - 1 - {place}")
        return inner.item(name)

    return Iterable(inner.length, backwards)


_LOOPS: dict[Any, Callable[..., Iterable | None]] = {
    range: _range,
    enumerate: _enumerate,
    zip: _zip,
    reversed: _reversed,
}


# --- generators inside sum() and the like --------------------------------------------------------

_TEMPLATES: dict[Any, str] = {
    sum: """
def reduce():
    racer_total_ = 0
    for _ in _:
        racer_total_ += _
    return racer_total_
""",
    len: """
def reduce():
    racer_count_ = 0
    for _ in _:
        racer_count_ += 1
    return racer_count_
""",
    any: """
def reduce():
    for _ in _:
        if _:
            return True
    return False
""",
    all: """
def reduce():
    for _ in _:
        if not _:
            return False
    return True
""",
    max: """
def reduce():
    racer_found_ = False
    for _ in _:
        racer_item_ = _
        if not racer_found_ or racer_item_ > racer_best_:
            racer_best_ = racer_item_
            racer_found_ = True
    return racer_best_
""",
    min: """
def reduce():
    racer_found_ = False
    for _ in _:
        racer_item_ = _
        if not racer_found_ or racer_item_ < racer_best_:
            racer_best_ = racer_item_
            racer_found_ = True
    return racer_best_
""",
}
"""What a call with a generator does: ``_`` in the body stands for the item generated."""

REDUCTIONS = tuple(_TEMPLATES)
"""Builtins that may be called with a generator or a list comprehension."""


def reduction(frame: Frame, node: ast.Call, target: Any) -> tuple[UserFunction, list[Value]] | None:
    """Return the function that ``sum(... for ...)`` calls; None if it is another sort of call.

    Raises:
        CannotCompile: if the generator is not understood.
    """
    match node:
        case ast.Call(_, [ast.GeneratorExp() | ast.ListComp() as generator], []):
            pass
        case _:
            return None
    if target is sum and sys.version_info >= (3, 12):
        raise CannotCompile("sum() of a generator, which Python 3.12 adds in a way of its own")
    if target is len and isinstance(generator, ast.GeneratorExp):
        raise CannotCompile("the length of a generator")
    if id(node) not in frame.nested:
        function = frame.function
        written = _write_loop(_TEMPLATES[target], generator, node)
        frame.nested[id(node)] = UserFunction(
            written, "generator", function.file, function.scope, {}, frame
        )
    return frame.nested[id(node)], []


def _write_loop(
    template: str, generator: ast.GeneratorExp | ast.ListComp, call: ast.Call
) -> ast.FunctionDef:
    """Return the function of a template, its loop and item replaced by the generator's."""
    written = ast.parse(template).body[0]
    assert isinstance(written, ast.FunctionDef)
    for inner in ast.walk(written):
        ast.copy_location(inner, call)
    filled: ast.FunctionDef = _Filled(generator).visit(written)
    return filled


class _Filled(ast.NodeTransformer):
    """Replaces the loop of a template, and the item in its body."""

    def __init__(self, generator: ast.GeneratorExp | ast.ListComp) -> None:
        self.generator = generator

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace the item."""
        return self.generator.elt if node.id == "_" else node

    def visit_For(self, node: ast.For) -> ast.stmt:
        """Replace the loop, from the innermost on."""
        body: list[ast.stmt] = [self.visit(one) for one in node.body]
        for level in reversed(self.generator.generators):
            if level.is_async:
                raise CannotCompile("an async generator")
            for test in reversed(level.ifs):
                body = [ast.copy_location(ast.If(test, body, []), test)]
            body = [ast.copy_location(ast.For(level.target, level.iter, body, []), level.iter)]
        return body[0]

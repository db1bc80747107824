"""Proves which params a reward function looks up, so that it need not be handed the others.

``params["x"]`` and ``params.get("x")`` name what they read. If the parameter of a function is used
in no other way, nothing in it can tell a dict that holds only these keys from one that holds all,
nor whether it is a new dict at each call. In the same way a list that is only read need not be a
new list. Whatever is not understood counts as another use: then the function gets all params, in a
dict and lists of its own.

The proof is about text. That nothing looks at it from behind (``locals()``, frames, a traceback) is
a matter of words: a file that holds one of them is not understood.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from racer.reward.params import PARAMS

FUNCTION = "reward_function"
"""Name of the function that is called."""

_WORDS = {"__code__", "__dict__", "__getattr", "__reduce", "__traceback__", "_current_frames"}
_WORDS |= {"_getframe", "attrgetter", "currentframe", "f_back", "f_locals", "gi_frame", "locals"}
_WORDS |= {"monitoring", "setattr", "setprofile", "settrace", "tb_frame", "vars"}
"""Ways to reach the variables of a running function, its code, or the list behind an iterator."""

_READING_CALLS = {"all", "any", "enumerate", "len", "list", "max", "min", "reversed", "set"}
_READING_CALLS |= {"sorted", "sum", "tuple"}
"""Builtin functions that only read their one argument."""

_READING_METHODS = {"copy", "count", "index"}

_LAZY = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.GeneratorExp)
"""What holds code that can run after the call has returned."""


@dataclass(frozen=True)
class Lookups:
    """What a reward function looks up of the params; it does nothing else with them."""

    names: tuple[str, ...]
    """Of the params, in their order."""
    only_reads_waypoints: bool
    """The list of waypoints is nowhere kept, changed or handed on."""


def find_lookups(trees: Sequence[ast.Module], texts: Sequence[str]) -> Lookups | None:
    """Return what the reward function of a file looks up; None if it is not proved.

    Args:
        trees: the reward file, then the modules beside it that it imports.
        texts: their texts. That they import only known modules, and hide nothing in ``exec`` and
            the like, is for the caller to know.
    """
    if any(word in text for text in texts for word in _WORDS):
        return None
    found = [
        node
        for node in ast.walk(trees[0])
        if isinstance(node, ast.FunctionDef) and node.name == FUNCTION
    ]
    if len(found) != 1 or found[0] not in trees[0].body or found[0].decorator_list:
        return None
    function = found[0]
    positional = [*function.args.posonlyargs, *function.args.args]
    if not positional or any(isinstance(n, ast.Yield | ast.YieldFrom) for n in ast.walk(function)):
        return None
    parameter = positional[0].arg
    lookups = list(_lookups(function, parameter))
    known = {id(base) for base, _, _ in lookups}
    if any(id(node) not in known for node in _uses(function, parameter)):
        return None
    keys = {key for _, _, key in lookups}
    lists = [node for _, node, key in lookups if key == "waypoints"]
    return Lookups(
        tuple(name for name in PARAMS if name in keys),
        only_reads_waypoints=not {"zip", *_READING_CALLS} & set(_bound_names(trees))
        and _are_only_read(lists, function),
    )


def _uses(function: ast.FunctionDef, name: str) -> Iterator[ast.Name]:
    """Yield every mention of a variable in a function, except what binds it without a name node."""
    return (n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name)


def _lookups(function: ast.FunctionDef, parameter: str) -> Iterator[tuple[ast.expr, ast.expr, str]]:
    """Yield the name node, the whole expression and the key of each look-up with a constant key."""
    for node in _run_at_once(function):
        match node:
            case ast.Subscript(ast.Name(name) as base, ast.Constant(str(key)), ast.Load()):
                if name == parameter:
                    yield base, node, key
            case ast.Call(
                ast.Attribute(ast.Name(name) as base, "get"), [ast.Constant(str(key)), *rest], []
            ):
                if name == parameter and len(rest) < 2:
                    yield base, node, key


def _run_at_once(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield the nodes of a function's body whose code has run when the call returns."""
    waiting: list[ast.AST] = [*function.body]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, _LAZY):
            yield node
            waiting.extend(ast.iter_child_nodes(node))


# --- lists that are only read ---


def _are_only_read(lists: list[ast.expr], function: ast.FunctionDef) -> bool:
    """Return whether nothing but reading happens to lists, under whatever names they get.

    Args:
        lists: the expressions that return them.
        function: in which they stand.
    """
    read = {id(node) for each in ast.walk(function) for node in _read(each)}
    named = {id(value): target for target, value in _assignments(function)}
    names = set()
    for node in lists:
        if id(node) in named:
            names.add(named[id(node)].id)
        elif id(node) not in read:
            return False
    origins = {id(named[id(node)]) for node in lists if id(node) in named}
    return all(
        id(node) in (read if isinstance(node.ctx, ast.Load) else origins)
        for name in names
        for node in _uses(function, name)
    ) and not names & set(_bound_otherwise(function))


def _assignments(function: ast.FunctionDef) -> Iterator[tuple[ast.Name, ast.expr]]:
    """Yield the name and the value of each assignment to one name, also those beside others."""
    for node in ast.walk(function):
        match node:
            case ast.Assign([ast.Name() as target], value):
                yield target, value
            case ast.Assign([ast.Tuple(targets)], ast.Tuple(values)):
                if len(targets) == len(values) and not any(
                    isinstance(one, ast.Starred) for one in (*targets, *values)
                ):
                    pairs = zip(targets, values, strict=True)
                    yield from ((one, its) for one, its in pairs if isinstance(one, ast.Name))


def _read(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions that a node only reads, if their values are lists."""
    match node:
        case ast.Subscript(value, _, ast.Load()) | ast.Starred(value, ast.Load()):
            yield value
        case ast.For(_, value) | ast.comprehension(_, value):
            yield value
        case ast.Assign([ast.Tuple() | ast.List()], value):
            yield value
        case ast.If(value) | ast.IfExp(value) | ast.While(value) | ast.UnaryOp(ast.Not(), value):
            yield value
        case ast.Call(ast.Name(name), [value], _) if name in _READING_CALLS:
            yield value
        case ast.Call(ast.Name("zip"), values, _):
            yield from values
        case ast.Call(ast.Attribute(value, name)) if name in _READING_METHODS:
            yield value


def _bound_otherwise(node: ast.AST) -> Iterator[str]:
    """Yield the names that are bound in a syntax tree, but for those in name nodes."""
    for one in ast.walk(node):
        match one:
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                yield name
            case ast.alias(name, None):
                yield name.partition(".")[0]
            case ast.alias(_, str(name)) | ast.ExceptHandler(_, str(name)):
                yield name
            case ast.arg(name):
                yield name
            case ast.MatchAs(name=str(name)) | ast.MatchStar(str(name)):
                yield name
            case ast.MatchMapping(rest=str(name)):
                yield name
            case ast.Global(names) | ast.Nonlocal(names):
                yield from names


def _bound_names(trees: Sequence[ast.Module]) -> Iterator[str]:
    """Yield every name that is bound anywhere; of a star import every name that could matter."""
    for tree in trees:
        for bound in _bound_otherwise(tree):
            yield from _READING_CALLS if bound == "*" else (bound,)
        for node in ast.walk(tree):
            match node:
                case ast.Name(name, ast.Store() | ast.Del()):
                    yield name
                case ast.Attribute(_, name, ast.Store() | ast.Del()):
                    yield name

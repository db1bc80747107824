"""What the text of a reward function says without being run: lines worth looking at."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from racer.reward.params import PARAMS

_RANDOM_MODULES = {"random", "secrets", "uuid"}
_CLOCK_CALLS = {"time", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "clock"}
_CLOCK_CALLS |= {"monotonic_ns", "process_time", "now", "utcnow", "today"}
_CLOCK_MODULES = {"time", "datetime"}
_FEW = 6  # params shown for a line


@dataclass(frozen=True)
class Spot:
    """A place in the text."""

    line: int
    what: str
    """The name, key or number that it is about."""
    is_part: bool = False
    """Of a wait for a step: other conditions can be true instead."""


class Reading:
    """The text of a reward function's file, parsed."""

    def __init__(self, tree: ast.Module) -> None:
        """Read a syntax tree.

        Args:
            tree: as ``parse_reward`` gives it.
        """
        self._nodes = list(ast.walk(tree))
        self._imports = dict(_imported(self._nodes))
        self._params = _names_of_params(self._nodes)
        self._own_keys = {
            key for node in self._nodes for key in self._keys_of(node, (ast.Store, ast.Del))
        }

    def unknown_keys(self) -> Iterator[Spot]:
        """Yield each ``params['key']`` and ``params.get('key')`` whose key is no param."""
        for node in self._nodes:
            for key in self._keys_of(node, (ast.Load,)):
                if key not in PARAMS and key not in self._own_keys:
                    yield Spot(_line(node), key)

    def waits(self) -> Iterator[Spot]:
        """Yield each comparison that is true only before the first call, where steps is 2."""
        parts = {
            id(value)
            for node in self._nodes
            if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or)
            for value in node.values
        }
        for node in self._nodes:
            if isinstance(node, ast.Compare) and self._is_wait(node):
                yield Spot(node.lineno, ast.unparse(node), is_part=id(node) in parts)

    def clocks(self) -> Iterator[Spot]:
        """Yield each use of the time of day, or of a clock that runs beside the simulation."""
        for node in self._nodes:
            if isinstance(node, ast.Call):
                name = self._full_name(node.func)
                top, _, rest = name.partition(".")
                if top in _CLOCK_MODULES and rest.rpartition(".")[2] in _CLOCK_CALLS:
                    yield Spot(node.lineno, name)

    def randoms(self) -> Iterator[Spot]:
        """Yield each use of a random generator."""
        for node in self._nodes:
            if isinstance(node, ast.Call):
                name = self._full_name(node.func)
                parts = name.split(".")
                is_drawn = "random" in parts[1:-1] or parts[-1] == "rvs"
                if is_drawn or (len(parts) > 1 and parts[0] in _RANDOM_MODULES):
                    yield Spot(node.lineno, name)

    def prints(self) -> Iterator[Spot]:
        """Yield each ``print``."""
        for node in self._nodes:
            if isinstance(node, ast.Call) and self._full_name(node.func) in ("print", "pprint"):
                yield Spot(node.lineno, "print")

    def reads(self, line: int | None) -> tuple[str, ...]:
        """Return the params that a line reads, itself or through variables set from them."""
        sources = self._variables()
        found: dict[str, None] = {}
        waiting = [node for one in self._statements_at(line) for node in _head(one)]
        known: set[str] = set()
        while waiting:
            node = waiting.pop(0)
            found.update(dict.fromkeys(key for key in self._keys_of(node) if key in PARAMS))
            if isinstance(node, ast.Name) and node.id not in known:
                known.add(node.id)
                for value in sources.get(node.id, []):
                    waiting.extend(ast.walk(value))
        return tuple(found)[:_FEW]

    def _keys_of(self, node: ast.AST, contexts: tuple[type, ...] = (ast.Load,)) -> Iterator[str]:
        """Yield the key if a node is ``params['key']`` or, when read, ``params.get('key')``."""
        match node:
            case ast.Subscript(value, ast.Constant(str(key)), context):
                if self._is_params(value) and isinstance(context, contexts):
                    yield key
            case ast.Call(ast.Attribute(value, "get"), [ast.Constant(str(key)), *_]):
                if self._is_params(value) and ast.Load in contexts:
                    yield key
            case ast.Call(ast.Attribute(value, "setdefault"), [ast.Constant(str(key)), *_]):
                if self._is_params(value) and ast.Store in contexts:
                    yield key

    def _is_params(self, node: ast.expr) -> bool:
        """Return whether an expression is the params: ``params`` or ``self.params``."""
        match node:
            case ast.Name(name) | ast.Attribute(ast.Name("self"), name):
                return name in self._params
        return False

    def _is_wait(self, node: ast.Compare) -> bool:
        """Return whether a comparison can be true for steps of 1 or less only."""
        match node:
            case ast.Compare(left, [operator], [ast.Constant(int() | float() as number)]):
                if not self._is_steps(left):
                    return False
                if isinstance(operator, ast.Eq | ast.LtE):
                    return number < 2
                return isinstance(operator, ast.Lt) and number <= 2
        return False

    def _is_steps(self, node: ast.expr) -> bool:
        """Return whether an expression is the param ``steps``, by its usual names."""
        match node:
            case ast.Name("steps") | ast.Attribute(_, "steps"):
                return True
            case ast.Call(ast.Name("int" | "float"), [inner]):
                return self._is_steps(inner)
        return "steps" in self._keys_of(node)

    def _full_name(self, node: ast.expr) -> str:
        """Return ``numpy.random.rand`` for ``np.random.rand``; empty if it has no such name."""
        match node:
            case ast.Name(name):
                return self._imports.get(name, name)
            case ast.Attribute(value, name):
                owner = self._full_name(value)
                return f"{owner}.{name}" if owner else ""
        return ""

    def _statements_at(self, line: int | None) -> list[ast.stmt]:
        """Return the statement at a line, then those around it that decide whether it runs."""
        at = [
            node
            for node in self._nodes
            if isinstance(node, ast.stmt)
            and not isinstance(node, ast.FunctionDef | ast.ClassDef)
            and line is not None
            and node.lineno <= line <= (node.end_lineno or node.lineno)
        ]
        return sorted(at, key=lambda node: (node.end_lineno or 0) - node.lineno)

    def _variables(self) -> dict[str, list[ast.expr]]:
        """Return for each name the expressions it is set from."""
        found: dict[str, list[ast.expr]] = {}
        for node in self._nodes:
            match node:
                case ast.Assign(targets, value):
                    for target in targets:
                        _bind(found, target, value)
                case ast.AugAssign(target, _, value) | ast.AnnAssign(
                    target, _, ast.expr() as value
                ):
                    _bind(found, target, value)
        return found


def _bind(found: dict[str, list[ast.expr]], target: ast.expr, value: ast.expr) -> None:
    """Note what the names of a target are set from; ``a, b = x, y`` one by one."""
    match target, value:
        case (ast.Tuple(names), ast.Tuple(values)) if len(names) == len(values):
            for name, one in zip(names, values, strict=True):
                _bind(found, name, one)
        case ast.Tuple(names), _:
            for name in names:
                _bind(found, name, value)
        case ast.Name(name), _:
            found.setdefault(name, []).append(value)


def _head(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the nodes of a statement, without those of its body."""
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.stmt | ast.ExceptHandler):
            yield from ast.walk(child)


def _imported(nodes: list[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield each imported name, and what it stands for."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield alias.asname or top, alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _names_of_params(nodes: list[ast.AST]) -> set[str]:
    """Return what the file calls the params: the first parameter of ``reward_function``."""
    names = set()
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and node.name == "reward_function":
            arguments = [one.arg for one in node.args.args if one.arg != "self"]
            names.update(arguments[:1])
    return names


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 1)

"""Proves that a reward function keeps nothing between calls, so that all cars may share it.

The proof is simple and errs on the safe side; what is not understood counts as state, and costs no
more than an instance for each car. Modules are without state if

1. they bind only functions, constants that cannot change, and flat tables (a list, set or dict of
   such constants) in a file that imports no neighbours;
2. nothing in them can change a function or a module: no ``global``, no classes, no decorators, no
   assignment to attributes, no default values that can change, no ``exec`` and the like;
3. a table is only read where it stands: ``TABLE[i]``, ``x in TABLE``, ``len(TABLE)``,
   ``TABLE.index(x)``, ``for x in TABLE``. So it never gets a second name to be changed by.
"""

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

_Kind = Literal["fixed", "flat"]
"""A constant that cannot change, or a container of such constants."""

_MODULES = {"__future__", "cmath", "math", "numpy", "racer.reward.shaping", "statistics", "typing"}
"""Modules whose functions keep nothing for their callers (numpy: but for numpy.random)."""

_FORBIDDEN_NAMES = {"__import__", "compile", "delattr", "eval", "exec", "getattr", "globals"}
_FORBIDDEN_NAMES |= {"input", "locals", "open", "random", "setattr", "vars"}

_FORBIDDEN_NODES = (ast.AsyncFunctionDef, ast.ClassDef, ast.Global, ast.Nonlocal)

_SCALAR_CALLS = {"abs", "bool", "float", "int", "len", "max", "min", "range", "round", "str", "sum"}
_TABLE_CALLS = {"dict", "frozenset", "list", "set", "sorted", "tuple"}
_READING_CALLS = _SCALAR_CALLS | _TABLE_CALLS | {"all", "any", "enumerate", "reversed", "zip"}
_READING_METHODS = {"copy", "count", "get", "index", "issubset", "items", "keys", "values"}

_MODULE_CONSTANTS = {"e", "euler_gamma", "inf", "nan", "newaxis", "pi", "tau"}


def is_stateless(trees: Sequence[ast.Module], siblings: set[str]) -> bool:
    """Return whether modules are proved to keep nothing from one call to the next.

    Args:
        trees: the reward file and the modules beside it that it imports.
        siblings: top-level names of those modules.
    """
    constants = _Constants(trees)
    if not all(constants.binds(statement) for tree in trees for statement in tree.body):
        return False
    nodes = [node for tree in trees for node in ast.walk(tree)]
    if not all(_is_harmless(node, siblings, constants) for node in nodes):
        return False
    tables = constants.tables()
    if not tables:
        return True
    return len(trees) == 1 and not siblings and _only_read(tables, nodes)


class _Constants:
    """What the modules bind, gathered statement by statement."""

    def __init__(self, trees: Sequence[ast.Module]) -> None:
        self._functions = {
            statement.name
            for tree in trees
            for statement in tree.body
            if isinstance(statement, ast.FunctionDef)
        }
        self._kinds: dict[str, _Kind] = {}

    def tables(self) -> set[str]:
        """Return the names of the tables found so far."""
        return {name for name, kind in self._kinds.items() if kind == "flat"}

    def binds(self, statement: ast.stmt) -> bool:
        """Return whether a statement of a module binds only functions, constants and tables."""
        match statement:
            case ast.FunctionDef() | ast.Pass() | ast.Expr(ast.Constant()):
                return True
            case ast.If(ast.Compare(ast.Name("__name__"), [ast.Eq()]), _, []):
                return True  # never executed here: the module has another name
            case ast.Import() | ast.ImportFrom():
                return True  # judged with the imports inside functions
            case ast.Assign(targets, value):
                return self._bind([*targets], self.kind(value))
            case ast.AnnAssign(target, _, ast.expr() as value):
                return self._bind([target], self.kind(value))
        return False

    def _bind(self, targets: list[ast.expr], kind: _Kind | None) -> bool:
        """Note the kind of the names bound; return whether it is understood."""
        if kind is None:
            return False
        for target in targets:
            match target:
                case ast.Name(name) if self._kinds.get(name, kind) == kind:
                    self._kinds[name] = kind
                case ast.Tuple(items) if kind == "fixed":
                    if not self._bind(items, kind):
                        return False
                case _:
                    return False
        return True

    def kind(self, value: ast.expr) -> _Kind | None:
        """Return what sort of constant an expression makes; None if it may be something else."""
        match value:
            case ast.Constant():
                return "fixed"
            case ast.Lambda(arguments):
                return "fixed" if self.has_fixed_defaults(arguments) else None
            case ast.Name(name):
                return self._kinds.get(name, "fixed" if name in self._functions else None)
            case ast.Attribute(ast.Name(), name):
                return "fixed" if name in _MODULE_CONSTANTS else None
            case ast.Call(ast.Name(name), items, []) if name in _SCALAR_CALLS - self._functions:
                return self._join(items, "fixed", "fixed")
            case ast.Call(ast.Name(name), items, []) if name in _TABLE_CALLS - self._functions:
                return self._join(items, "flat", "flat")
        return self._kind_of_compound(value)

    def _kind_of_compound(self, value: ast.expr) -> _Kind | None:
        """Return the kind of an expression that puts others together."""
        match value:
            case ast.UnaryOp(_, operand):
                return self.kind(operand)
            case ast.BinOp(left, _, right):
                return self._join([left, right], "fixed", "flat")
            case ast.Tuple(items):
                return self._join(items, "fixed", None)
            case ast.List(items) | ast.Set(items):
                return self._join(items, "flat", None)
            case ast.Dict(keys, items):
                return self._join([key for key in keys if key] + items, "flat", None)
        return None

    def _join(self, items: list[ast.expr], if_fixed: _Kind, if_flat: _Kind | None) -> _Kind | None:
        """Return one kind if all items are fixed, another if some are tables; else None."""
        kinds = {self.kind(item) for item in items}
        if None in kinds:
            return None
        return if_flat if "flat" in kinds else if_fixed

    def has_fixed_defaults(self, arguments: ast.arguments) -> bool:
        """Return whether no default value of a function can change."""
        defaults = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
        return all(self.kind(default) == "fixed" for default in defaults)


def _is_harmless(node: ast.AST, siblings: set[str], constants: _Constants) -> bool:
    """Return whether a node of a syntax tree cannot change a function or a module."""
    match node:
        case ast.Import(names):
            return all(_may_import(alias.name, siblings) for alias in names)
        case ast.ImportFrom(module, names, level):
            is_random = any(alias.name == "random" for alias in names)
            return not level and not is_random and _may_import(module or "", siblings)
        case ast.Name(name):
            return name not in _FORBIDDEN_NAMES
        case ast.FunctionDef(args=arguments, decorator_list=decorators):
            return not decorators and constants.has_fixed_defaults(arguments)
        case ast.Lambda(arguments):
            return constants.has_fixed_defaults(arguments)
        case ast.Attribute(_, name, context):
            return isinstance(context, ast.Load) and name != "random" and name[:2] != "__"
    return not isinstance(node, _FORBIDDEN_NODES)


def _may_import(module: str, siblings: set[str]) -> bool:
    """Return whether a module keeps nothing for its callers, or is judged with the others."""
    return module in _MODULES or module.partition(".")[0] in siblings


def _only_read(tables: set[str], nodes: list[ast.AST]) -> bool:
    """Return whether tables are bound once, and all other uses of their names only read them."""
    bound: Counter[str] = Counter()
    for node in nodes:
        match node:
            case ast.Name(name, ast.Store() | ast.Del()) | ast.arg(name):
                bound[name] += 1
            case ast.FunctionDef(name):
                bound[name] += 1
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                bound[name] += 1
    if any(bound[name] != 1 for name in tables) or any(bound[name] for name in _READING_CALLS):
        return False
    reads = {id(name) for node in nodes for name in _names_read(node)}
    return all(
        id(node) in reads
        for node in nodes
        if isinstance(node, ast.Name) and node.id in tables and isinstance(node.ctx, ast.Load)
    )


def _names_read(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions that a node only reads: it makes no second name for them."""
    match node:
        case ast.Subscript(value, _, ast.Load()):
            yield value
        case ast.Attribute(value, name) if name in _READING_METHODS:
            yield value
        case ast.Compare(_, _, values):
            yield from values
        case ast.For(_, values) | ast.comprehension(_, values):
            yield values
        case ast.Call(ast.Name("zip"), arguments):
            yield from arguments
        case ast.Call(ast.Name(name), [argument]) if name in _READING_CALLS:
            yield argument  # with more than one, max() and sum() can return one of them
        case ast.BinOp(left, _, right):
            yield from (left, right)

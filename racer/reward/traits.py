"""What a source says about its reward function: does it keep state, is it random, does it print?

Everything errs on the safe side: what is not understood counts as state, as random, as printing.
"""

import ast
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

from racer.reward.load import RewardSource
from racer.reward.lookups import Lookups, find_lookups
from racer.reward.reach import reachable_names
from racer.reward.siblings import imported_names, parse_source
from racer.reward.stateless import is_stateless

_MODULES = {"__future__", "abc", "bisect", "cmath", "collections", "copy", "dataclasses"}
_MODULES |= {"datetime", "decimal", "enum", "fractions", "functools", "heapq", "io", "itertools"}
_MODULES |= {"json", "logging", "math", "numpy", "operator", "os", "racer", "random", "re"}
_MODULES |= {"scipy", "shapely", "statistics", "string", "sys", "time", "typing", "warnings"}
"""Modules that use the global random generators, or print, only where a name below says so."""

_RANDOM_NAMES = {"random", "random_state", "resample", "rvs", "qmc", "kmeans", "kmeans2"}
_RANDOM_NAMES |= {"basinhopping", "differential_evolution", "dual_annealing", "eigs", "eigsh"}
_RANDOM_NAMES |= {"lobpcg", "svds", "bootstrap", "permutation_test", "monte_carlo_test"}
"""Names through which numpy, scipy and the standard library draw from a global generator."""

_CLOCK_NAMES = {"clock_gettime", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"}
_CLOCK_NAMES |= {"process_time", "process_time_ns", "time_ns", "urandom", "utcnow"}
"""Names through which the standard library tells the time, or is as hard to repeat."""

_DATES = {"now", "today"}
"""Names through which ``datetime`` tells the time; alone they are names like any other."""

_OUTPUT_NAMES = {"print", "stdout", "stderr", "logging", "warn", "warnings", "pprint", "traceback"}

_OUTSIDE = {"environ", "open", "setattr"}
"""Names through which code keeps something where its own variables do not show it."""

_HIDDEN = {"__import__", "__builtins__", "builtins", "compile", "eval", "exec", "importlib"}
_HIDDEN |= {"runpy"}
"""Names through which code does what its text does not show."""


@dataclass(frozen=True)
class Traits:
    """What the runner needs to know of a reward function."""

    keeps_state: bool
    """Each car needs an instance of its own: not proved to be without state."""
    is_random: bool
    """It may draw from Python's or numpy's global random generator."""
    writes_output: bool
    """It may print or log."""
    unrepeatable: str
    """What makes it pay differently when the same steps are paid again; empty if nothing does."""
    unseen: str
    """What it depends on that cannot be saved with its variables; empty if nothing is known."""
    first_step: int | None
    """The ``steps`` at which it seems to expect an episode to begin, if it compares with one."""
    modules: frozenset[str]
    """Names of the modules that it imports and shares with the whole process."""
    lookups: Lookups | None
    """Which params it looks up; None if it is not proved that it does nothing else with them."""


def traits_of(source: RewardSource) -> Traits:
    """Return what a source, with the siblings it imports, says about a reward function."""
    trees = _trees(source)
    names = _reachable_names(source, trees)
    return Traits(
        keeps_state=keeps_state(source),
        is_random=names is None or bool(names & _RANDOM_NAMES),
        writes_output=names is None or bool(names & _OUTPUT_NAMES),
        unrepeatable=_unrepeatable(source, names, trees),
        unseen=_unseen(source, names, trees),
        first_step=next((step for tree in trees for step in _first_steps(tree)), None),
        modules=frozenset(_shared_modules(source, trees)),
        lookups=_lookups(source, names, trees),
    )


def _unrepeatable(source: RewardSource, names: set[str] | None, trees: list[ast.Module]) -> str:
    """Return what of the clock or of chance a source uses, in words; empty if nothing."""
    if names is None:
        return "uses what racer cannot look into, so perhaps random numbers or the clock"
    if drawn := sorted(names & _RANDOM_NAMES):
        return f"draws random numbers ('{drawn[0]}')"
    clocks = _clocks(source, names, trees)
    return f"reads the clock ('{min(clocks)}')" if clocks else ""


def _clocks(source: RewardSource, names: set[str], trees: list[ast.Module]) -> set[str]:
    """Return the names through which a source tells the time."""
    imported = {name.partition(".")[0] for tree in trees for name in imported_names(tree)}
    modules = names if source.function is not None else imported
    clocks = names & _CLOCK_NAMES | modules & {"time"}
    return clocks | (names & _DATES if "datetime" in modules else set())


def _unseen(source: RewardSource, names: set[str] | None, trees: list[ast.Module]) -> str:
    """Return what a source depends on that lies outside its variables and the random streams."""
    if source.function is not None:
        return "is a Python function and not a file"
    if names is None:
        return "uses what racer cannot look into"
    if clocks := _clocks(source, names, trees):
        return f"reads the clock ('{min(clocks)}')"
    return f"reads or writes outside ('{min(found)}')" if (found := names & _OUTSIDE) else ""


def _lookups(
    source: RewardSource, names: set[str] | None, trees: list[ast.Module]
) -> Lookups | None:
    """Return what a source looks up of the params; None if it is not proved."""
    if source.function is not None or names is None:
        return None
    return find_lookups(trees, [source.text, *(file.text for file in source.siblings)])


def keeps_state(source: RewardSource) -> bool:
    """Return whether a source may keep something from one call to the next.

    False is a proof (racer.reward.stateless); True means: not proved. Nothing is proved about a
    Python callable, which sees the module it was defined in.
    """
    trees = _trees(source)
    if source.function is not None or not trees:
        return True
    return not is_stateless(trees, _own_modules(source))


def _shared_modules(source: RewardSource, trees: list[ast.Module]) -> Iterator[str]:
    """Yield the names of the modules that a source can reach by an import of its own."""
    own = _own_modules(source)
    for tree in trees:
        yield from (name for name in imported_names(tree) if name.partition(".")[0] not in own)
    for value in getattr(source.function, "__globals__", {}).values():
        if isinstance(value, ModuleType):
            yield value.__name__


def _own_modules(source: RewardSource) -> set[str]:
    """Return the top-level names of the siblings of a source."""
    return {file.name.partition(".")[0] for file in source.siblings}


def _trees(source: RewardSource) -> list[ast.Module]:
    """Return the syntax trees of a source and its siblings; none if one is not Python."""
    texts = [textwrap.dedent(source.text), *(file.text for file in source.siblings)]
    try:
        return [parse_source(text, "<source>") for text in texts]
    except (SyntaxError, ValueError):
        return []


def _reachable_names(source: RewardSource, trees: list[ast.Module]) -> set[str] | None:
    """Return every name by which a source could reach something; None if that is not known."""
    if source.function is not None:
        names = reachable_names(source.function, _MODULES)
    else:
        names = {name for tree in trees for name in _names(tree)}
        modules = {name.partition(".")[0] for tree in trees for name in imported_names(tree)}
        if not trees or not modules <= _own_modules(source) | _MODULES:
            return None
    return None if names is None or names & _HIDDEN else names


def _names(tree: ast.Module) -> Iterator[str]:
    """Yield every name by which a source could reach something, also those in ``getattr``."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(name) | ast.Attribute(_, name) | ast.keyword(str(name)):
                yield name
            case ast.alias(name):
                yield from name.split(".")
            case ast.ImportFrom(str(name)):
                yield from name.split(".")
        match node:
            case ast.Call(ast.Name("getattr"), [_, ast.Constant(str(name)), *_]):
                yield name
            case ast.Call(ast.Name("getattr")):
                yield "exec"


def _first_steps(tree: ast.Module) -> Iterator[int]:
    """Yield the values 0, 1 and 2 that a source compares ``steps`` with to find a first step."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left, [ast.Eq() | ast.LtE()], [ast.Constant(int(step))]) if step < 3:
                if _is_steps(left):
                    yield step
            case ast.Compare(left, [ast.Lt()], [ast.Constant(int(step))]) if 0 < step < 4:
                if _is_steps(left):
                    yield step - 1


def _is_steps(node: ast.expr) -> bool:
    """Return whether an expression is ``steps``, ``self.steps`` or ``params['steps']``."""
    match node:
        case ast.Name("steps") | ast.Attribute(_, "steps"):
            return True
        case ast.Subscript(_, ast.Constant("steps")):
            return True
    return False

"""The user's program while it is compiled: its functions, tables and what it keeps."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

from racer.reward import shaping
from racer.reward.compile.holders import ABSENT, Kind, Slot, read
from racer.reward.compile.obstacle import CannotCompile, Obstacle
from racer.reward.compile.runtime import HEAD
from racer.reward.compile.tables import Table, make_table
from racer.reward.compile.values import (
    Type,
    Value,
    lift,
    static,
)
from racer.reward.load import RewardSource
from racer.reward.siblings import parse_source

if TYPE_CHECKING:
    from racer.reward.compile.frame import Frame

FunctionNode = ast.FunctionDef | ast.Lambda

_MAX_FUNCTIONS = 150
"""Versions of functions for different types of arguments; more take too long to compile."""

_CALLED = re.compile(r"\b(f\d+)\(")


@dataclass(frozen=True, eq=False)
class UserFunction:
    """A function of the user's files, or one that is defined inside another."""

    node: FunctionNode
    name: str
    file: str | None
    """Label of the file if it is not the reward file."""
    scope: dict[str, Any]
    """The global names it sees."""
    defaults: dict[str, Value]
    """Default values by parameter."""
    home: "Frame | None" = None
    """Where it is defined, if that is inside another function."""


@dataclass(frozen=True, eq=False)
class BoundMethod:
    """A method together with its object."""

    owner: Any
    function: FunctionType


@dataclass
class Compiled:
    """A function for certain types of arguments."""

    name: str
    result: Type | None = None
    text: str = ""
    calls: set[str] = field(default_factory=set)
    """The compiled functions that it calls."""
    writes: bool = False
    """It changes slots, itself or through those it calls."""
    failed: bool = False


class Program:
    """Gathers what the functions that are compiled need, until nothing new turns up.

    Attributes:
        slots: what is kept between calls.
        obstacles: what cannot be compiled.
        functions: compiled functions by what they are made of; emptied for each round.
        inexact: a result may differ from Python's in the last bits.
    """

    def __init__(
        self,
        source: RewardSource,
        call: "Callable[[Frame, ast.Call], Value]",
        call_user: "Callable[..., Value]",
    ) -> None:
        """Begin with nothing known.

        Args:
            source: the reward function.
            call: compiles a call expression (racer.reward.compile.calls).
            call_user: compiles a call of one of the user's functions.
        """
        self.source = source
        self.call = call
        self.call_user = call_user
        self.slots: dict[tuple[int, Kind, Any], Slot] = {}
        self.obstacles: dict[Obstacle, None] = {}
        self.functions: dict[object, Compiled] = {}
        self.active: list[object] = []
        self.inexact = False
        self.changed = True
        self._beside = {file.name for file in source.siblings}
        self._used_whole: dict[int, tuple[int | None, str | None]] = {}
        self._tables: dict[int, Table] = {}
        self._keep: list[Any] = []
        self._user_functions: dict[int, UserFunction] = {}
        self._methods: dict[tuple[int, int], BoundMethod] = {}
        self._derived: dict[object, Value] = {}
        self._made: set[int] = set()

    # --- rounds ---

    def begin_round(self) -> None:
        """Forget all code: what is known of the slots has grown."""
        self.changed = False
        self.functions.clear()
        self.obstacles.clear()

    def note(self, problem: CannotCompile, file: str | None) -> None:
        """Add an obstacle; one that only follows from another is left out."""
        if problem.construct:
            self.obstacles[Obstacle(problem.line, problem.construct, file)] = None

    def table_code(self) -> list[str]:
        """Return the definitions of all tables used."""
        return [table.definition for table in self._tables.values()]

    # --- what is kept between calls ---

    def slot(self, holder: Any, kind: Kind, key: Any) -> Slot | None:
        """Return the slot of an entry, if the program assigns to it."""
        return self.slots.get((id(holder), kind, _place(holder, key)))

    def store(self, holder: Any, kind: Kind, key: Any, label: str, to: Type) -> Slot:
        """Return the slot of an entry that is assigned a value of some type.

        Raises:
            CannotCompile: if the value is no number, or the entry is not a plain one.
        """
        place = _place(holder, key)
        found = self.slots.get((id(holder), kind, place))
        if id(holder) in self._made or isinstance(holder, tuple):
            raise CannotCompile("a list made in the call that is changed")
        if found is None:
            initial = read(holder, kind, place)
            if isinstance(holder, list) and initial is ABSENT:
                raise CannotCompile(f"'{label}' is past the end of the list")
            index = HEAD + 2 * len(self.slots)
            found = Slot(holder, kind, place, label, index, initial)
            self.slots[id(holder), kind, place] = found
            self.changed = True
        self.changed |= found.widen(to)
        return found

    def use_whole(self, thing: Any, line: int | None, file: str | None) -> None:
        """Note that an object is read in a way that does not see slots."""
        if isinstance(thing, list | dict | set | tuple):
            self._used_whole.setdefault(id(thing), (line, file))
            self._keep.append(thing)
            for one in thing.values() if isinstance(thing, dict) else thing:
                self.use_whole(one, line, file)

    def check_aliases(self) -> None:
        """Note the slots that are read in ways that do not see them."""
        for slot in self.slots.values():
            if id(slot.holder) in self._used_whole:
                line, file = self._used_whole[id(slot.holder)]
                what = f"a list or dict that the function changes ('{slot.label}')"
                self.obstacles[Obstacle(line, what, file)] = None
            owner = type(slot.holder)
            if slot.kind == "attribute" and (id(owner), "attribute", slot.key) in self.slots:
                what = f"'{slot.label}' of both a class and its object"
                self.obstacles[Obstacle(None, what)] = None

    # --- known objects ---

    def is_users(self, module: str) -> bool:
        """Return whether a module is the reward file, or one beside it."""
        return module.startswith("racer_reward_") or module in self._beside

    def derived(self, key: object, make: Callable[[], Any]) -> Value:
        """Return a constant made of constants: the same object for the same key."""
        if key not in self._derived:
            thing = make()
            self._made.add(id(thing))
            self._derived[key] = static(thing)
        return self._derived[key]

    def bound_method(self, owner: Any, function: FunctionType) -> BoundMethod:
        """Return a method with its object: the same one each time."""
        return self._methods.setdefault((id(owner), id(function)), BoundMethod(owner, function))

    # --- tables of constants ---

    def table(self, thing: Any) -> Table:
        """Return a constant sequence as a table.

        Raises:
            CannotCompile: if it is no regular table of numbers.
        """
        if id(thing) not in self._tables:
            self._keep.append(thing)
            self._tables[id(thing)] = make_table(f"T{len(self._tables)}", thing)
        return self._tables[id(thing)]

    # --- functions ---

    def user_function(self, function: FunctionType) -> UserFunction:
        """Return the source of a function of the user's files.

        Raises:
            CannotCompile: if it has none there, or something that calls do not show.
        """
        if id(function) not in self._user_functions:
            self._keep.append(function)
            self._user_functions[id(function)] = self._find_function(function)
        return self._user_functions[id(function)]

    def _find_function(self, function: FunctionType) -> UserFunction:
        code = function.__code__
        files = _with_shaping(self.source.files())
        name = function.__name__
        if code.co_filename not in files:
            raise CannotCompile(f"a call of {function.__module__}.{name}")
        if function.__closure__:
            raise CannotCompile(f"'{name}', which a function returned")
        label, text = files[code.co_filename]
        tree = parse_source(text, code.co_filename)
        nodes = [
            node
            for node in ast.walk(tree)
            if isinstance(node, FunctionNode)
            and getattr(node, "name", "<lambda>") == code.co_name
            and code.co_firstlineno in (node.lineno, *_decorator_lines(node))
        ]
        if len(nodes) != 1 or not _is_plain(nodes[0]):
            raise CannotCompile(f"'{name}' with a decorator, or not alone on its line")
        file = None if code.co_filename == self.source.filename else label
        return UserFunction(
            nodes[0], name, file, function.__globals__, dict(_defaults(function, nodes[0]))
        )

    def next_name(self) -> str:
        """Return a name for one more compiled function.

        Raises:
            CannotCompile: if there are too many.
        """
        if len(self.functions) >= _MAX_FUNCTIONS:
            raise CannotCompile(f"more than {_MAX_FUNCTIONS} versions of functions")
        return f"f{len(self.functions)}"

    def is_changing(self, code: str) -> bool:
        """Return whether code calls a function that changes what is kept."""
        changing = {one.name for one in self.functions.values() if one.writes}
        return bool(changing & {*_CALLED.findall(code)})

    def reachable(self, root: Compiled) -> Iterator[Compiled]:
        """Yield the compiled functions that one needs, itself last."""
        by_name = {one.name: one for one in self.functions.values()}
        seen: set[str] = set()

        def visit(one: Compiled) -> Iterator[Compiled]:
            seen.add(one.name)
            for name in sorted(one.calls - seen):
                if name not in seen:
                    yield from visit(by_name[name])
            yield one

        yield from visit(root)


def _with_shaping(files: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Return files by path, with the helpers that racer offers to reward functions."""
    path = Path(str(shaping.__file__))
    return {**files, str(path): (shaping.__name__, path.read_text("utf-8"))}


def _place(holder: Any, key: Any) -> Any:
    """Return the key of an entry; of a list counted from its beginning."""
    if isinstance(holder, list) and isinstance(key, int) and key < 0:
        return key + len(holder)
    return key


def _decorator_lines(node: FunctionNode) -> list[int]:
    if isinstance(node, ast.Lambda):
        return []
    return [decorator.lineno for decorator in node.decorator_list]


def _is_plain(node: FunctionNode) -> bool:
    """Return whether a function has no decorator, or one that leaves the function as it is."""
    if isinstance(node, ast.Lambda):
        return True
    match node.decorator_list:
        case [] | [ast.Name("staticmethod" | "classmethod" | "property")]:
            return True
    return False


def _defaults(function: FunctionType, node: FunctionNode) -> Iterator[tuple[str, Value]]:
    """Yield parameters and their default values."""
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    given = function.__defaults__ or ()
    for name, thing in zip(names[len(names) - len(given) :], given, strict=True):
        yield name, lift(thing)
    for name, thing in (function.__kwdefaults__ or {}).items():
        yield name, lift(thing)

"""One function while it is compiled: its variables, their types, and the lines written so far."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from racer.reward.compile.obstacle import CannotCompile
from racer.reward.compile.program import Compiled, FunctionNode, Program, UserFunction
from racer.reward.compile.values import (
    UNKNOWN,
    Group,
    Number,
    Static,
    Type,
    Value,
    as_group,
    blank,
    convert,
    join,
    widened,
)

CONTEXT = "M, c, W, w0, wn, F, S"
"""What every compiled function gets: measured rows and the car's number, waypoints, the first of
them, how many there are, facts of the track, and the memory of the call."""

_MAX_REPEATED = 300
"""Characters of code that are written twice rather than computed before the statement."""

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class Frame:
    """A function for certain types of arguments.

    The body is gone through again until the types of its variables no longer grow; what the last
    pass wrote is the code.

    Attributes:
        program: the whole program.
        function: the source of this function.
        compiled: what it becomes.
        types: what each variable can hold.
        assigned: names that are bound here in any case; None where the code cannot get to.
        changed: the types have grown in this pass.
        has_changed: a call in this statement has changed what is kept.
        n_lazy: how many conditions decide whether the expression is reached.
        result: what the function can return.
    """

    def __init__(
        self, program: Program, function: UserFunction, compiled: Compiled, given: dict[str, Type]
    ) -> None:
        """Begin with the types of the arguments."""
        self.program = program
        self.function = function
        self.compiled = compiled
        self.given = given
        self.types: dict[str, Type] = dict(given)
        self.result: Type | None = None
        self.changed = True
        self.flagged: set[str] = set()
        self.nested: dict[int, UserFunction] = {}
        self.local_names = names_bound(function.node) | {*given}
        self.global_names = _declared_global(function.node)
        self.local_names -= self.global_names
        home = function.home
        self.outer_names: set[str] = home.local_names | home.outer_names if home else set()
        self.begin_pass()

    def begin_pass(self) -> None:
        """Forget the code; what is known of the types stays."""
        self.changed = False
        self.lines: list[str] = []
        self.obstacles: list[CannotCompile] = []
        self.poisoned: set[str] = set()
        self.assigned: set[str] | None = {*self.given}
        self.indent = 1
        self.n_temporaries = 0
        self.n_lazy = 0
        self.begin_statement()
        self.compiled.calls.clear()
        self.compiled.writes = False

    # --- writing ---

    def emit(self, line: str) -> None:
        """Write a line of code."""
        self.lines.append("    " * self.indent + line)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write what is written inside as the block of a head line."""
        self.emit(head)
        self.indent += 1
        self.emit("pass")
        try:
            yield
        finally:
            self.indent -= 1

    def temporary(self) -> str:
        """Return a name that is not used yet."""
        self.n_temporaries += 1
        return f"t{self.n_temporaries}"

    def named(self, given: Value) -> Value:
        """Return a value under a name, computed here and now."""
        name = self.temporary()
        self.emit(f"{name} = {given.code}")
        return Value(given.type, name, given.constant)

    def hoisted(self, given: Value) -> Value:
        """Return a value of an expression under a name: it is computed before the statement.

        Raises:
            CannotCompile: if that could change what it, or what stands before it, is worth.
        """
        if self.program.is_changing(given.code) or (
            self.has_changed and ("S[" in given.code or "S, " in given.code)
        ):
            raise CannotCompile("a call that changes what is kept, in a compound expression")
        return self.named(given)

    def again(self, given: Value) -> Value:
        """Return a number as an expression that may be written more than once.

        Raises:
            CannotCompile: if its code must not run twice.
        """
        if given.code.isidentifier() or given.constant is not UNKNOWN:
            return given
        if self.n_lazy and len(given.code) < _MAX_REPEATED:
            if self.program.is_changing(given.code):
                raise CannotCompile("a call that changes what is kept, in a compound expression")
            return given
        return self.hoisted(given)

    @contextmanager
    def lazily(self) -> Iterator[None]:
        """Compile what is written inside as an expression that may not be reached."""
        self.n_lazy += 1
        try:
            yield
        finally:
            self.n_lazy -= 1

    def use_whole(self, thing: Any) -> None:
        """Note that this statement reads an object in a way that does not see slots in it."""
        self.program.use_whole(thing, self.line, self.function.file)

    def as_group(self, given: Value) -> Value:
        """Return a tuple or list of constants as a group; anything else as it is."""
        if isinstance(given.type, Static) and isinstance(given.type.thing, tuple | list):
            self.use_whole(given.type.thing)
        return as_group(given)

    def begin_statement(self, line: int | None = None) -> None:
        """Forget what the statement before has read and changed."""
        self.line = line
        self.has_changed = False
        self.names_read: set[str] = set()

    # --- variables ---

    def load(self, name: str) -> Value:
        """Return a local variable.

        Raises:
            CannotCompile: if nothing is known of it.
        """
        self.names_read.add(name)
        of = self.types.get(name)
        if of is None or name in self.poisoned:
            problem = f"'{name}' may be read before it is assigned"
            raise CannotCompile("" if name in self.poisoned else problem)
        is_bound = self.assigned is None or name in self.assigned
        if is_bound:
            known = of.constant if isinstance(of, Number) else None
            if isinstance(of, Number) and type(known) in (bool, int):
                return Value(
                    of, repr(known) if known is True or known is False else f"({known})", known
                )
            return Value(of, mangled(name))
        if not isinstance(of, Number | Group):
            raise CannotCompile(f"'{name}' may be read before it is assigned")
        self.changed |= name not in self.flagged
        self.flagged.add(name)
        return Value(widened(of), f"({mangled(name)}, bound({_flag(name)}))[0]")

    def is_poisoned(self, name: str) -> bool:
        """Return whether a name here or in the functions around failed to compile."""
        home = self.function.home
        return name in self.poisoned or (home is not None and home.is_poisoned(name))

    def assign(self, name: str, given: Value) -> None:
        """Assign a value to a local variable.

        Raises:
            CannotCompile: if it has no type in common with what the variable holds elsewhere.
        """
        old = self.types.get(name)
        new = given.type if old is None else join(old, given.type)
        if new != old:
            self.types[name] = new
            self.changed = True
        if isinstance(new, Number | Group):
            given = self.as_group(given)
            if (
                isinstance(given.type, Group)
                and given.parts is None
                and not given.code.isidentifier()
            ):
                given = self.named(given)
            self.emit(f"{mangled(name)} = {convert(given, new)}")
        if name in self.flagged:
            self.emit(f"{_flag(name)} = True")
        if self.assigned is not None:
            self.assigned.add(name)
        self.poisoned.discard(name)

    def prologue(self) -> list[str]:
        """Return the lines that give a value to variables that may be read before they have one."""
        lines = [
            f"    {mangled(name)} = {convert(Value(of, argument_name(name)), self.types[name])}"
            for name, of in self.given.items()
            if isinstance(of, Number | Group)
        ]
        for name in sorted(self.flagged):
            is_given = name in self.given
            lines.append(f"    {_flag(name)} = {is_given}")
            if not is_given:
                lines.append(f"    {mangled(name)} = {blank(self.types[name])}")
        return lines

    def returns(self, given: Value) -> None:
        """Note a value that the function returns."""
        new = widened(given.type)
        new = new if self.result is None else join(self.result, new)
        if new != self.result:
            self.result = new
            self.changed = True

    def poison(self, node: ast.AST) -> None:
        """Note that what a statement assigns is not known, since it could not be compiled."""
        self.poisoned |= {
            inner.id
            for inner in ast.walk(node)
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
        }


def argument_name(name: str) -> str:
    """Return the name of a user's argument as it comes in."""
    return f"a{mangled(name)}"


def mangled(name: str) -> str:
    """Return the name of a user's variable in compiled code."""
    if name.isascii():
        return f"v_{name}"
    return f"u_{name.encode().hex()}"


def _flag(name: str) -> str:
    """Return the name of the variable that tells whether another has been bound."""
    return f"b{mangled(name)}"


def inner_nodes(node: FunctionNode | ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function that belong to its own scope."""
    body = node.body if isinstance(node, FunctionNode) else [node]
    waiting: list[ast.AST] = [*body] if isinstance(body, list) else [body]
    while waiting:
        inner = waiting.pop()
        yield inner
        if isinstance(inner, _SCOPES):
            continue
        waiting.extend(ast.iter_child_nodes(inner))


def names_bound(node: FunctionNode) -> set[str]:
    """Return the parameters and the other names that a function binds."""
    arguments = node.args
    names = {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    for inner in inner_nodes(node):
        match inner:
            case ast.Name(name, ast.Store() | ast.Del()):
                names.add(name)
            case ast.FunctionDef(name) | ast.ClassDef(name):
                names.add(name)
            case ast.Import(aliases) | ast.ImportFrom(names=aliases):
                names |= {alias.asname or alias.name.partition(".")[0] for alias in aliases}
    return names


def names_read(node: ast.AST) -> set[str]:
    """Return all names that are read inside a node, at any depth."""
    return {
        inner.id
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)
    }


def _declared_global(node: FunctionNode) -> set[str]:
    names: set[str] = set()
    for inner in inner_nodes(node):
        if isinstance(inner, ast.Global):
            names |= {*inner.names}
    return names


def thing_of(given: Value) -> Any:
    """Return the known object of a value; None if it is none."""
    return given.type.thing if isinstance(given.type, Static) else None

"""What keeps a reward function from being compiled, each with its line."""

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class Obstacle:
    """A construct that the compiler does not take: the function runs interpreted."""

    line: int | None
    """Line of the file; None if it concerns the whole of it."""
    construct: str
    """What stands there, in a few words."""
    file: str | None = None
    """The file as messages show it, if it is not the reward file itself."""

    def __str__(self) -> str:
        """Return ``line 14: a generator``."""
        if self.line is None:
            return self.construct
        place = f"line {self.line}" if self.file is None else f"{self.file}:{self.line}"
        return f"{place}: {self.construct}"


class CannotCompile(Exception):  # noqa: N818  not an error: the function runs interpreted
    """Raised inside the compiler at a construct that it does not take.

    Attributes:
        construct: what it is; empty if it has been noted already and this only follows from it.
        line: where it stands, as soon as that is known.
    """

    def __init__(self, construct: str, line: int | None = None) -> None:
        """Note the construct."""
        super().__init__(construct)
        self.construct = construct
        self.line = line


_NAMES: dict[type[ast.AST], str] = {
    ast.AsyncFor: "an async loop",
    ast.AsyncFunctionDef: "an async function",
    ast.Await: "await",
    ast.ClassDef: "a class made in the call",
    ast.Delete: "del",
    ast.Dict: "a dict made in the call",
    ast.DictComp: "a dict comprehension",
    ast.FormattedValue: "a formatted text",
    ast.GeneratorExp: "a generator",
    ast.JoinedStr: "a formatted text",
    ast.ListComp: "a list comprehension",
    ast.Match: "match",
    ast.Nonlocal: "nonlocal",
    ast.Set: "a set made in the call",
    ast.SetComp: "a set comprehension",
    ast.Slice: "a slice",
    ast.Starred: "an argument with a star",
    ast.With: "with",
    ast.Yield: "a generator",
    ast.YieldFrom: "a generator",
}


def name_of(node: ast.AST) -> str:
    """Return what a construct is called in messages."""
    return _NAMES.get(type(node), f"'{type(node).__name__}'")

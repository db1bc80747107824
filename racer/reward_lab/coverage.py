"""Which statements of a reward function's file run: seen from outside, the code stays as it is."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from types import CodeType, FrameType, TracebackType
from typing import Any, Self

from racer.reward import RewardSource
from racer.reward.load import code_of
from racer.reward.siblings import parse_source
from racer.reward_lab.findings import Coverage

Span = tuple[int, int]

MOST_EVENTS = 100_000
"""Lines and calls of functions after which a call is no longer watched: a tenth of a second."""

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def parse_reward(source: RewardSource) -> ast.Module:
    """Return the syntax tree of a reward function's text, with the line numbers of its file.

    A Python callable has the lines of the file it was defined in; what has no text has no nodes.
    """
    try:
        if source.function is None:
            return parse_source(source.text, source.filename)
        tree = parse_source(textwrap.dedent(source.text), source.filename)
        described = source.function
        if not inspect.isroutine(described):
            described = type(described)
        return ast.increment_lineno(tree, inspect.getsourcelines(described)[1] - 1)
    except (SyntaxError, ValueError, OSError, TypeError):
        return ast.Module(body=[], type_ignores=[])


def file_of(source: RewardSource) -> str:
    """Return the path that the tracebacks of a reward function carry."""
    if source.function is None:
        return source.filename
    code = code_of(source.function)
    return source.filename if code is None else code.co_filename


class LineWatcher:
    """Notes which lines of one file run, while it is entered.

    Once all lines of a function have run, it is no longer watched: loops cost little then. Python
    runs a traced line several times slower, so a call that goes on and on is not watched to its
    end: what it takes stays what it takes without.

    Attributes:
        seen: the lines that ran.
        is_partial: some call was not watched to its end.
    """

    def __init__(self, filename: str) -> None:
        """Watch the code of one file.

        Args:
            filename: the path that code objects carry.
        """
        self.seen: set[int] = set()
        self._filename = filename
        self._open: dict[int, tuple[CodeType, set[int]]] = {}
        self._before: Any = None
        self._n_events = 0
        self.is_partial = False

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        self.begin_call()
        return self

    def begin_call(self) -> None:
        """Watch the next call from its beginning, also if one before it was too long."""
        self._n_events = 0
        sys.settrace(self._on_call)

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        sys.settrace(self._before)

    def _on_call(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Begin to watch a call, if its function has lines left."""
        self._count()
        code = frame.f_code
        if code.co_filename != self._filename:
            return None
        if id(code) not in self._open:  # the code is kept, so that its id stays its own
            self.seen.add(code.co_firstlineno)
            self._open[id(code)] = code, _lines_of(code) - self.seen
        return self._on_line if self._open[id(code)][1] else None

    def _on_line(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Note a line that is about to run."""
        self._count()
        if event == "line" and frame.f_lineno not in self.seen:
            self.seen.add(frame.f_lineno)
            for _, lines in self._open.values():
                lines.discard(frame.f_lineno)
        if not self._open[id(frame.f_code)][1]:
            frame.f_trace_lines = False
        return self._on_line

    def _count(self) -> None:
        """Stop watching a call that goes on and on."""
        self._n_events += 1
        if self._n_events == MOST_EVENTS:
            self.is_partial = True
            sys.settrace(None)

    def coverage(self, tree: ast.Module) -> Coverage:
        """Return which statements inside the functions of a file ran.

        Args:
            tree: of the file. What stands outside functions runs when the file is loaded, and does
                not count.
        """
        spans = sorted(_statements(tree))
        ran = [any(line in self.seen for line in range(a, b + 1)) for a, b, _ in spans]
        missed: list[Span] = []
        is_open = False
        for (first, _, last), did_run in zip(spans, ran, strict=True):
            if did_run:
                is_open = False
            elif is_open and missed:
                missed[-1] = missed[-1][0], max(missed[-1][1], last)
            else:
                missed.append((first, last))
                is_open = True
        return Coverage(len(spans), sum(ran), tuple(missed), self.is_partial)


def _lines_of(code: CodeType) -> set[int]:
    """Return the lines that a function's own code can run."""
    return {line for _, _, line in code.co_lines() if line is not None}


def _statements(tree: ast.Module) -> Iterator[tuple[int, int, int]]:
    """Yield each statement inside a function: first and last line of its head, last line of all.

    The head of ``if``, ``for`` … is what stands before its body. Docstrings, declarations and
    ``pass`` do nothing that could be missed.
    """
    for function in ast.walk(tree):
        if not isinstance(function, _FUNCTIONS):
            continue
        for node in _inside(function):
            if _does_something(node):
                head = _last_line_of_head(node)
                yield node.lineno, head, max(head, _last_line(node))


def _inside(function: ast.AST) -> Iterator[ast.stmt]:
    """Yield the statements of a function, not those of functions inside it."""
    for child in ast.iter_child_nodes(function):
        if isinstance(child, ast.stmt):
            yield child
        if not isinstance(child, (*_FUNCTIONS, ast.Lambda)):
            yield from _inside(child)


def _does_something(node: ast.stmt) -> bool:
    """Return whether a statement runs at a line of its own."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return False
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return False
    return not isinstance(node, ast.Global | ast.Nonlocal | ast.Pass | ast.Try)


def _last_line_of_head(node: ast.stmt) -> int:
    """Return the last line of a statement that does not belong to its body."""
    body = getattr(node, "body", None)
    if isinstance(node, ast.Match):
        return node.subject.end_lineno or node.lineno
    if not isinstance(body, list):
        return node.end_lineno or node.lineno
    return max(node.lineno, body[0].lineno - 1)


def _last_line(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno

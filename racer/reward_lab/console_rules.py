"""What the real console's validator refused, as a lint: off by default, for it rejects good code.

The rules are those of the validator of the last simulator release (reward_func_validator):
imports, calls and words. racer itself has none of them.
"""

import ast
import re
from collections.abc import Iterator

from racer.reward_lab.findings import WARNING, Finding

ALLOWED_IMPORTS = ("math", "random", "numpy", "scipy", "shapely")
BANNED_CALLS = ("open", "exec", "eval", "compile", "input")
BANNED_WORDS = (
    "__import__", "load", "fromfile", "genfromtxt", "loadtxt", "tofile", "savez", "save",
    "savetxt", "memmap",
)  # fmt: skip
"""Refused wherever they occur in the text, also inside other names and comments."""

_CODE = "console-rule"


def console_findings(text: str, tree: ast.Module, file: str) -> list[Finding]:
    """Return a finding for each line that the console would refuse.

    Args:
        text: of the reward function's file.
        tree: the text, parsed.
        file: what messages call it.
    """
    found = [*_imports(tree), *_calls(tree), *_parameters(tree), *_words(text)]
    return [
        Finding(
            WARNING,
            _CODE,
            f"the console refuses {what}",
            file=file,
            line=line,
            advice="it runs here and in deepracer-for-cloud; change it to upload it to a console",
        )
        for line, what in sorted(found)
    ]


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield imports of other modules, and imports inside functions."""
    top_level = {id(node) for node in tree.body}
    allowed = ", ".join(ALLOWED_IMPORTS)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "."]
        else:
            continue
        for name in names:
            if name.partition(".")[0] not in ALLOWED_IMPORTS:
                yield node.lineno, f"the import of '{name}' (allowed: {allowed})"
        if id(node) not in top_level:
            yield node.lineno, "an import that is not at the top of the file"


def _calls(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield calls of banned functions."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(ast.Name(name)) if name in BANNED_CALLS:
                yield node.lineno, f"a call of {name}()"


def _parameters(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield a reward function that has not exactly one parameter."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "reward_function":
            arguments = node.args
            count = len([*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs])
            if count != 1 or arguments.vararg or arguments.kwarg:
                yield node.lineno, "a reward_function that has not exactly one parameter"


def _words(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines that hold a banned word, with the whole word that it stands in."""
    for number, line in enumerate(text.splitlines(), start=1):
        for word in re.findall(r"\w+", line):
            banned = max((one for one in BANNED_WORDS if one in word), key=len, default=None)
            if banned is not None:
                inside = "" if banned == word else f", in '{word}'"
                yield number, f"the word '{banned}'{inside}: anywhere, even in a comment"

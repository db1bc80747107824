"""Statements that define functions, or import modules, inside a function."""

import ast
import importlib
from typing import Any

from racer.reward.compile.expressions import nested_function
from racer.reward.compile.frame import Frame
from racer.reward.compile.obstacle import CannotCompile
from racer.reward.compile.values import lift, static

_IMPORTED = {"math", "numpy", "__future__", "typing"}
"""Modules that a function may import while it runs."""


def define(frame: Frame, node: ast.FunctionDef) -> None:
    """Bind a function that is defined inside another."""
    frame.assign(node.name, static(nested_function(frame, node)))


def import_modules(frame: Frame, node: ast.Import) -> None:
    """Write ``import a, b as c``."""
    for alias in node.names:
        module = _module(alias.name)
        top = module if alias.asname else _module(alias.name.partition(".")[0])
        frame.assign(alias.asname or alias.name.partition(".")[0], static(top))


def import_names(frame: Frame, node: ast.ImportFrom) -> None:
    """Write ``from a import b``."""
    module = _module(node.module or "")
    for alias in node.names:
        if not hasattr(module, alias.name):
            raise CannotCompile(f"the import of {alias.name}")
        frame.assign(alias.asname or alias.name, lift(getattr(module, alias.name)))


def _module(name: str) -> Any:
    if name.partition(".")[0] not in _IMPORTED:
        raise CannotCompile(f"the import of {name}")
    return importlib.import_module(name)

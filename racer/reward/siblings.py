"""The modules that lie beside a reward file: found once, executed anew for each car.

A reward file may import its neighbours, as it can in DeepRacer. Python would execute such a module
once for the process, so the cars would share its variables. Here each instance of a reward function
has its own copies, which stand in ``sys.modules`` only while that instance runs.
"""

import ast
import importlib.util
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Self

_NEVER_SIBLINGS = sys.stdlib_module_names | {"racer"}
"""Top-level names that a neighbouring file cannot replace."""


@dataclass(frozen=True)
class SourceFile:
    """A module that lies beside a reward file."""

    name: str
    """Dotted name under which it is imported."""
    path: Path
    """Absolute path; of a package its ``__init__.py``, even if there is none."""
    text: str
    """Its source; empty for a package without ``__init__.py``."""
    is_package: bool = False
    """It is a folder of modules."""


def read_source(path: Path) -> str:
    """Return the text of a Python file: UTF-8 unless it declares another encoding, BOM removed.

    Raises:
        OSError: if it cannot be read.
        SyntaxError: if it declares an unknown encoding.
        UnicodeDecodeError: if it is not in the encoding that it declares.
    """
    return importlib.util.decode_source(path.read_bytes())


@lru_cache(maxsize=64)
def compile_source(text: str, filename: str) -> CodeType:
    """Return compiled source, without the warnings that old files cause (``x is 1``).

    Raises:
        SyntaxError: if it is not Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(text, filename, "exec", dont_inherit=True)


@lru_cache(maxsize=64)
def parse_source(text: str, filename: str) -> ast.Module:
    """Return the syntax tree of a source. It is shared: do not change it.

    Raises:
        SyntaxError: if it is not Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, filename)


def imported_names(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted names of the modules that a syntax tree imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def find_siblings(text: str, folder: Path) -> tuple[SourceFile, ...]:
    """Return the modules in a folder that a source imports, directly or through each other.

    Args:
        text: source of the reward file.
        folder: where it lies.
    """
    found: dict[str, SourceFile] = {}
    texts = [text]
    while texts:
        for name in _imports_of(texts.pop()):
            top = name.partition(".")[0]
            if top not in found:
                files = _locate(top, folder)
                found.update((file.name, file) for file in files)
                texts.extend(file.text for file in files)
    return tuple(found.values())


def _imports_of(text: str) -> list[str]:
    """Return the modules a source imports; none if it is not Python: its import will tell."""
    try:
        return list(imported_names(parse_source(text, "<sibling>")))
    except (SyntaxError, ValueError):
        return []


def _locate(top: str, folder: Path) -> list[SourceFile]:
    """Return the files of a top-level module in a folder: none if it does not come from there."""
    if top in _NEVER_SIBLINGS:
        return []
    package = folder / top
    if (package / "__init__.py").is_file() or _is_namespace(top, package):
        return list(_package_files(top, package))
    module = folder / f"{top}.py"
    return [SourceFile(top, module, _read(module))] if module.is_file() else []


def _is_namespace(top: str, package: Path) -> bool:
    """Return whether a folder without ``__init__.py`` is what the name means, as in Python."""
    if (package.parent / f"{top}.py").is_file() or top in sys.modules:
        return False
    return any(package.glob("*.py")) and importlib.util.find_spec(top) is None


def _package_files(name: str, folder: Path) -> Iterator[SourceFile]:
    """Yield a package and everything in it."""
    start = folder / "__init__.py"
    yield SourceFile(name, start, _read(start) if start.is_file() else "", is_package=True)
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink() and any(path.glob("*.py")):
            yield from _package_files(f"{name}.{path.name}", path)
        elif path.suffix == ".py" and path != start:
            yield SourceFile(f"{name}.{path.stem}", path, _read(path))


def _read(path: Path) -> str:
    """Return a sibling's text; one that cannot be decoded fails when it is imported."""
    try:
        return read_source(path)
    except (SyntaxError, UnicodeDecodeError) as error:
        return f"raise ImportError({f'{path.name} cannot be read: {error}'!r})\n"


class SiblingModules(Loader):
    """One instance's own copies of the modules beside its file: a context in which they are there.

    It is a finder and loader of Python's import system: an import inside the context finds the
    files it was made from. On leaving, ``sys.modules`` and ``sys.meta_path`` are as before.
    """

    def __init__(self, files: Sequence[SourceFile]) -> None:
        """Take the files; nothing is executed before it is imported."""
        self._files = {file.name: file for file in files}
        self._own: dict[str, ModuleType] = {}
        self._hidden: dict[str, ModuleType] = {}

    def __enter__(self) -> Self:
        modules = sys.modules
        for name in self._files:
            if name in modules:
                self._hidden[name] = modules.pop(name)
        modules.update(self._own)
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *_: object) -> None:
        sys.meta_path.remove(self)
        modules = sys.modules
        for name in self._files:
            if name in modules:
                self._own[name] = modules.pop(name)
        modules.update(self._hidden)
        self._hidden.clear()

    @property
    def modules(self) -> dict[str, ModuleType]:
        """Those that were imported so far, by name."""
        return dict(self._own)

    def load(self, name: str) -> None:
        """Import one of them, if it was not yet."""
        if name not in self._own:
            with self:
                importlib.import_module(name)

    def find_spec(
        self, name: str, _path: object = None, _target: object = None
    ) -> ModuleSpec | None:
        """Return how to make the module of a sibling; None for other names (import protocol)."""
        file = self._files.get(name)
        if file is None:
            return None
        spec = ModuleSpec(name, self, origin=str(file.path), is_package=file.is_package)
        spec.has_location = True
        if file.is_package:
            spec.submodule_search_locations = [str(file.path.parent)]
        return spec

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave making the module to Python (import protocol)."""

    def exec_module(self, module: ModuleType) -> None:
        """Execute the sibling's source in its module (import protocol)."""
        file = self._files[module.__name__]
        exec(compile_source(file.text, str(file.path)), module.__dict__)

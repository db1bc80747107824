"""Loads reward functions: from a file, by a shipped name, or from Python.

``load_reward`` reads and checks a file without executing it. ``RewardSource.instantiate`` executes
it in a module of its own, so that variables kept between calls belong to one car.
"""

import copy
import hashlib
import inspect
import itertools
import linecache
import re
import signal
import sys
import traceback
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from racer.assets import asset_files, find
from racer.errors import RewardError, text_of, unknown_name
from racer.reward.form import check_parameters, missing_function
from racer.reward.params import Params
from racer.reward.siblings import (
    SiblingModules,
    SourceFile,
    compile_source,
    find_siblings,
    read_source,
)

RewardFunction = Callable[[Params], Any]

_FOLDER = "reward_functions"
_NAME = "reward_function"
_PACKAGE = Path(__file__).resolve().parents[1]
_numbers = itertools.count(1)


@dataclass(frozen=True)
class RewardSource:
    """A reward function as it was written; it can be pickled if it came from a file."""

    path: Path | None
    """The file, as the user named it; None for a Python callable."""
    text: str
    """Its source; of a callable as far as Python knows it, else empty."""
    name: str
    """Short name for folders and figures."""
    siblings: tuple[SourceFile, ...] = ()
    """The modules in its folder that it imports; keep them with the file."""
    function: RewardFunction | None = None
    """The callable, if it did not come from a file."""

    @cached_property
    def label(self) -> str:
        """Return the file as messages show it: relative to the working folder if it lies there."""
        return self.name if self.path is None else shown(self.path)

    @cached_property
    def filename(self) -> str:
        """Return the absolute path that tracebacks carry."""
        return str(self.path.resolve()) if self.path else f"<{self.name}>"

    @cached_property
    def digest(self) -> str:
        """Return a digest of its text and the modules beside it: the same, the same function."""
        texts = [self.text, *(sibling.text for sibling in self.siblings)]
        return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]

    def files(self) -> dict[str, tuple[str, str]]:
        """Return label and text of each file it is made of, by the path that tracebacks carry."""
        if self.function is not None:
            code = code_of(self.function)
            return _defining_file(code.co_filename) if code else {}
        files = {self.filename: (self.label, self.text)}
        files.update((str(file.path), (shown(file.path), file.text)) for file in self.siblings)
        return files

    def defines(self, function: Any) -> bool:
        """Return whether a function runs the code of the one ``reward_function`` in the file."""
        if self.function is not None:
            return False
        constants = compile_source(self.text, self.filename).co_consts
        codes = [one for one in constants if isinstance(one, CodeType) and one.co_name == _NAME]
        return len(codes) == 1 and getattr(function, "__code__", None) == codes[0]

    def instantiate(self) -> "RewardInstance":
        """Return the function in a namespace of its own, ready to be called.

        A file is executed anew. A callable object is copied (``copy.deepcopy``); a plain function
        cannot be, so all instances of it share what it remembers.

        Raises:
            RewardError: if executing the file fails, or it has no ``reward_function(params)``.
        """
        if self.function is None:
            return _execute(self)
        check_parameters(self.function, self.label)
        try:
            return RewardInstance(copy.deepcopy(self.function))
        except Exception as error:
            problem = type_and_first_line(error)
            raise RewardError(f"{self.label}: cannot be copied for each car: {problem}") from error


class RewardInstance:
    """A reward function with variables of its own: call it with params.

    Keep it for as long as the function is called: its module stands in ``sys.modules`` under its
    unique name until then.
    """

    def __init__(
        self,
        function: RewardFunction,
        module: ModuleType | None = None,
        siblings: SiblingModules | None = None,
    ) -> None:
        """Take the function, the module it lives in, and the module's own siblings."""
        self.own = function
        """The function as the file defines it."""
        self.call = _among(siblings, function) if siblings else function
        """What to call: without detour where there are no siblings."""
        self.module = module
        """The module that the file was executed in; None for a Python callable."""
        self.siblings = siblings
        """The modules beside the file, if it imports any."""
        if module is not None:
            weakref.finalize(self, sys.modules.pop, module.__name__, None).atexit = False

    def __call__(self, params: Params) -> Any:
        """Return what the reward function returns for these params."""
        return self.call(params)


def reward_names() -> list[str]:
    """Return the names of the shipped reward functions."""
    return [path.stem for path in asset_files(_FOLDER, ".py")]


def load_reward(name_or_path: str | Path | RewardFunction) -> RewardSource:
    """Read a reward function; its file is not executed yet.

    Args:
        name_or_path: a path, the name of a shipped one (``center_line``), or a Python callable that
            takes the params.

    Returns:
        the source, to be given to ``RewardRunner`` or instantiated.

    Raises:
        RewardError: if there is no such file, or it is not readable Python.
    """
    if callable(name_or_path):
        return _from_callable(name_or_path)
    path = find(str(name_or_path), _FOLDER, ".py")
    if path is None:
        raise RewardError(_not_found(Path(name_or_path).expanduser()))
    text = _read(path)
    try:
        compile_source(text, str(path.resolve()))
    except SyntaxError as error:
        raise RewardError(f"{path}:{error.lineno or 1}: {error.msg} (not valid Python)") from error
    except ValueError as error:  # Python 3.11 on a null byte
        raise RewardError(f"{path}: not valid Python: {error}") from error
    return RewardSource(path, text, path.stem, find_siblings(text, path.resolve().parent))


def _read(path: Path) -> str:
    """Return the text of a reward file."""
    try:
        return read_source(path)
    except (SyntaxError, UnicodeDecodeError) as error:
        raise RewardError(f"{path}: expected UTF-8 text: {error}") from error
    except OSError as error:
        raise RewardError(f"{path}: cannot be read: {error}") from error


def _from_callable(function: RewardFunction) -> RewardSource:
    """Return the source of a Python callable, with its text where Python can find it."""
    name = getattr(function, "__name__", type(function).__name__)
    described = function if inspect.isroutine(function) else type(function)
    try:
        text = inspect.getsource(described)
    except (OSError, TypeError):  # typed at a prompt, or compiled
        text = ""
    return RewardSource(None, text, name, function=function)


def _not_found(path: Path) -> str:
    """Return the message for a reward function that is no file and no shipped name."""
    if path.is_dir():
        return f"{path}: expected a Python file, got a folder"
    if path.parent == Path() and not path.suffix:
        return (
            f"no file '{path}.py', and {unknown_name('reward function', str(path), reward_names())}"
        )
    folder = path.parent if path.parent.is_dir() else Path()
    near = get_close_matches(path.name, [file.name for file in folder.glob("*.py")], n=1)
    hint = f" did you mean '{folder / near[0]}'?" if near else ""
    return f"{path}: no such file:{hint} shipped reward functions: {', '.join(reward_names())}"


def _execute(source: RewardSource) -> RewardInstance:
    """Execute a file in a new module, and return its reward function."""
    stem = re.sub(r"\W", "_", source.name)
    module = ModuleType(f"racer_reward_{stem}_{next(_numbers)}")
    module.__file__ = source.filename
    module.__package__ = ""
    siblings = SiblingModules(source.siblings) if source.siblings else None
    search_path = list(sys.path)
    sys.modules[module.__name__] = module
    try:
        code = compile_source(source.text, source.filename)
        _among(siblings, exec)(code, module.__dict__)
        function = getattr(module, _NAME, None)
        if function is None:
            raise RewardError(missing_function(source.text, source.label))
        check_parameters(function, source.label)
    except RewardError:
        sys.modules.pop(module.__name__, None)
        raise
    except BaseException as error:
        sys.modules.pop(module.__name__, None)
        if not is_users(error):
            raise
        raise RewardError(_import_problem(source, error)) from error
    finally:
        sys.path[:] = search_path
    return RewardInstance(function, module, siblings)


def is_users(error: BaseException) -> bool:
    """Return whether an exception is of the user's code: no handler of a signal has raised it."""
    if isinstance(error, Exception | SystemExit):
        return True
    if isinstance(error, KeyboardInterrupt):  # Ctrl-C raises it in whatever line runs
        return signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    frames = traceback.extract_tb(error.__traceback__)
    return not frames or not Path(frames[-1].filename).is_relative_to(_PACKAGE)


def _among(siblings: SiblingModules | None, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function, called with the modules beside its file in ``sys.modules``."""
    if siblings is None:
        return function

    def call(*arguments: Any) -> Any:
        with siblings:
            return function(*arguments)

    return call


def shown(path: Path) -> str:
    """Return a path as messages show it: relative to the working folder if it lies there."""
    try:
        return str(path.resolve().relative_to(Path.cwd().resolve()))
    except ValueError:
        return str(path)


def code_of(function: Any) -> CodeType | None:
    """Return the code that a callable runs, if it is written in Python."""
    function = inspect.unwrap(function) if inspect.isfunction(function) else function
    function = getattr(function, "func", function)  # functools.partial
    if not hasattr(function, "__code__") and not inspect.isclass(function):
        function = getattr(type(function), "__call__", function)  # noqa: B004
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) else None


def _defining_file(filename: str) -> dict[str, tuple[str, str]]:
    """Return label and text of the file a Python callable was written in, by its path."""
    text = "".join(linecache.getlines(filename))
    return {filename: (shown(Path(filename)) if Path(filename).is_file() else filename, text)}


def _import_problem(source: RewardSource, error: BaseException) -> str:
    """Return one line for an exception while a file was executed, with the line it came from."""
    files, where = source.files(), source.label
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename in files:
            where = f"{files[frame.filename][0]}:{frame.lineno}"
    if isinstance(error, SyntaxError):
        file = files.get(error.filename or "", (error.filename,))[0]
        return f"{file}:{error.lineno}: {error.msg} (not valid Python)"
    if isinstance(error, ModuleNotFoundError) and error.name:
        found = "no such module is installed or beside the file"
        return f"{where}: import of '{error.name}' failed: {found}"
    return f"{where}: while the file was executed: {type_and_first_line(error)}"


def type_and_first_line(error: BaseException, limit: int = 200) -> str:
    """Return ``ZeroDivisionError: division by zero``: type and first line of an exception."""
    lines = text_of(error).strip().splitlines()
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return text if len(text) <= limit else f"{text[: limit - 1]}…"

"""Finds where a reward function failed, and says what people most often did there."""

import ast
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from types import FrameType, TracebackType

from racer.errors import text_of
from racer.reward.failure import RewardFailure
from racer.reward.load import RewardInstance, RewardSource, code_of, type_and_first_line
from racer.reward.params import OBJECT_LISTS, PARAMS, Params
from racer.reward.siblings import parse_source
from racer.reward.traits import traits_of


def explain_exception(
    source: RewardSource,
    error: BaseException,
    used: Params | None,
    *,
    car: int | None,
    before: Params,
) -> RewardFailure:
    """Return the failure of a call that raised an exception.

    Args:
        source: the reward function.
        error: what it raised.
        used: the very dict that it was given.
        car: index of the car; None for a single call.
        before: the params as they were before the call.
    """
    files = source.files()
    place = _find_place(error, files)
    file, text = files[place.filename] if place else (source.label, source.text)
    indexed = _indexed(place, text) if place else None
    problem = type_and_first_line(error) + _advice(source, error, indexed, used)
    line = place.line if place else None
    return RewardFailure(problem, file=file, line=line, step=_step(before), car=car, params=before)


def explain_value(
    source: RewardSource,
    instance: RewardInstance,
    problem: str,
    *,
    car: int | None,
    before: Params,
) -> RewardFailure:
    """Return the failure of a call that returned what is no reward.

    Args:
        source: the reward function.
        instance: the instance that was called.
        problem: what is wrong with the value.
        car: index of the car; None for a single call.
        before: the params as they were before the call.
    """
    code = code_of(instance.own)
    file, line = source.label, None
    if code and code.co_filename in (files := source.files()):
        file, line = files[code.co_filename][0], code.co_firstlineno
    return RewardFailure(problem, file=file, line=line, step=_step(before), car=car, params=before)


def _step(params: Params) -> int | None:
    """Return the step that params belong to, if they tell."""
    steps = params.get("steps")
    return int(steps) if isinstance(steps, int | float) else None


@dataclass(frozen=True)
class _Place:
    """Where an exception arose in a user's file."""

    filename: str
    """Absolute path, as in the traceback."""
    line: int
    frame: FrameType
    position: tuple[int | None, int | None, int | None, int | None]
    """First and last line, first and last column of the failing expression."""


def _find_place(error: BaseException, filenames: Collection[str]) -> _Place | None:
    """Return the innermost place of an exception's traceback that lies in one of some files."""
    place = None
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename in filenames:
            # An instruction takes two bytes.
            position = next(islice(code.co_positions(), traceback.tb_lasti // 2, None))
            place = _Place(code.co_filename, traceback.tb_lineno, traceback.tb_frame, position)
        traceback = traceback.tb_next
    return place


def _advice(
    source: RewardSource, error: BaseException, indexed: object, params: Params | None
) -> str:
    """Return what to add to the line of an exception; empty if its cause is not known."""
    if isinstance(error, SystemExit):
        return ": a reward function must not end the program"
    if isinstance(error, IndexError) and _is_objects(indexed, params):
        return ": it needs objects (this is a time trial: the lists of objects are empty)"
    if isinstance(error, KeyError) and indexed is params and params is not None:
        key = str(error.args[0])
        if key in PARAMS:
            return f": the params of this call lack it; they have {', '.join(params) or 'none'}"
        near = get_close_matches(key, list(PARAMS), n=1)
        known = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(PARAMS)}"
        return f": no such param: {known}"
    if isinstance(error, TypeError) and "NoneType" in text_of(error):
        first = traits_of(source).first_step
        if first in (0, 1):
            return f": the file seems to wait for steps == {first}; the first call has steps == 2"
    return ""


def _is_objects(value: object, params: Params | None) -> bool:
    """Return whether a value is one of the object lists in the params."""
    if params is None or value is None:
        return False
    return any(value is params.get(name) for name in OBJECT_LISTS)


def _indexed(place: _Place, text: str) -> object:
    """Return the container that the failing expression ``container[key]`` looked into, if known."""
    line, last_line, column, last_column = place.position
    try:
        tree = parse_source(text, place.filename)
    except (SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and (line, last_line, column, last_column) == (
            node.lineno,
            node.end_lineno,
            node.col_offset,
            node.end_col_offset,
        ):
            return _value_of(node.value, place.frame)
    return None


def _value_of(node: ast.expr, frame: FrameType) -> object:
    """Return the value of ``name``, ``name.attribute`` or ``name['key']`` in a frame; else None."""
    match node:
        case ast.Name(name):
            return frame.f_locals.get(name, frame.f_globals.get(name))
        case ast.Subscript(ast.Name(name), ast.Constant(key)):
            owner = frame.f_locals.get(name, frame.f_globals.get(name))
            return owner.get(key) if isinstance(owner, dict) else None
        case ast.Attribute(ast.Name(name), attribute):
            return getattr(frame.f_locals.get(name), "__dict__", {}).get(attribute)
    return None

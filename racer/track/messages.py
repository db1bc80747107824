"""One readable line from what pydantic finds wrong with a track file."""

import reprlib
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ValidationError

_ITEMS = {"segments": "segment", "points": "point", "width": "width"}
_TAGS = ("arc", "list", "number")  # parts of a location that are not in the file
_NUMBER = "must be a number"
_TEXTS = {  # pydantic's error types in our words; in braces the limits of the field
    "greater_than": "must be more than {gt:g}",
    "less_than_equal": "must be at most {le:g}",
    "finite_number": "must be finite",
    "float_type": _NUMBER,
    "string_type": "must be a text",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "too_short": "must have at least {min_length} numbers",
    "too_long": "must have at most {max_length} numbers",
    "literal_error": "must be {expected}",
    "model_type": "must be a table",
    "segment_kind": "must have the key 'straight' or the key 'turn'",
}


def first_problem(error: ValidationError, models: Mapping[str, type[BaseModel]]) -> str:
    """Return the first problem as ``segment 3: radius must be positive, got -0.5``.

    Args:
        error: what pydantic raised.
        models: the model of each part whose keys are known, by the name of its tag or key; the
            whole file under the empty name.
    """
    problem = error.errors()[0]
    location, kind, limits = problem["loc"], problem["type"], problem.get("ctx", {})
    subject = _subject(location)
    if kind == "extra_forbidden":
        owner = next((str(part) for part in reversed(location[:-1]) if part in models), "")
        known = ", ".join(models[owner].model_fields)
        *place, key = subject.rsplit(": ", 1)
        return ": ".join([*place, f"unknown key '{key}', known: {known}"])
    if kind == "missing":
        return f"{subject} is missing"
    text = _TEXTS.get(kind, problem["msg"])
    if kind == "greater_than" and limits.get("gt") == 0.0:
        text = "must be positive"
    return f"{subject} {text.format(**limits)}, got {reprlib.repr(problem['input'])}"


def _subject(location: Sequence[int | str]) -> str:
    """Return the words for a location, with items counted from 1.

    ``("segments", 2, "arc", "radius")`` is ``segment 3: radius``.
    """
    parts = [part for part in location if part not in _TAGS]
    name = str(parts[0])
    if len(parts) == 1:
        return name
    if not isinstance(parts[1], int):  # a key of a table
        return f"{name}: {parts[1]}"
    item = f"{_ITEMS[name]} {parts[1] + 1}"
    if len(parts) == 2:
        return item
    return f"{item}: {'xy'[parts[2]] if isinstance(parts[2], int) else parts[2]}"

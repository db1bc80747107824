"""A reward function that failed: one line for the user, and all it takes to repeat the call."""

import json
from pathlib import Path
from typing import Any

from racer.errors import RewardError
from racer.foreign import parse_json, read_text
from racer.reward.params import Params, plain_value, restore_params

_SCHEMA = 1
_FIELDS = ("problem", "file", "line", "step", "car")


class RewardFailure(RewardError):  # noqa: N818  the user's function failed, not racer
    """A call of a reward function raised an exception or returned what cannot be a reward.

    The text is one line: ``my.py:14: step 37 of car 3: ZeroDivisionError: float division by zero``.

    Attributes:
        problem: what happened, without the place.
        file: the file, as messages show it.
        line: line of the file that failed; of a bad return value, where the function begins.
        step: ``steps`` of the call; None if the params had none.
        car: index of the car; None if a single call was made.
        params: the params as they were before the call.
        saved: the file that keeps all this, once it is saved.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str,
        line: int | None,
        step: int | None,
        car: int | None,
        params: Params,
    ) -> None:
        """Note what failed where."""
        self.problem = problem
        self.file = file
        self.line = line
        self.step = step
        self.car = car
        self.params = params
        self.saved: str | None = None
        place = file if line is None else f"{file}:{line}"
        call = [] if step is None else [f"step {step}"]
        call += [] if car is None else [f"car {car}"]
        super().__init__(": ".join(filter(None, (place, " of ".join(call), problem))))

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the failure travel between processes."""
        return _rebuild, (self.to_dict(), self.params)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields but for the params."""
        return {name: getattr(self, name) for name in _FIELDS}


def _rebuild(fields: dict[str, Any], params: Params) -> RewardFailure:
    """Return the failure of these fields."""
    return RewardFailure(**fields, params=params)


def save_failure(failure: RewardFailure, path: str | Path) -> None:
    """Write a failure as JSON, so that ``read_params`` and ``call_once`` can repeat the call.

    Args:
        failure: what happened.
        path: the file to write; one that is there is replaced.
    """
    report = {"schema": _SCHEMA, "message": str(failure), **failure.to_dict()}
    report["params"] = failure.params
    Path(path).write_text(json.dumps(report, default=plain_value) + "\n", encoding="utf-8")
    failure.saved = str(path)


def read_params(path: str | Path) -> Params:
    """Return the params in a JSON file: a failure report, or the params alone.

    Raises:
        RewardError: if the file cannot be read, or holds neither.
    """
    return _params_of(Path(path), _read_json(Path(path)))


def _params_of(path: Path, data: dict[str, Any]) -> Params:
    """Return the params in the data of a file, with their types."""
    try:
        return restore_params(data.get("params", data))
    except RewardError as error:
        raise RewardError(f"{path}: {error}") from error


def _read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file."""
    try:
        data = parse_json(read_text(path))
    except (OSError, UnicodeDecodeError) as error:
        raise RewardError(f"{path}: cannot be read: {error}") from error
    except json.JSONDecodeError as error:
        raise RewardError(f"{path}:{error.lineno}: not valid JSON: {error.msg}") from error
    if not isinstance(data, dict):
        raise RewardError(f"{path}: expected a JSON object, got {data!r:.60}")
    return data

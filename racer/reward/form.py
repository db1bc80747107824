"""The form a reward function must have, and what to say when it has another."""

import ast
import inspect
from difflib import get_close_matches
from typing import Any

from racer.errors import RewardError
from racer.reward.siblings import parse_source

_EXPECTED = "def reward_function(params)"

_POSITIONAL = {"on_track", "car_orientation", "throttle", "steering", "closest_waypoint"}
"""Parameters of the form of 2018 and 2019 that are no names of today's params."""

_POSITIONAL_COUNT = 8
"""A function with so many parameters is of that form, whatever it calls them."""


def check_parameters(function: Any, label: str) -> None:
    """Check that a reward function can be called with the params alone.

    Args:
        function: what the file names ``reward_function``.
        label: the file, for messages.

    Raises:
        RewardError: if it is no function or wants something else than one dict.
    """
    if not callable(function):
        kind = type(function).__name__
        raise RewardError(f"{label}: expected `{_EXPECTED}`, got a variable of type {kind}")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # compiled code does not say
        return
    try:
        signature.bind({})
    except TypeError:
        names = list(signature.parameters)
        raise RewardError(f"{_where(function, label)}: {_wrong_parameters(names)}") from None


def _wrong_parameters(names: list[str]) -> str:
    """Return what is wrong with a function of these parameters."""
    if len(names) >= _POSITIONAL_COUNT or _POSITIONAL & set(names):
        return (
            f"reward_function takes {len(names)} parameters ({', '.join(names[:3])}, …), which is "
            f"the form of 2018 and 2019; expected `{_EXPECTED}`, with params['x'] for x"
        )
    if names and names[0] == "self":
        return f"reward_function takes ({', '.join(names)}) like a method; expected `{_EXPECTED}`"
    return f"reward_function takes ({', '.join(names)}); expected one parameter: `{_EXPECTED}`"


def _where(function: Any, label: str) -> str:
    """Return ``file:line`` of a function, or the file if Python does not know the line."""
    code = getattr(function, "__code__", None)
    return f"{label}:{code.co_firstlineno}" if code else label


def missing_function(text: str, label: str) -> str:
    """Return the message for a file in which ``reward_function`` is not defined.

    Args:
        text: source of the file.
        label: the file, for messages.
    """
    expected = f"expected `{_EXPECTED}`"
    functions: dict[str, int] = {}
    for node in ast.walk(parse_source(text, label)):
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name == "reward_function":
                    return (
                        f"{label}:{method.lineno}: {expected} outside a class, got a method: add "
                        f"`reward_function = {node.name}().reward_function` to the end of the file"
                    )
        elif isinstance(node, ast.FunctionDef):
            functions[node.name] = node.lineno
    near = get_close_matches("reward_function", list(functions), n=1)
    if near:
        return f"{label}:{functions[near[0]]}: {expected}, got `def {near[0]}`: rename it"
    return f"{label}: {expected}, found no function of this name"

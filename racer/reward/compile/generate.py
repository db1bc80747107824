"""From a reward function to the source of a module that pays many cars."""

import ast
import hashlib
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType

from racer.reward.compile import reals, runtime
from racer.reward.compile.calls import call, call_user, compile_function
from racer.reward.compile.frame import CONTEXT
from racer.reward.compile.holders import Slot
from racer.reward.compile.keys import PARAMS_VALUE
from racer.reward.compile.obstacle import CannotCompile, Obstacle
from racer.reward.compile.program import Compiled, Program
from racer.reward.compile.values import Number, Value, as_real, convert, is_passed
from racer.reward.load import RewardInstance, RewardSource
from racer.reward.run import MAX_REWARD

_MAX_ROUNDS = 10

_HEAD = '''"""Generated from a reward function."""

import math

import numpy as np

from racer.kernels._jit import inlined, jit
{imports}
# {digest}: of the functions above, which become part of the compiled code
inf = math.inf
nan = math.nan
'''

_LOOP = '''
@jit
def pay(M, cars, first, W, begins, facts, track_index, state, S, position, paid):
    """Pay some cars: see racer.reward.compile.runner."""
    for k in range(first, cars.shape[0]):
        position[0] = k
        c = cars[k]
        t = track_index[c]
        w0 = begins[t]
        wn = begins[t + 1] - w0
        F = facts[t]
        S[0] = 0.0
{load}
        r = {call}
        if not abs(r) <= {limit!r}:
            raise NeedsPython
        paid[k] = r
{keep}
'''

_LOAD = """
        if state[c, 0] != 0.0:
            raise NeedsPython
        for j in range({first}, {size}):
            S[j] = state[c, j]
"""
_KEEP = "        for j in range({first}, {size}):\n            state[c, j] = S[j]"


@dataclass(frozen=True)
class Generated:
    """The source of a module, and what belongs to it."""

    text: str
    """Its source; it is the same for the same reward function."""
    slots: tuple[Slot, ...]
    """What the function keeps between calls, on the objects of the instance."""
    exact: bool
    """Rewards must equal Python's to the last bit; else numpy computes some functions its way."""


def generate(source: RewardSource, instance: RewardInstance) -> Generated | tuple[Obstacle, ...]:
    """Return the source of a module that pays cars, or what prevents it.

    Args:
        source: the reward function.
        instance: an instance of it that was never called.
    """
    program = Program(source, call, call_user)
    text = ""
    try:
        text = _settle(program, instance)
    except CannotCompile as problem:
        program.note(problem, None)
    program.check_aliases()
    if program.obstacles:
        return tuple(sorted(program.obstacles, key=lambda one: (one.file or "", one.line or 0)))
    return Generated(text, tuple(program.slots.values()), not program.inexact)


def _settle(program: Program, instance: RewardInstance) -> str:
    """Compile until what is known of the state no longer grows; return the source of the module.

    Raises:
        CannotCompile: if that does not end, or the reward is no number.
    """
    function = instance.own
    if not isinstance(function, FunctionType):
        raise CannotCompile("a reward_function that is no plain function")
    user = program.user_function(function)
    arguments = user.node.args
    parameter = (arguments.posonlyargs + arguments.args)[0].arg
    given = {**user.defaults, parameter: PARAMS_VALUE}
    types = {name: one.type for name, one in given.items()}
    for _ in range(_MAX_ROUNDS):
        program.begin_round()
        root = compile_function(program, user, types)
        if program.changed:
            continue
        if root.failed:
            return ""  # the obstacles have been noted
        if not isinstance(root.result, Number):
            raise CannotCompile("a reward that is no number", user.node.lineno)
        passed = [convert(one, one.type) for one in given.values() if is_passed(one.type)]
        code = f"{root.name}({', '.join([CONTEXT, *passed])})"
        return _module_text(program, root, as_real(Value(root.result, code)))
    raise CannotCompile("a state whose types do not settle")


def _module_text(program: Program, root: Compiled, result: str) -> str:
    """Return the source of the module, whose loop computes a reward with some code."""
    functions = [one.text for one in program.reachable(root)]
    size = runtime.HEAD + 2 * len(program.slots)
    place = {"first": runtime.HEAD, "size": size}
    loop = _LOOP.format(
        load=_LOAD.format(**place) if program.slots else "",
        keep=_KEEP.format(**place) if program.slots else "",
        call=result,
        limit=MAX_REWARD,
    )
    body = "\n\n\n".join(["\n".join(program.table_code()), *functions, loop])
    used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    return _HEAD.format(imports=_imports(used), digest=_digest()) + body


def _imports(used: set[str]) -> str:
    """Return the imports of the functions that some source uses."""
    lines = []
    for module in (reals, runtime):
        own = {name for name, thing in vars(module).items() if _is_of(thing, module)}
        names = sorted(own & (used | {"NeedsPython"}))
        if names:
            lines += [f"from {module.__name__} import (\n", *(f"    {name},\n" for name in names)]
            lines.append(")\n")
    return "".join(lines)


def _is_of(thing: object, module: ModuleType) -> bool:
    return getattr(thing, "__module__", None) == module.__name__


def _digest() -> str:
    """Return a digest of the functions that generated code calls."""
    digest = hashlib.sha256()
    for module in (reals, runtime):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:16]

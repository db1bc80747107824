"""``compile_reward``: from a source to machine code, or to the reasons why not."""

from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from racer.errors import RewardError
from racer.kernels._jit import CompilationError, load_generated
from racer.reward.compile.generate import Generated, generate
from racer.reward.compile.obstacle import Obstacle
from racer.reward.compile.runner import CompiledReward, empty_call, initial_state
from racer.reward.load import RewardInstance, RewardSource
from racer.reward.output import Prints
from racer.reward.siblings import imported_names, parse_source
from racer.reward.streams import kept_global_state
from racer.reward.traits import traits_of

_STEADY = {"__future__", "math", "numpy", "racer.reward.shaping", "typing"}
"""Modules that give a file the same values whenever it is executed."""


def compile_reward(source: RewardSource) -> CompiledReward | tuple[Obstacle, ...]:
    """Return a reward function as machine code, or everything that prevents it.

    The file is executed, but its reward function is not called. Machine code is kept in the cache
    folder, so compiling the same function again takes milliseconds.

    Args:
        source: the reward function.
    """
    if source.function is not None:
        return (Obstacle(None, "a Python function without a file of its own"),)
    try:
        with _quiet():
            instance = source.instantiate()
            generated = generate(source, instance)
            if isinstance(generated, Generated) and not _is_steady(source, generated):
                return (Obstacle(None, "values that differ each time the file is executed"),)
    except RewardError as error:
        return (Obstacle(None, f"the file cannot be executed: {error}"),)
    except RecursionError:
        return (Obstacle(None, "expressions that are nested too deeply"),)
    if not isinstance(generated, Generated):
        return generated
    return _to_machine_code(source, instance, generated)


def _to_machine_code(
    source: RewardSource, instance: RewardInstance, generated: Generated
) -> CompiledReward | tuple[Obstacle, ...]:
    """Return the compiled loop of generated source."""
    try:
        pay = load_generated(generated.text).pay
        pay(*empty_call(len(initial_state(generated))))
    except CompilationError as error:
        return (Obstacle(None, f"numba cannot compile it: {_reason(error)}"),)
    except OSError as error:
        return (Obstacle(None, f"the cache folder cannot be written: {error}"),)
    return CompiledReward(source, generated, pay, instance)


def _reason(error: Exception) -> str:
    """Return the line of a message of numba that says most."""
    lines = [line.strip() for line in str(error).splitlines()]
    told = [
        line for line in lines if line and not line.startswith(("Failed in", "During:", "File"))
    ]
    return (told or [type(error).__name__])[0][:200]


def _is_steady(source: RewardSource, generated: Generated) -> bool:
    """Return whether executing the file once more gives the same program and initial state.

    What may draw random numbers is not trusted: each car has a stream of its own.
    """
    if traits_of(source).is_random:
        return False
    trees = [parse_source(text, name) for name, (_, text) in source.files().items()]
    modules = {name for tree in trees for name in imported_names(tree)}
    if modules <= _STEADY:
        return True
    again = generate(source, source.instantiate())
    if not isinstance(again, Generated) or again.text != generated.text:
        return False
    return bool((initial_state(again) == initial_state(generated)).all())


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the file prints, or does to the global random numbers, from the process."""
    with kept_global_state(), redirect_stdout(Prints()), redirect_stderr(Prints()):
        yield

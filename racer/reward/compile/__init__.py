"""Compiles reward functions: unmodified source in, a loop over the cars in machine code out.

The source is checked construct by construct (expressions, statements, calls); each value gets a
static type (values); what comes out is Python again, a module of plain arithmetic (generate) that
numba compiles. Where the arithmetic would have to raise an exception, or leaves what it knows, the
user's own function is called for that car (runtime, runner). So what is compiled behaves as what is
interpreted, or it is not compiled; ``racer.evaluation.compile_checked`` makes sure of it.
"""

from racer.reward.compile.build import compile_reward
from racer.reward.compile.obstacle import Obstacle
from racer.reward.compile.runner import CompiledReward, CompiledRunner

__all__ = ["CompiledReward", "CompiledRunner", "Obstacle", "compile_reward"]

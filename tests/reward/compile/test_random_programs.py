"""Random programs of the safe subset pay the same compiled as interpreted."""

import numpy as np
import pytest

from racer.reward.compile import CompiledReward, compile_reward

FLOATS = ["x", "y", "distance_from_center", "progress", "steps", "speed", "steering_angle"]
FLOATS += ["track_width", "heading", "track_length", "sim_time"]
TRUTHS = ["all_wheels_on_track", "is_left_of_center", "is_offtrack", "is_reversed", "is_crashed"]

HEAD = """
import math

FLAT = [0.5, 1.5, -2.0, 3.25, 7.0, 0.125]
WHOLE = (1, 2, 3, 5, 8, 13, 21)
ROWS = [[0.5, 1], [1.5, 2], [2.5, -3], [-0.5, 4]]
memory = {"a": 0.0, "b": None, "c": 1, "d": False}
count = 0


class Keeper:
    scale = 2

    def __init__(self):
        self.last = 0
        self.seen = None

    def step(self, value):
        before = self.last
        self.last = value if value == value and abs(value) < 1e6 else 0.0
        if self.seen is None or self.seen > 40:
            self.seen = 0
        self.seen += 1
        return before * self.scale


keeper = Keeper()
"""


class Writer:
    """Writes a random program: the same one for the same seed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.numbers: list[str] = []
        self.lines: list[str] = []
        self.n_names = 0

    def pick(self, *choices):
        return choices[self.rng.integers(len(choices))]

    # --- expressions ---

    def number(self, depth: int) -> str:
        if depth <= 0 or self.rng.random() < 0.1:
            return self.leaf()
        kind = self.pick(*KINDS)
        return getattr(self, kind)(depth - 1)

    def leaf(self) -> str:
        choice = self.rng.random()
        if self.numbers and choice < 0.35:
            return self.pick(*self.numbers)
        if choice < 0.65:
            return f"p['{self.pick(*FLOATS)}']"
        if choice < 0.72:
            return f"p['{self.pick(*TRUTHS)}']"
        if choice < 0.78:
            return f"p['closest_waypoints'][{self.pick(0, 1)}]"
        if choice < 0.84:
            return self.pick("memory['a']", "memory['c']", "memory['d']", "count", "keeper.last")
        return repr(self.pick(0, 1, 2, 3, -1, 10, 0.5, 2.0, -1.5, 0.1, 1e-3, 360.0, 180, True))

    def whole(self, depth: int) -> str:
        return self.pick(
            lambda: f"int({self.number(depth)})",
            lambda: f"p['closest_waypoints'][{self.pick(0, 1)}]",
            lambda: f"round({self.number(depth)})",
            lambda: self.pick("len(WHOLE)", "len(FLAT)", "len(p['waypoints'])"),
            lambda: (
                f"({self.whole(0)} {self.pick('+', '-', '*', '//', '%')} {self.whole(0)})"
                if depth > 0
                else str(self.pick(0, 1, 2, 5))
            ),
        )()

    def arithmetic(self, depth: int) -> str:
        operator = self.pick("+", "-", "*", "+", "-", "*", "/", "//", "%")
        return f"({self.number(depth)} {operator} {self.number(depth)})"

    def power(self, depth: int) -> str:
        return f"({self.number(depth)} ** {self.pick(2, 0.5, 3, -1, 1.5, 2.0)})"

    def sign(self, depth: int) -> str:
        return f"({self.pick('-', '+')}{self.number(depth)})"

    def function(self, depth: int) -> str:
        name = self.pick("abs", "float", "math.sin", "math.cos", "math.atan", "math.floor", "int")
        name = self.pick(name, "math.exp", "math.sqrt", "math.log", "round", "math.ceil", "bool")
        return f"{name}({self.number(depth)})"

    def function_of_two(self, depth: int) -> str:
        name = self.pick("max", "min", "math.hypot", "math.atan2", "math.pow", "helper", "max")
        return f"{name}({self.number(depth)}, {self.number(depth)})"

    def conditional(self, depth: int) -> str:
        return f"({self.number(depth)} if {self.truth(depth)} else {self.number(depth)})"

    def either(self, depth: int) -> str:
        return f"({self.number(depth)} {self.pick('and', 'or')} {self.number(depth)})"

    def item(self, depth: int) -> str:
        index = self.whole(depth)
        table = self.pick("FLAT", "WHOLE")
        return self.pick(
            f"{table}[{index} % 5]",
            f"{table}[{index}]",
            f"ROWS[{index} % 4][{self.pick(0, 1, -1)}]",
            f"p['waypoints'][{index}][{self.pick(0, 1)}]",
            f"p['waypoints'][{index} % len(p['waypoints'])][0]",
        )

    def truth(self, depth: int) -> str:
        if depth <= 0:
            return f"p['{self.pick(*TRUTHS)}']"
        compare = self.pick("<", "<=", ">", ">=", "==", "!=")
        left, right = self.number(depth - 1), self.number(depth - 1)
        return self.pick(
            lambda: f"{left} {compare} {right}",
            lambda: f"({left} {compare} {right})",
            lambda: f"({left} < {right} {compare} {self.number(0)})",
            lambda: f"(not {self.truth(depth - 1)})",
            lambda: f"({self.truth(depth - 1)} {self.pick('and', 'or')} {self.truth(depth - 1)})",
            lambda: f"({self.whole(0)} in {self.pick('WHOLE', 'range(3, 30, 2)', '(1, 2, 3)')})",
            lambda: f"(memory['b'] is {self.pick('', 'not ')}None)",
        )()

    # --- statements ---

    def statement(self, indent: str, depth: int) -> None:
        kind = self.pick(*(STATEMENTS if depth > 0 else STATEMENTS[:6]))
        getattr(self, kind)(indent, depth)

    def block(self, indent: str, depth: int) -> None:
        known = [*self.numbers]
        for _ in range(self.rng.integers(1, 3)):
            self.statement(indent + "    ", depth - 1)
        self.numbers = known if self.rng.random() < 0.8 else self.numbers

    def assign(self, indent: str, depth: int) -> None:
        if self.numbers and self.rng.random() < 0.4:
            name = self.pick(*self.numbers)
        else:
            name = f"n{self.n_names}"
            self.n_names += 1
        self.lines.append(f"{indent}{name} = {self.number(2)}")
        if name not in self.numbers:
            self.numbers.append(name)

    def augment(self, indent: str, depth: int) -> None:
        if not self.numbers:
            return self.assign(indent, depth)
        operator = self.pick("+=", "-=", "*=", "/=")
        self.lines.append(f"{indent}{self.pick(*self.numbers)} {operator} {self.number(1)}")
        return None

    def keep(self, indent: str, depth: int) -> None:
        line = self.pick(
            f"memory['a'] = float({self.number(1)})",
            f"memory['b'] = {self.pick('None', f'float({self.number(1)})')}",
            f"memory['c'] = {self.whole(1)}",
            f"memory['d'] = bool({self.number(1)})",
            "count = count % 50 + 1",
        )
        self.lines.append(f"{indent}{line}")

    def call(self, indent: str, depth: int) -> None:
        name = f"n{self.n_names}"
        self.n_names += 1
        called = self.pick(f"keeper.step(float({self.number(1)}))", f"inner({self.number(1)})")
        self.lines.append(f"{indent}{name} = {called}")
        self.numbers.append(name)

    def unpack(self, indent: str, depth: int) -> None:
        a, b = f"n{self.n_names}", f"n{self.n_names + 1}"
        self.n_names += 2
        what = self.pick(
            f"{self.number(1)}, {self.number(1)}",
            f"p['waypoints'][{self.whole(0)} % 20]",
            f"ROWS[{self.whole(0)} % 4]",
            f"two({self.number(1)})",
        )
        self.lines.append(f"{indent}{a}, {b} = {what}")
        self.numbers += [a, b]

    def reduce(self, indent: str, depth: int) -> None:
        name = f"n{self.n_names}"
        self.n_names += 1
        what = self.pick(
            "min(math.hypot(u - p['x'], v - p['y']) for u, v in p['waypoints'])",
            f"max(k * {self.number(0)} for k in WHOLE)",
            "len([k for k in FLAT if k > p['x']])",
            "(1 if any(k > p['y'] for k in FLAT) else 0)",
        )
        self.lines.append(f"{indent}{name} = {what}")
        self.numbers.append(name)

    def branch(self, indent: str, depth: int) -> None:
        self.lines.append(f"{indent}if {self.truth(2)}:")
        self.block(indent, depth)
        if self.rng.random() < 0.4:
            self.lines.append(f"{indent}elif {self.truth(1)}:")
            self.block(indent, depth)
        if self.rng.random() < 0.6:
            self.lines.append(f"{indent}else:")
            self.block(indent, depth)

    def loop(self, indent: str, depth: int) -> None:
        name = f"n{self.n_names}"
        self.n_names += 1
        over = self.pick(
            f"{name} in range({self.pick(3, 7)})",
            f"{name} in range({self.whole(0)} % 5, 9, {self.pick(1, 2, 3)})",
            f"{name} in FLAT",
            f"{name}, _ in ROWS",
            f"_, {name} in enumerate(WHOLE)",
            f"_, {name} in reversed(p['waypoints'])",
            f"{name}, _ in zip(FLAT, ROWS)",
        )
        self.lines.append(f"{indent}for {over}:")
        self.numbers.append(name)
        self.block(indent, depth)
        if self.rng.random() < 0.4:
            self.lines.append(f"{indent}    if {self.truth(1)}:")
            self.lines.append(f"{indent}        {self.pick('break', 'continue')}")

    def attempt(self, indent: str, depth: int) -> None:
        self.lines.append(f"{indent}try:")
        self.block(indent, depth)
        self.lines.append(f"{indent}except {self.pick('Exception', 'ZeroDivisionError')}:")
        self.block(indent, depth)

    def leave(self, indent: str, depth: int) -> None:
        self.lines.append(f"{indent}if {self.truth(2)}:")
        self.lines.append(f"{indent}    return {self.number(1)}")

    def program(self) -> str:
        for name, of in (("helper", "a, b"), ("inner", "a"), ("two", "a")):
            helper = HelperWriter(int(self.rng.integers(2**31)))
            helper.numbers = of.split(", ")
            result = helper.number(2) + (f", {helper.number(1)}" if name == "two" else "")
            self.lines += [f"def {name}({of}):", f"    return {result}", ""]
        self.lines += ["def reward_function(p):", "    global count"]
        for _ in range(self.rng.integers(4, 9)):
            self.statement("    ", 2)
        last = self.number(2)
        self.lines.append(f"    return {self.pick(last, f'max(-1e4, min(1e4, {last}))')}")
        return HEAD + "\n\n" + "\n".join(self.lines) + "\n"


class HelperWriter(Writer):
    """Writes expressions of arguments only."""

    def leaf(self) -> str:
        return self.pick(*self.numbers, "1", "0.5", "2", "FLAT[1]")

    def whole(self, depth: int) -> str:
        return self.pick("1", "2", "-3", f"int({self.leaf()})")

    def truth(self, depth: int) -> str:
        return f"{self.leaf()} < {self.leaf()}"

    def item(self, depth: int) -> str:
        return f"FLAT[{self.whole(0)}]"

    def function_of_two(self, depth: int) -> str:
        return f"max({self.number(depth)}, {self.number(depth)})"


KINDS = ["arithmetic"] * 6 + ["power", "sign", "function", "function", "function_of_two"]
KINDS += ["function_of_two", "conditional", "either", "item"]
STATEMENTS = ["assign", "assign", "augment", "keep", "call", "unpack", "reduce", "branch"]
STATEMENTS += ["branch", "loop", "attempt", "leave"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_random_program_pays_the_same_or_fails_the_same(source, both, seed):
    result = compile_reward(source(Writer(seed).program()))
    if isinstance(result, CompiledReward):
        assert both(result).differences == []

"""The direction of imports is a rule: a package imports itself and lower floors, nothing else."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

FLOORS = {
    "cache": -1,
    "kernels": 0,
    "errors": 0,
    "foreign": 0,
    "assets": 0,
    "naming": 0,
    "defaults": 0,
    "run_files": 0,
    "storage": 1,
    "track": 1,
    "vehicle": 1,
    "sensors": 2,
    "optimal": 2,
    "store": 2,
    "reward": 2,
    "processes": 3,
    "env": 3,
    "gym": 4,
    "algorithms": 4,
    "evaluation": 4,
    "config": 5,
    "runs": 6,
    "training": 7,
    "analysis": 7,
    "deepracer": 7,
    "jobs": 8,
    "reward_lab": 9,
    "studies": 9,
    "api": 9,
    "cli": 10,
    "console": 10,
    "__main__": 11,
}

ROOMS = {
    "numba": ("racer/kernels/_jit.py",),
    "torch": ("racer/algorithms/", "racer/training/"),
    "stable_baselines3": ("racer/algorithms/", "racer/training/"),
    "matplotlib": (
        "racer/analysis/",
        "racer/env/picture.py",
        "racer/env/rendering.py",
        "racer/env/scene.py",
    ),
    "typer": ("racer/cli/",),
    "rich": ("racer/cli/",),
    "click": ("racer/cli/",),
    "optuna": ("racer/studies/",),
    "ray": ("racer/studies/",),
    "obstore": ("racer/store/",),
    "casadi": ("racer/optimal/equations.py",),
}
"""Heavy packages, and the only places that may import them."""


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of every import, also of those inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            if node.module == "racer":
                for alias in node.names:
                    yield node.lineno, f"racer.{alias.name}"
            else:
                yield node.lineno, "." * node.level + (node.module or "")


def floor_of(part: str) -> int:
    """Return the floor of a part of racer; public names of the package itself are its top."""
    return FLOORS.get(part, FLOORS["api"])


def faults(root: Path) -> list[str]:
    """Return a line for every import under ``root/racer`` that breaks a rule."""
    found = []
    for path in sorted((root / "racer").rglob("*.py")):
        where = path.relative_to(root).as_posix()
        if "_assets" in where:
            continue
        own = path.relative_to(root / "racer").parts[0].removesuffix(".py")
        for line, name in imported(path.read_text("utf-8")):
            top, _, rest = name.partition(".")
            if top == "racer" and own != "__init__":
                part = rest.partition(".")[0]
                if part != own and floor_of(part) >= FLOORS[own]:
                    found.append(f"{where}:{line}: imports {name}, which is not on a lower floor")
            elif top in ROOMS and not where.startswith(ROOMS[top]):
                found.append(f"{where}:{line}: imports {name} outside {', '.join(ROOMS[top])}")
            elif name.startswith("."):
                found.append(f"{where}:{line}: a relative import hides its direction")
    return found


def test_imports_point_downward_and_heavy_packages_stay_in_their_rooms():
    assert faults(ROOT) == []


@pytest.mark.parametrize(
    ("file", "line", "fault"),
    [
        ("kernels/x.py", "from racer.track import Track", "not on a lower floor"),
        ("kernels/x.py", "from racer.kernels import layout", None),
        ("kernels/x.py", "from racer.errors import RacerError", "not on a lower floor"),
        ("reward/x.py", "from racer.sensors import View", "not on a lower floor"),
        ("env/x.py", "def f():\n    from racer import training", "not on a lower floor"),
        ("env/x.py", "from racer import RacerEnv", "not on a lower floor"),
        ("env/x.py", "from racer.reward import PARAMS", None),
        ("env/world.py", "import torch", "outside"),
        ("track/x.py", "from matplotlib.figure import Figure", "outside"),
        ("track/x.py", "import numba", "outside"),
        ("cli/x.py", "import rich.table", None),
        ("env/x.py", "from .world import World", "relative"),
    ],
)
def test_each_kind_of_fault_is_found(tmp_path, file, line, fault):
    path = tmp_path / "racer" / file
    path.parent.mkdir(parents=True)
    path.write_text(line)
    found = faults(tmp_path)
    if fault is None:
        assert found == []
    else:
        assert len(found) == 1
        assert fault in found[0]


OPENED = {"_exit", "_getframe", "_current_frames", "_fields", "_replace", "_asdict", "_trial_id"}
"""Names with an underscore that are documented (os, sys, NamedTuple), or that Optuna lacks."""


def opened(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, name) of every private attribute of another object than self and cls."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Attribute) or node.attr in OPENED:
            continue
        owner, is_private = ast.unparse(node.value), node.attr[0] == "_" and node.attr[:2] != "__"
        if is_private and owner not in ("self", "cls", "super()"):
            yield node.lineno, f"{owner}.{node.attr}"


def test_what_sb3_keeps_private_is_touched_in_algorithms_only():
    found = [
        f"{path.relative_to(ROOT).as_posix()}:{line}: {name}"
        for path in sorted((ROOT / "racer").rglob("*.py"))
        if "algorithms" not in path.parts and "_assets" not in path.parts
        for line, name in opened(path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("model._last_obs", ["model._last_obs"]),
        ("self.model._n_updates = 3", ["self.model._n_updates"]),
        ("self._n_updates += super()._n + cls._m", []),
        ("os._exit(model.__class__)", []),
    ],
)
def test_a_private_attribute_of_another_object_is_found(line, found):
    assert [name for _, name in opened(line)] == found


def circles(root: Path) -> list[list[str]]:
    """Return the groups of files under ``root/racer`` that import each other in a circle."""
    names = {
        ".".join(path.relative_to(root).with_suffix("").parts): path
        for path in (root / "racer").rglob("*.py")
        if path.name != "__init__.py" and "_assets" not in path.parts
    }
    below = {name: files_imported(path, names) for name, path in names.items()}
    found = []
    while leaves := {name for name, files in below.items() if not files & below.keys()}:
        below = {name: files for name, files in below.items() if name not in leaves}
    while tops := below.keys() - {file for files in below.values() for file in files}:
        below = {name: files for name, files in below.items() if name not in tops}
    if below:
        found.append(sorted(below))
    return found


def files_imported(path: Path, names: dict[str, Path]) -> set[str]:
    """Return which of some files a file imports, also inside functions."""
    wanted = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            parts = {f"{node.module}.{alias.name}" for alias in node.names}
            wanted |= (parts & names.keys()) or ({node.module} & names.keys())
    return wanted


def test_no_files_import_each_other_in_a_circle():
    assert circles(ROOT) == []


def test_a_circle_of_files_is_found(tmp_path):
    (tmp_path / "racer" / "env").mkdir(parents=True)
    for name, other in (("a", "b"), ("b", "c"), ("c", "b"), ("d", "a")):
        text = f"def f():\n    from racer.env.{other} import x\n"
        (tmp_path / "racer" / "env" / f"{name}.py").write_text(text)
    assert circles(tmp_path) == [["racer.env.b", "racer.env.c"]]


def test_every_part_of_racer_has_a_floor():
    parts = {p.name.removesuffix(".py") for p in (ROOT / "racer").iterdir()}
    parts -= {"__init__", "__pycache__", "_assets", "py.typed"}
    assert parts <= set(FLOORS)


def test_importing_racer_loads_nothing_heavy():
    code = "import racer, sys; print(sorted(set(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = ast.literal_eval(answer.stdout)
    heavy = {"torch", "stable_baselines3", "matplotlib", "numba", "scipy", "gymnasium", "typer"}
    assert heavy & set(loaded) == set()

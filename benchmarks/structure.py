"""Counts what a reader of the code has to take in, for one or more checkouts side by side.

Without arguments it counts this checkout; ``python benchmarks/structure.py ../before .`` two.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def modules(root: Path) -> dict[Path, ast.Module]:
    """Return the modules of racer in a checkout, by their path below ``racer/``."""
    package = root / "racer"
    paths = [path for path in sorted(package.rglob("*.py")) if "_assets" not in path.parts]
    return {path.relative_to(package): ast.parse(path.read_text("utf-8")) for path in paths}


def n_lines(root: Path) -> int:
    """Return how many lines racer has."""
    return sum(
        len((root / "racer" / path).read_text("utf-8").splitlines()) for path in modules(root)
    )


def public_names(tree: ast.Module) -> Iterator[str]:
    """Yield the public functions and classes of a module."""
    for node in tree.body:
        if isinstance(node, DEFINITIONS) and not node.name.startswith("_"):
            yield node.name


def imports_from_other_packages(path: Path, tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield (module, name) of what a module takes from another package of racer."""
    own = path.parts[0] if len(path.parts) > 1 else path.stem
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "racer":
            parts = (node.module or "").split(".")
            for alias in node.names:
                if (parts[1] if len(parts) > 1 else alias.name) != own:
                    yield node.module or "", alias.name


def repeated(names: Counter[str]) -> int:
    """Return how many names stand for more than one thing."""
    return sum(count > 1 for count in names.values())


def figures(root: Path) -> dict[str, int]:
    """Return the counts of a checkout."""
    trees = modules(root)
    names = Counter(name for tree in trees.values() for name in public_names(tree))
    files = Counter(path.name for path in trees if path.name != "__init__.py")
    outside = {
        pair for path, tree in trees.items() for pair in imports_from_other_packages(path, tree)
    }
    bodies = [
        (node.end_lineno or 0) - node.lineno + 1
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    ]
    return {
        "lines in racer/": n_lines(root),
        "files": len(trees),
        "public functions and classes": names.total(),
        "public names of more than one": repeated(names),
        "names imported from another package": len(outside),
        "file names used more than once": repeated(files),
        "functions over 60 lines": sum(length > 60 for length in bodies),
    }


def main() -> None:
    """Print the table."""
    roots = [Path(given) for given in sys.argv[1:]] or [Path(__file__).resolve().parents[1]]
    columns = [figures(root) for root in roots]
    for name in columns[0]:
        print(f"{name:38}", *(f"{column[name]:>8,}" for column in columns))


if __name__ == "__main__":
    main()

"""Will it drive outside? The figures of docs/transfer.md: four cars and a student, measured alike.

    python benchmarks/transfer.py FOLDER [--routes ROUTE.npy ...]

Trains what is not in FOLDER yet: one road or seven, without or with random elements, and a student
that imitates a teacher among them. Then ``racer robustness`` for all of them, with the routes as
further roads that they never saw, and what is left of each when a part of the surroundings is
controlled: everything random at strength 1 but for a group of factors.
"""

import argparse
import json
import time
from pathlib import Path

import racer
from racer.api import load_run
from racer.env.factors import FACTORS

ONE, MANY = ["reinvent_2018"], ["reinvent_2018", "generated:1-6"]
STEPS = 300_000
"""Of each of the four: they differ in what they see, not in how long they learn."""

GROUPS = {
    "nothing": (),
    "light": ("brightness", "contrast", "gradient", "shadow"),
    "colours": ("ground_color", "line_color", "texture"),
    "things beside the road": ("distractors",),
    "camera": ("camera_pose", "noise", "blur"),
    "delay": ("latency", "frame_drop"),
    "car": ("steering_gain", "steering_bias", "speed_gain", "grip"),
}
"""What can be controlled, and the factors that then are off."""


def trained(folder: Path, name: str, **settings: object) -> racer.Run:
    """Return a run, trained now if it is not there; say how long that took."""
    if (folder / name / "evaluation.json").is_file():
        return load_run(folder / name)
    start = time.perf_counter()
    common = {"observe": "camera", "critic": "state", "steps": STEPS, "record": False}
    run = racer.train(name=name, runs_dir=folder, **{**common, **settings})
    print(f"{name}: {time.perf_counter() - start:.0f} s")
    return run


def student(folder: Path) -> racer.Run:
    """Return a student that has seen random elements, of a teacher that knows its state."""
    if (folder / "student" / "evaluation.json").is_file():
        return load_run(folder / "student")
    start = time.perf_counter()
    teacher = racer.train(name="teacher", runs_dir=folder)
    taught = time.perf_counter()
    run = racer.distill(
        teacher, "student", runs_dir=folder, randomize=1.0, steps=40_000, record=False
    )
    print(f"student: {taught - start:.0f} s for its teacher, {time.perf_counter() - taught:.0f} s")
    return run


def controlled(runs: list[racer.Run]) -> dict[str, dict[str, float]]:
    """Return finish rates with everything random at 1, but for one group of factors."""
    return {
        group: {
            run.name: racer.evaluate(
                run, trials=200, randomize={name: 1.0 for name in FACTORS if name not in off}
            ).finish_rate
            for run in runs
        }
        for group, off in GROUPS.items()
    }


def main() -> None:
    """Train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--routes", nargs="*", default=[], help="further roads")
    options = parser.parse_args()
    runs = [
        trained(options.folder, "one_plain", track=ONE),
        trained(options.folder, "one_random", track=ONE, randomize=1.0),
        trained(options.folder, "many_plain", track=MANY),
        trained(options.folder, "many_random", track=MANY, randomize=1.0),
        student(options.folder),
    ]
    start = time.perf_counter()
    report = racer.robustness(runs, tracks=options.routes, output=options.folder / "robustness")
    print(f"robustness: {time.perf_counter() - start:.0f} s, {report.picture}")
    print(json.dumps(controlled(runs), indent=1))


if __name__ == "__main__":
    main()

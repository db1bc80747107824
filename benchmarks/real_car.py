"""Does the file for the physical car drive as the car does? The figures of docs/real_car.md.

    python benchmarks/real_car.py RUN ... [--tracks A B C] [--laps 200] [--randomize 1.0]
        [--tensorflow PYTHON]

Each run is exported, and drives each track twice from the same starts: by its own pictures, and by
the graph in its archive, which is given pictures of 160×120 as the car takes them. Then 1,000
pictures of these drives go through the car's own engines: openvino where it is installed here, and
TensorFlow's converter to TFLite in the environment whose Python ``--tensorflow`` names.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

import racer
from racer.algorithms.car_graph_run import CarGraph
from racer.env import World
from racer.evaluation import Evaluation, evaluate
from racer.kernels import layout
from racer.sensors import CameraSensor

TRACKS = ["reinvent_2018", "kidney", "generated:17"]
N_PICTURES = 1_000


class GraphDriver:
    """Drives by the graph of an archive, and remembers some of what it has seen."""

    def __init__(self, data: bytes, *, is_list: bool) -> None:
        self.name = "graph"
        self.graph, self.is_list = CarGraph(data), is_list
        self.seen: list[np.ndarray] = []

    def act(self, world: World) -> np.ndarray:
        """Return what the car would do: the likeliest action, or steering and speed, clipped."""
        active = np.flatnonzero(world.state[:, layout.ACTIVE] != 0.0)
        pictures = world.observation[active, 0]
        self.seen.append(pictures[:10].copy())
        found = self.graph.outputs(pictures)
        if self.is_list:
            actions = np.zeros(world.n_cars, np.int64)
            actions[active] = found.argmax(axis=1)
        else:
            actions = np.zeros((world.n_cars, 2), np.float32)
            actions[active] = np.clip(found, -1.0, 1.0)
        return actions


def graph_of(archive: Path) -> bytes:
    """Return what the car installs: the first file that ends in .pb."""
    with tarfile.open(archive) as files:
        name = next(name for name in files.getnames() if name.endswith(".pb"))
        content = files.extractfile(name)
        assert content is not None
        return content.read()


def seconds(found: Evaluation) -> str:
    """Return the median lap time in words."""
    median = found.median_lap_time
    return "no lap" if median is None else f"{median:.2f} s"


def engines(graph: bytes, seen: np.ndarray, *, is_list: bool, tensorflow: str | None) -> None:
    """Print how far the car's engines are from the policy."""
    ours = CarGraph(graph).outputs(seen)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "model.pb").write_bytes(graph)
        np.save(place / "pictures.npy", seen)
        script = Path(__file__).with_name("real_car_engine.py")
        pythons = {"openvino": sys.executable, "tflite": tensorflow}
        if importlib.util.find_spec("openvino") is None:
            pythons.pop("openvino")
        for engine, python in pythons.items():
            if python is None:
                continue
            subprocess.run([python, script, engine, folder], check=True)
            theirs = np.load(place / "outputs.npy")
            line = f"  {engine}: largest difference {np.abs(theirs - ours).max():.1e}"
            if is_list:
                second, best = np.sort(ours, axis=1)[:, -2:].T
                clear = best - second > 2e-3
                same = (theirs.argmax(1) == ours.argmax(1))[clear].mean()
                line += f", same action in {100 * same:.1f} % of {clear.sum()} clear cases"
            print(line)


def main() -> None:
    """Export, drive, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--tracks", nargs="+", default=TRACKS)
    parser.add_argument("--laps", type=int, default=200)
    parser.add_argument("--randomize", type=float, default=0.0, help="strength of all elements")
    parser.add_argument("--tensorflow", help="Python of an environment with tensorflow")
    options = parser.parse_args()
    print("| run | pictures | grey levels | same action | track | own | through the graph |")
    print("|---|---|---|---|---|---|---|")
    for name in options.runs:
        run = racer.load_run(name)
        with tempfile.TemporaryDirectory() as folder:
            made = racer.export_car(run, folder)
            graph = graph_of(made.archive)
        is_list = made.same_action is not None
        driver = GraphDriver(graph, is_list=is_list)
        same = f"{100 * made.same_action:.1f} %" if is_list else "–"
        width, height = made.image_size
        for track in options.tracks:
            own = racer.evaluate(run, trials=options.laps, track=track, randomize=options.randomize)
            scenario = run.config.scenario(reward=None)
            there = racer.load_track(track)
            scenario = replace(
                scenario,
                sensor=CameraSensor(160, 120),
                tracks=(there,),
                randomize=options.randomize,
            )
            by_graph = evaluate(driver, scenario, trials=options.laps)
            print(
                f"| {run.name} | {width}x{height} | {made.grey_difference:.2f} | {same} | {track} "
                f"| {100 * own.finish_rate:.1f} %, {seconds(own)} "
                f"| {100 * by_graph.finish_rate:.1f} %, {seconds(by_graph)} |",
                flush=True,
            )
        seen = np.concatenate(driver.seen)
        chosen = seen[np.linspace(0, len(seen) - 1, N_PICTURES).astype(int)]
        engines(graph, chosen, is_list=is_list, tensorflow=options.tensorflow)
        print(json.dumps({k: v for k, v in made.to_dict().items() if k != "archive"}))


if __name__ == "__main__":
    main()

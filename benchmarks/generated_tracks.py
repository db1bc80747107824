"""Generated tracks: how many drawings a seed takes, how long, and what the roads are like.

    python benchmarks/generated_tracks.py [--seeds N]

The script fails if a seed gives no track, or if two seeds give the same one. Lengths are in metres;
``5 %`` and ``95 %`` are percentiles over the tracks of a level. *Both ways* is the part of the
tracks that turn left and right by a radius of less than 2.5 m.
"""

import argparse
import sys
import time
from collections import Counter, defaultdict

import numpy as np

from racer.track import Track, generate
from racer.track.random_loop import draw_loop

BEND = 0.4  # 1/m


def main() -> None:
    """Generate the tracks of the first seeds and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1000, help="how many")
    n_seeds = parser.parse_args().seeds
    attempts: Counter[str] = Counter()

    def counted(*arguments: object) -> object:
        attempts["of this seed"] += 1
        return draw_loop(*arguments)  # type: ignore[arg-type]

    generate.draw_loop = counted  # type: ignore[assignment]
    groups: dict[str, list[tuple[Track, int]]] = defaultdict(list)
    start = time.perf_counter()
    for seed in range(n_seeds):
        attempts.clear()
        track = generate.generate_track(seed)
        level = track.description.removesuffix(".").split()[-1]
        groups[level].append((track, attempts.total()))
    seconds = time.perf_counter() - start
    tracks = [track for group in groups.values() for track, _ in group]
    if len({track.center.tobytes() for track in tracks}) < n_seeds:
        sys.exit("two seeds gave the same track")
    print("| level | tracks | length 5 % | 95 % | radius 5 % | 95 % | turns 5 % | 95 % "
          "| both ways | drawings, mean | most |")  # fmt: skip
    print("|---" * 11 + "|")
    for level in generate.LEVELS:
        print(row(level, groups[level]))
    left = sum(track.is_ccw for track in tracks)
    print(f"{n_seeds} seeds, {1000 * seconds / n_seeds:.0f} ms each, {left} counter-clockwise")


def row(level: str, group: list[tuple[Track, int]]) -> str:
    """Return the row of a level, from its tracks and how many drawings each took."""
    tracks, attempts = zip(*group, strict=True)
    cells = [level, str(len(tracks))]
    for name, digits in (("length", 1), ("tightest_radius", 2), ("n_turns", 0)):
        ends = np.percentile([getattr(track, name) for track in tracks], (5, 95))
        cells += [f"{end:.{digits}f}" for end in ends]
    both = [t.curvature.min() < -BEND and t.curvature.max() > BEND for t in tracks]
    cells += [f"{np.mean(both):.0%}", f"{np.mean(attempts):.1f}", str(max(attempts))]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()

"""How fast logs are read, side by side with deepracer-utils on the same files.

    python benchmarks/log_reading.py FOLDER [--utils PYTHON] [--megabytes 60]

FOLDER has training-simtrace/*.csv; its rows are repeated until there are so many megabytes.
PYTHON is an interpreter with deepracer-utils, by default this one. CPU seconds are compared, so
that a busy machine does not matter, and our peak of memory is printed.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_UTILS = """
import json, sys, time
from deepracer.logs import DeepRacerLog
log = DeepRacerLog(sys.argv[1])
began = time.process_time()
log.load_training_trace()
seconds = time.process_time() - began
print("\\n" + json.dumps([len(log.dataframe()), seconds]))
"""


def repeated(source: Path, folder: Path, megabytes: float) -> float:
    """Write iterations with the rows of others again and again; return their megabytes."""
    files = sorted((source / "training-simtrace").glob("*.csv"))
    (folder / "training-simtrace").mkdir(parents=True)
    written, iteration, episode = 0, 0, 0
    while written < megabytes * 1e6:
        path = folder / "training-simtrace" / f"{iteration}-iteration.csv"
        with path.open("w", encoding="utf-8") as out:
            while out.tell() < 3e6:
                header, *rows = files[iteration % len(files)].read_text("utf-8").splitlines()
                if out.tell() == 0:
                    out.write(header + "\n")
                first = int(rows[0].partition(",")[0])
                for row in rows:
                    number, _, rest = row.partition(",")
                    out.write(f"{int(number) - first + episode},{rest}\n")
                episode += int(rows[-1].partition(",")[0]) - first + 1
            written += out.tell()
        iteration += 1
    return written / 1e6


def read_here(folder: Path) -> tuple[int, float]:
    """Return the rows and the CPU seconds of our reader."""
    from racer.deepracer.rows import Tally, read_rows

    tally, began = Tally(), time.process_time()
    for path in sorted((folder / "training-simtrace").glob("*.csv")):
        with path.open("rb") as stream:
            for _ in read_rows(stream, path.name, tally):
                pass
    return tally.n_rows, time.process_time() - began


def imported_here(folder: Path, routes: Path | None) -> float:
    """Return the CPU seconds of a whole import."""
    from racer.deepracer.imported import ImportOptions, import_logs

    with tempfile.TemporaryDirectory() as place:
        began = time.process_time()
        import_logs([folder], Path(place) / "run", ImportOptions(routes=routes))
        return time.process_time() - began


def main() -> None:
    """Print both speeds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--utils", default=sys.executable)
    parser.add_argument("--routes", type=Path)
    parser.add_argument("--megabytes", type=float, default=60.0)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "logs"
        size = repeated(told.folder, folder, told.megabytes)
        read_here(folder)  # what is imported for the first time does not count
        rows, seconds = read_here(folder)
        print(f"racer, rows: {rows:,} rows, {size:.0f} MB, {size / seconds:.0f} MB/s")
        seconds = imported_here(folder, told.routes)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"racer, a whole run: {size / seconds:.0f} MB/s, peak {peak:.0f} MB of memory")
        answer = subprocess.run(
            [told.utils, "-W", "ignore", "-c", _UTILS, str(folder)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        rows, seconds = json.loads(answer.stdout.splitlines()[-1])
        print(f"deepracer-utils: {rows:,} rows, {size / seconds:.0f} MB/s")


if __name__ == "__main__":
    main()

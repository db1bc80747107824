"""A worker process: runs one job after another, so that nothing is imported twice."""

import importlib
import os
import queue
from pathlib import Path
from typing import Any

from racer.jobs.context import Context
from racer.jobs.events import JOB, READY, STOP, Event, event_to_dict
from racer.jobs.executor import Job
from racer.processes.channel import Channel


def main(folder: str, *imports: str) -> None:
    """Run jobs until the parent is gone.

    Args:
        folder: of this worker.
        imports: modules that every job needs.
    """
    # torch makes this folder when it is imported: here it goes with the worker, and not into TMPDIR
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(Path(folder) / "torchinductor"))
    channel = Channel(Path(folder))
    jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def emit(event: Event) -> None:
        channel.send(event_to_dict(event))

    context = Context(emit, announce=channel.send, folder=channel.folder)

    def obey(order: dict[str, Any]) -> None:
        if order["order"] == JOB:
            context.stop.clear()
            jobs.put(order)
        elif order["order"] == STOP:
            context.stop.set()
        else:
            context.wants_poses = order["on"]

    channel.listen(obey)
    for module in imports:
        importlib.import_module(module)
    channel.send({"kind": READY})
    while True:
        order = jobs.get()
        emit(Job(order["name"], order["target"], order["data"]).run(context))

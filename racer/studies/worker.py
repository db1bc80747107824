"""A worker process: does one job after another, so that torch is imported once.

The pool writes lines to its stdin: ``{"job": …}``, or ``"where"`` (which line of the reward
function is running?). The worker writes one JSON object a line to its stdout. If the pool is gone,
stdin ends, and so does the worker. Ctrl-C is the pool's to hear.
"""

import json
import os
import queue
import signal
import threading
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from racer.errors import RacerError
from racer.processes import lines_of, running_line
from racer.studies.job import Job, run_job

if TYPE_CHECKING:
    from racer.reward import CallMonitor
    from racer.training.callback import Progress

# what a worker says
READY = "ready"  # it has imported everything
BEGIN = "begin"  # monitor, facts, reward: what the pool needs to watch the calls of a job
PHASE = "phase"  # text: what is being done now
PROGRESS = "progress"  # fields of racer.training.callback.Progress
LINE = "line"  # file, line: the answer to ``where``; nothing if no line is running
END = "end"  # the job is done: its outcome is in its folder, or error tells why not


class Channel:
    """The worker's end of the pipes."""

    def __init__(self) -> None:
        """Take stdout for what is said, and send everything else that is printed to stderr."""
        self._out = os.dup(1)
        os.dup2(2, 1)
        self._lock = threading.Lock()
        self._main = threading.get_ident()
        self.jobs: queue.Queue[Job] = queue.Queue()
        """To be done."""
        self.files: Mapping[str, str] = {}
        """The reward function's files: absolute path, and how messages call it."""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        """Take jobs and questions; end the process when the pool is gone."""
        for line in lines_of(0):
            said = json.loads(line)
            if said == "where":
                file, number = running_line(self._main, self.files) or (None, None)
                self.say(LINE, file=file, line=number)
            else:
                self.jobs.put(Job.from_dict(said["job"]))
        os._exit(1)  # at once: a loop in a reward function would not let go otherwise

    def say(self, kind: str, **values: Any) -> None:
        """Tell the pool."""
        data = (json.dumps({"kind": kind, **values}) + "\n").encode()
        with self._lock:
            while data:
                data = data[os.write(self._out, data) :]


def main(scratch: str) -> None:
    """Do jobs until the pool is gone.

    Args:
        scratch: a folder for the call monitor, which the pool removes.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = Channel()
    import racer.training.train  # noqa: F401  slow: torch and stable-baselines3
    from racer.reward import CallMonitor

    channel.say(READY)
    monitor: CallMonitor | None = None
    while True:
        job = channel.jobs.get()
        if monitor is None:  # all jobs of a comparison have equally many cars
            monitor = CallMonitor.create(job.n_cars, scratch)
        channel.say(END, error=_do(job, monitor, channel))


def _do(job: Job, monitor: "CallMonitor", channel: Channel) -> str | None:
    """Do a job; return an error in one line if it has left no outcome."""
    from racer.config.train_config import TrainConfig
    from racer.reward import track_facts
    from racer.training.callback import Hooks

    def tell(progress: "Progress") -> None:
        channel.say(PROGRESS, **asdict(progress))

    try:
        tracks = TrainConfig.of(**job.config).scenario(reward=None).tracks
        channel.files = {file: label for file, (label, _) in job.source.files().items()}
        channel.say(
            BEGIN,
            monitor=str(monitor.path),
            facts=[asdict(track_facts(track)) for track in tracks],
            reward=job.source.label,
        )
        run_job(
            job,
            hooks=Hooks(on_progress=tell),
            monitor=monitor,
            on_phase=lambda text: channel.say(PHASE, text=text),
        )
    except (RacerError, OSError, MemoryError) as error:
        return " ".join(str(error).split()) or type(error).__name__
    return None

"""What the two processes of ``racer train`` say to each other.

The parent draws the progress and watches; the child trains. The parent writes lines to the child's
stdin: first the job, then ``stop`` (finish properly) or ``where`` (which line of the reward
function is running?). The child writes one JSON object a line to its stdout: events. If the parent
dies, the child's stdin ends, and so does the child.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from racer.config.train_config import TrainConfig

FAILURE = "failure.json"
"""Name of the file in a run's folder that keeps the params of a call that failed."""

STOP = "stop"
WHERE = "where"

# kinds of events
PHASE = "phase"  # text: what is being done now
NOTE = "note"  # text: something a user should read
PRINT = "print"  # text: a line that the reward function printed
START = "start"  # what is trained with what: shown before the first step
RUN = "run"  # folder, seed: a training begins
PROGRESS = "progress"  # fields of racer.training.callback.Progress, and steps_per_second
LINE = "line"  # file, line: the answer to ``where``; nothing if no line is running
RESULT = "result"  # how a training ended
SEEDS = "seeds"  # figure: the learning curves over all seeds
ERROR = "error"  # message, failure: where the params of a failed call are, or None


@dataclass(frozen=True)
class Job:
    """What the child is to do, as plain data: everything is checked."""

    config: dict[str, Any] = field(default_factory=dict)
    """Fields of ``TrainConfig``, of the first training."""
    folders: list[str] = field(default_factory=list)
    """Of the runs: a training each, with successive seeds."""
    force: bool = False
    """Replace runs that are there."""
    figures: bool = True
    """Draw the report and the action space at the end."""
    film: bool = True
    """Film the best lap at the end."""
    resume: str | None = None
    """A run to go on with; of the other fields only those of the output matter then."""
    more_steps: int | None = None
    """Environment steps to drive from where it stands."""
    anyway: bool = False
    """Go on with a reward function that remembers nothing, where it must be."""
    clone: str | None = None
    """A run or checkpoint whose weights the training begins with."""
    checkpoint: str = "best"
    """Which checkpoint of it."""
    allow_pickle: bool = False
    """Read the checkpoint of an older version too."""
    scratch: str = ""
    """A folder for the call monitor, removed by the parent."""
    arguments: list[str] = field(default_factory=list)
    """The parent's sys.argv, for the record in run.json."""

    def to_line(self) -> str:
        """Return the job as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> "Job":
        """Return the job of a line that ``to_line`` wrote."""
        return cls(**json.loads(line))

    def configs(self) -> "list[TrainConfig]":
        """Return the settings of each training: they differ in their seed."""
        from racer.config.train_config import TrainConfig

        first = TrainConfig.of(**self.config)
        seeds = range(first.seed, first.seed + len(self.folders))
        return [first.model_copy(update={"seed": seed}) for seed in seeds]

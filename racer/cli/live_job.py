"""What the two processes of ``racer watch --live`` say to each other.

As with ``racer train`` (train_job.py), the child gets a job first. Then it gets a line ``version``
for each version of the reward file to look at, and answers with the events of a training and the
kinds below. ``stop`` ends the training of a version that is out of date.
"""

import json
from dataclasses import asdict, dataclass

READY = "ready"  # everything is imported and compiled
CHECK = "check"  # findings: dicts; picture: of the line-up, or None
DONE = "done"  # number: the version that has been dealt with; is_stale: it was cut short


@dataclass(frozen=True)
class Version:
    """One saved version of the reward file."""

    number: int
    """From 1."""
    folder: str
    """Of its run."""
    before: str | None
    """Folder of the last version that was trained to its end."""

    def to_line(self) -> str:
        """Return the version as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> "Version":
        """Return the version of a line that ``to_line`` wrote."""
        return cls(**json.loads(line))

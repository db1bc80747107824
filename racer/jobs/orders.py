"""What an executor and its workers say to each other besides events."""

READY = "ready"
"""Kind of event: everything is imported that every job needs."""

JOB, STOP, POSES = "job", "stop", "poses"
"""Orders: run a job; end it properly; tell where the cars are, or do not any more."""

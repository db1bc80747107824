"""The process that runs users' code for a check. It is told a job, and answers a line a file.

See ``sandbox.py``, which starts it.
"""

import json
import os
import pickle
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

from racer.env import Scenario
from racer.errors import RacerError, RewardError
from racer.reward import CallMonitor, load_reward
from racer.reward.params import plain_value
from racer.reward_lab.calls import MOST_CARS
from racer.reward_lab.driven import check, checked_discount
from racer.reward_lab.drives import record_drives
from racer.reward_lab.findings import RewardCheck
from racer.reward_lab.guard import Guard
from racer.reward_lab.sandbox import GUARD, Job
from racer.reward_lab.scripted import LABELS
from racer.reward_lab.verdicts import load_finding


def main() -> None:
    """Do the job on stdin; the exit status is 0, or 1 after an event that says why not."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what users' code writes past sys.stdout must not get among the events

    def send(kind: str, **values: Any) -> None:
        out.write(json.dumps({"kind": kind, **values}, default=plain_value) + "\n")
        out.flush()

    job: Job = pickle.load(sys.stdin.buffer)
    try:
        _check_all(job, send)
    except (RacerError, OSError) as error:
        send("error", message=str(error))
        sys.exit(1)
    except Exception:  # noqa: BLE001  a fault of racer's own: the parent shows all of it
        send("fault", text=traceback.format_exc())
        sys.exit(1)


def _check_all(job: Job, send: Any) -> None:
    """Check each file of a job, and send what was found."""
    checked_discount(job.discount_factor)
    base = job.scenario()
    drives = record_drives(base)
    cars = {one.car: LABELS[one.driver] for one in drives.episodes}
    send("start", facts=[vars(one) for one in drives.facts], cars=[cars[k] for k in sorted(cars)])
    guard = Guard(Path(job.scratch) / GUARD, seconds=job.call_seconds, memory=job.memory)
    with guard, CallMonitor.create(MOST_CARS, job.scratch) as monitor:
        for reward in job.rewards:
            send("begin", monitor=str(monitor.path))
            send("check", check=_check_one(job, reward, base, monitor, guard).to_dict())
            guard.rest()


def _check_one(
    job: Job, reward: str, base: Scenario, monitor: CallMonitor, guard: Guard
) -> RewardCheck:
    """Check one file; that it cannot be read is a finding."""
    try:
        source = load_reward(reward)
    except RewardError as error:
        gamma = checked_discount(job.discount_factor)
        finding = load_finding(error, reward)
        return RewardCheck(Path(reward).stem, reward, base.track.name, gamma, (finding,))
    return check(
        replace(base, reward=source, monitor=monitor),
        discount_factor=job.discount_factor,
        console_rules=job.console_rules,
        seconds=job.seconds,
        alive=guard.alive,
    )

"""Map, replay and single calls in a process of their own: an endless call ends it, in one line."""

import base64
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.errors import RewardError
from racer.jobs import Context, End, Event, Job, Limits, Listener, LocalExecutor, Log, Note, run_one

if TYPE_CHECKING:
    from racer.reward import RewardSource
    from racer.reward.params import Params
    from racer.reward_lab.map import RewardMap
    from racer.reward_lab.replay import Replay
    from racer.track import Track
    from racer.vehicle import Actions


class IsolatedCalls:
    """Calls reward functions in another process."""

    def __init__(
        self,
        timeout: float,
        on_note: Callable[[str], None] = lambda _: None,
        on_log: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Prepare.

        Args:
            timeout: what a call may take (s).
            on_note: told what a user should read.
            on_log: told what the function prints.
        """
        self._limits = Limits(call=timeout, start_factor=1.0)
        self._on_note, self._on_log = on_note, on_log

    def map(
        self, reward: "RewardSource", track: "Track", actions: "Actions | None", steering: str
    ) -> "RewardMap":
        """Return what ``reward_map`` returns.

        Raises:
            RewardError: as it does, and if a call does not return.
        """
        found: RewardMap = self._run(map_target, (reward, track, actions, steering))
        return found

    def replay(self, run: Path, reward: "RewardSource", failure: Path) -> "Replay":
        """Return what ``replay`` returns.

        Args:
            run: the run's folder.
            reward: the new function.
            failure: the file where the params of a call that fails are kept.

        Raises:
            RewardError: as it does, and if a call does not return.
        """
        found: Replay = self._run(replay_target, (run, reward, failure))
        return found

    def call(self, reward: "RewardSource", params: "Params") -> float:
        """Return what a single call is paid.

        Raises:
            RewardError: if it fails, or does not return.
        """
        value: float = self._run(call_target, (reward, params))
        return value

    def _run(self, target: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Call one of the functions below in a worker; a bug is shown with its traceback."""
        job = Job(target.__name__, f"{__name__}:{target.__name__}", _pack(arguments))
        executor = LocalExecutor(limits=self._limits, attempts=1)
        ending = run_one(executor, job, _Listener(self._on_note, self._on_log))
        assert ending is not None  # nobody kills it
        if isinstance(ending, End):
            return _unpack(ending.value)
        error = RewardError(ending.message)
        if ending.reason == "bug":
            raise RuntimeError(ending.log)
        error.add_note(ending.log)
        raise error


class _Listener(Listener):
    """Passes on notes and what the function prints."""

    def __init__(self, on_note: Callable[[str], None], on_log: Callable[[str], None]) -> None:
        self._on_note, self._on_log = on_note, on_log

    def hear(self, name: str, event: Event) -> None:
        if isinstance(event, Note):
            self._on_note(event.text)
        elif isinstance(event, Log):
            self._on_log(event.text)


def _pack(value: Any) -> str:
    """Return a value as text, for a process of this very program."""
    return base64.b64encode(pickle.dumps(value)).decode("ascii")


def _unpack(text: str) -> Any:
    return pickle.loads(base64.b64decode(text))


# --- in the other process ---


def map_target(data: str, context: Context) -> str:
    """Map, as the target of a job."""
    from racer.reward_lab.map import AT_A_TIME, reward_map

    source, track, actions, steering = _unpack(data)
    monitor = context.watch(source, [], AT_A_TIME)
    return _pack(reward_map(source, track, actions=actions, steering=steering, monitor=monitor))


def replay_target(data: str, context: Context) -> str:
    """Replay, as the target of a job."""
    from racer.reward import RewardFailure, save_failure
    from racer.reward_lab.replay import replay
    from racer.runs.record import read_run

    run, source, path = _unpack(data)
    monitor = context.watch(source, [], read_run(run).n_cars)
    try:
        return _pack(replay(run, source, monitor=monitor))
    except RewardFailure as failure:
        save_failure(failure, path)
        context.note(f"the params of the call are in {path}: racer reward run repeats it")
        raise


def call_target(data: str, context: Context) -> str:
    """Make a single call, as the target of a job."""
    from racer.reward import call_once

    source, params = _unpack(data)
    monitor = context.watch(source, [], 1)
    if monitor is not None:
        monitor.begin_call()
    return _pack(call_once(source, params))

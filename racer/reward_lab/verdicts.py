"""From what was called and read to findings: one for each thing that is the matter."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

import numpy as np

from racer.kernels import layout
from racer.kernels.layout import Floats
from racer.reward import CallMonitor, RewardSource, iter_params, what_sharing_means
from racer.reward.load import code_of
from racer.reward.params import PARAMS, Params
from racer.reward_lab.clock import clock_matters
from racer.reward_lab.driven_calls import CallLog, Problem
from racer.reward_lab.drives import Drives, Episode
from racer.reward_lab.findings import ERROR, NOTE, WARNING, Finding, Severity
from racer.reward_lab.origin import locate_return
from racer.reward_lab.reading import Reading, Spot
from racer.reward_lab.scripted import LABELS

_ONE_EVENT = 0.9  # share of an episode's pay in a single step
_NEARLY = 0.01  # differences of so small a share count as none
_LONG = 30  # steps of an episode that one event cannot pay for by right

_UNPAID = Finding(
    WARNING,
    "way-unpaid",
    "a quarter of the lap is paid no more than leaving the road at once: what pays comes later",
    advice="pay for the way there, too: a learner that never gets there learns nothing",
)
_VALUES = {
    "none": "returns-none",
    "nan": "returns-nan",
    "infinite": "returns-infinite",
    "too-large": "returns-too-large",
    "no-number": "returns-no-number",
}
_PLACE = re.compile(r"^(?P<file>.*?):(?P<line>\d+): (?P<rest>.*)$", re.DOTALL)


class Judge:
    """Makes findings of one reward function's calls.

    Attributes:
        reading: the text of its file.
        file: what messages call the file.
    """

    def __init__(
        self,
        source: RewardSource,
        reading: Reading,
        drives: Drives,
        log: CallLog,
        monitor: CallMonitor | None,
    ) -> None:
        """Take what was seen.

        Args:
            source: the reward function.
            reading: its text.
            drives: what it was called for.
            log: what the calls gave.
            monitor: announces each call that is made once more to another process.
        """
        self._source = source
        self._monitor = monitor
        self.reading = reading
        self._drives = drives
        self._log = log
        code = code_of(source.function) if source.function else None
        self.file = source.files()[code.co_filename][0] if code else source.label

    def problems(self) -> Iterator[Finding]:
        """Yield an error for each way in which calls failed."""
        for problem in self._log.problems.values():
            yield self._problem(problem)

    def _problem(self, problem: Problem) -> Finding:
        failure, episode = problem.failure, problem.episode
        line, code = failure.line, _VALUES.get(problem.kind, "")
        if code:
            step = int(failure.params["steps"])
            line = self._return_line(episode, _index_of(episode, step)) or line
        only_other_way = problem.count == problem.count_other_way
        message, _, advice = failure.problem.partition(": it needs objects")
        if advice:
            message, code = f"{message}: it needs objects", "needs-objects"
            advice = "this is a time trial: the lists of objects are empty, so test their length"
        if not code:
            code = _code_of_exception(problem)
        if only_other_way:
            message += "; only when the track is driven the other way round"
        return Finding(
            WARNING if only_other_way else ERROR,
            code,
            message,
            file=failure.file,
            line=line,
            count=problem.count,
            of=self._log.n_calls,
            first=_told(episode, failure.params),
            reads=self.reading.reads(line),
            params=failure.params,
            advice=advice or _advice_for(code),
        )

    def values(self) -> Iterator[Finding]:
        """Yield notes on values that are numbers, but no floats."""
        for name, (episode, index) in self._log.odd.items():
            if name in ("float64", "NoneType"):
                continue  # numpy.float64 is a float; None is an error of its own
            params = self._params(episode, index)
            line = self._return_line(episode, index)
            yield Finding(
                NOTE,
                "not-a-float",
                f"returns a value of type {name}; float() is applied to it",
                file=self.file,
                line=line,
                count=self._log.types[name],
                of=self._log.n_calls,
                first=_told(episode, params),
                reads=self.reading.reads(line),
                params=params,
                advice="the real console's check wants a float: return float(reward)",
            )

    def keys(self) -> Iterator[Finding]:
        """Yield warnings about keys that are no params, where they did not fail already."""
        failed = {(one.failure.line, one.kind) for one in self._log.problems.values()}
        told: set[tuple[str, int]] = set()
        spots = [*self.reading.unknown_keys()]
        spots += [Spot(line, key) for key, line in self._log.unknown]
        for spot in spots:
            if (spot.line, "KeyError") in failed or (spot.what, spot.line) in told:
                continue
            told.add((spot.what, spot.line))
            near = get_close_matches(spot.what, list(PARAMS), n=1)
            hint = f"did you mean '{near[0]}'?" if near else "see the list in the documentation"
            message = f"there is no param '{spot.what}': the default is taken, or the call fails"
            yield self._at(spot, WARNING, "unknown-key", message, hint)

    def text(self, first_steps: int) -> Iterator[Finding]:
        """Yield what can be seen in the text: waits for a first step, clocks, random numbers.

        Args:
            first_steps: ``steps`` at the first call of an episode.
        """
        for spot in self.reading.waits() if first_steps >= 2 else ():
            severity = NOTE if spot.is_part else WARNING
            message = f"`{spot.what}` is never true: the first call of an episode sees steps == 2"
            yield self._at(spot, severity, "waits-for-step-1", message, "test for steps <= 2")
        clocks = [*self.reading.clocks()]
        matters = bool(clocks) and clock_matters(self._source, self._drives, self._monitor)
        for spot in clocks:
            message = f"{spot.what}() reads a real clock, and the simulation is faster than that"
            advice = "count steps (15 a second), or use params['sim_time']"
            if not matters:
                message, advice = f"{message}; what is paid does not depend on it", ""
            yield self._at(spot, WARNING if matters else NOTE, "wall-clock", message, advice)
        for spot in self.reading.randoms():
            message = f"{spot.what}() is random: equal steps are paid differently"
            advice = "such a reward is learned more slowly, and cannot be replayed"
            yield self._at(spot, NOTE, "random", message, advice)

    def prints(self) -> Iterator[Finding]:
        """Yield a note if the function prints."""
        lines = self._log.prints.n_lines
        if not self._log.prints.n_characters:
            return
        spot = next(self.reading.prints(), None)
        yield Finding(
            NOTE,
            "prints",
            f"prints {lines:,} lines in {self._log.n_calls:,} calls; a training shows the first 20",
            file=self.file,
            line=spot.line if spot else None,
            advice="printing on each call takes time: print now and then",
        )

    def shared(self) -> Iterator[Finding]:
        """Yield a note if calls change what all cars share."""
        if self._log.shared:
            message = what_sharing_means(self._log.shared)
            advice = "keep it in a variable of the file: each car has its own"
            yield Finding(NOTE, "shared-state", message, file=self.file, advice=advice)

    def pay(self, way: int | None) -> Iterator[Finding]:
        """Yield a finding if the rewards cannot tell good driving from bad.

        Args:
            way: what ``way_pays`` says: one event that pays for all is no matter where each bit of
                the way there is paid too, and the smaller one where each bit of it costs.
        """
        paid = [one for one in self._log.rewards.values() if len(one)]
        values = np.concatenate(paid)[~np.isnan(np.concatenate(paid))] if paid else np.zeros(0)
        if len(values) < _LONG:
            return
        low, high = float(values.min()), float(values.max())
        if high - low <= 1e-9 * max(1.0, abs(high)):
            yield self._constant(float(values[0]), len(values))
            return
        event = None if way else self._one_event()
        event = _UNPAID if event is None and way == 0 else event
        if event is not None:
            yield event
            return
        laps = [one for one in self._of_laps() if len(one)]
        clean = np.concatenate(laps) if laps else values
        if np.ptp(clean) <= _NEARLY * np.abs(clean).max():
            what, values = "clean driving", clean
        elif values.std() <= _NEARLY * abs(values.mean()):
            what = "nearly everything"
        else:
            return
        yield Finding(
            WARNING,
            "nearly-constant",
            f"{what} is paid the same, {np.median(values):.4g} a step",
            of=len(values),
            advice="make the differences large beside what every step is paid",
        )

    def _constant(self, value: float, n_paid: int) -> Finding:
        """Return the finding of a reward that is the same everywhere."""
        message = f"the reward is {value:g} in every state"
        if n_paid < self._log.n_calls:
            message = (
                f"the reward is {value:g} in all {n_paid:,} states in which the call did not fail "
                f"(of {self._log.n_calls:,})"
            )
        if value == 0.0:
            return Finding(ERROR, "constant", message, advice="there is nothing to learn from it")
        longer = "longer" if value > 0.0 else "shorter"
        advice = f"all that can be learned from it is to make the episode {longer}"
        return Finding(WARNING, "constant", message, advice=advice)

    def _of_laps(self) -> Iterator[Floats]:
        """Yield the rewards of each lap that was finished, without those of failed calls."""
        for position, rewards in self._log.rewards.items():
            if self._drives.episodes[position].lap_time is not None:
                yield rewards[~np.isnan(rewards)]

    def _one_event(self) -> Finding | None:
        """Return a warning if a single step pays for nearly all of each clean lap."""
        shares, best = [], None
        for position, rewards in self._log.rewards.items():
            episode = self._drives.episodes[position]
            is_paid = len(rewards) >= _LONG and not np.isnan(rewards).any()
            if episode.driver in ("fast", "middle", "slow") and is_paid:
                sizes = np.abs(rewards)
                total = float(sizes.sum())
                index = int(sizes.argmax())
                shares.append(float(sizes[index]) / total if total > 0.0 else 0.0)
                best = best or (episode, index, rewards[index])
        if best is None or min(shares) < _ONE_EVENT:
            return None
        episode, index, value = best
        params = self._params(episode, index)
        line = self._return_line(episode, index)
        is_goal = int(episode.rows[index, layout.STATUS]) == layout.LAP_COMPLETE
        what = "the step that completes the lap" if is_goal else f"step {params['steps']:.0f}"
        return Finding(
            WARNING,
            "one-event",
            f"one event pays for everything: {min(shares):.0%} or more of a lap's pay is that of "
            f"{what} ({value:.4g})",
            file=self.file,
            line=line,
            first=_told(episode, params),
            reads=self.reading.reads(line),
            params=params,
            advice="pay for the way there, too: a learner that never gets there learns nothing",
        )

    def _at(self, spot: Spot, severity: Severity, code: str, message: str, advice: str) -> Finding:
        """Return a finding about a place in the text."""
        return Finding(
            severity,
            code,
            message,
            file=self.file,
            line=spot.line,
            reads=self.reading.reads(spot.line),
            advice=advice,
        )

    def _params(self, episode: Episode, index: int) -> Params:
        """Return the params of a step."""
        facts = self._drives.facts[int(episode.is_other_way)]
        return next(iter_params(episode.rows[index : index + 1], facts))

    def _return_line(self, episode: Episode, index: int) -> int | None:
        """Return the line of the ``return`` that gave the value of a step."""
        return locate_return(self._source, self._drives, episode, index, monitor=self._monitor)


def load_finding(error: Exception, file: str) -> Finding:
    """Return the error finding of a file that cannot be used.

    Args:
        error: the RewardError.
        file: what messages call the file.
    """
    text = str(error)
    match = _PLACE.match(text)
    code = "form-2018" if "the form of 2018" in text else "cannot-load"
    if match is None:
        return Finding(ERROR, code, text.removeprefix(f"{file}: "), file=file)
    return Finding(ERROR, code, match["rest"], file=match["file"], line=int(match["line"]))


def _code_of_exception(problem: Problem) -> str:
    """Return the short name for an exception."""
    if problem.kind == "KeyError" and "no such param" in problem.failure.problem:
        return "unknown-key"
    return "out-of-memory" if problem.kind == "MemoryError" else "exception"


def _advice_for(code: str) -> str:
    """Return what to do about a call that failed."""
    if code == "out-of-memory":
        return "does it keep something from every call?"
    return "a training stops here"


def _index_of(episode: Episode, step: int) -> int:
    """Return the index of a step in an episode's rows."""
    return int(np.searchsorted(episode.rows[:, layout.M_STEPS], step))


def _told(episode: Episode, params: Params) -> str:
    """Return who was driving, and which step it was."""
    parts = [f"{LABELS[episode.driver]}, step {params['steps']:.0f}"]
    parts += ["second episode"] if episode.number else []
    parts += ["the other way round"] if episode.is_other_way else []
    return ", ".join(parts)

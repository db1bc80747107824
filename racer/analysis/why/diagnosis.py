"""Says why a run went wrong, or that nothing did."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from racer.analysis.why import learning_faults, task
from racer.analysis.why.case import LAPS, Case
from racer.analysis.why.cause import Cause, Diagnosis, Verdict
from racer.analysis.why.changes import Change
from racer.runs.record import RunRecord
from racer.vehicle import ContinuousActions, DiscreteActions

if TYPE_CHECKING:
    from racer.track import Track

FALL = 0.3
"""A run got worse if its finish rate ends this much below its best."""

_LEAST_UPDATES = 3
_LEAST_EPISODES = 16
_LEAST_WEIGHT = 0.3  # causes that explain less are not named
_MOST_CAUSES = 3

_RULES: tuple[Callable[[Case], Cause | None], ...] = (
    learning_faults.greedy, task.unseen_reward, task.action_space, task.reward_scale,
    task.slow_reward, learning_faults.learning_rate, learning_faults.exploration,
    learning_faults.discount, learning_faults.few_episodes, learning_faults.budget,
)  # fmt: skip


def explain(
    run: RunRecord, track: "Track | Sequence[Track]", actions: DiscreteActions | ContinuousActions
) -> Diagnosis:
    """Say when a run got worse, the likely causes with their evidence, and what to change.

    Args:
        run: the training, done or under way.
        track: the track it trained on, or all of them.
        actions: what its policy could choose.

    Returns:
        the diagnosis; without causes if nothing is wrong.

    Raises:
        RunError: if a file of the run is damaged.
    """
    if run.info.get("status") == "failed":
        return _failed(run)
    case = Case(run, tuple(track) if isinstance(track, Sequence) else (track,), actions)
    if case.n_updates < _LEAST_UPDATES or case.n_episodes < _LEAST_EPISODES:
        return Diagnosis(
            run.name, "early",
            f"too early to tell: {case.n_updates} updates, {case.n_episodes} episodes so far",
        )  # fmt: skip
    verdict, causes = _judge(case)
    return Diagnosis(
        run.name, verdict, _summary(case, verdict), tuple(_events(case)), tuple(causes),
        remark=_remark(case) if verdict == "healthy" else "",
    )  # fmt: skip


def _judge(case: Case) -> tuple[Verdict, list[Cause]]:
    """Return the state of a run and the causes of it, the most likely first."""
    verdict: Verdict = "healthy"
    if case.best_finish - case.last_finish >= FALL or _collapsed(case):
        verdict = "worse"
    elif case.last_finish < LAPS:
        verdict = "failing"
    if verdict == "healthy":
        slow = task.slow_reward(case)
        return ("healthy", []) if slow is None else ("slow", [slow])
    found = [cause for rule in _RULES if (cause := rule(case)) is not None]
    found = [cause for cause in found if cause.weight >= _LEAST_WEIGHT]
    return verdict, sorted(found, key=lambda cause: -cause.weight)[:_MOST_CAUSES]


def _collapsed(case: Case) -> bool:
    """Return whether the exploring car fell, whatever the greedy one of some checkpoint does."""
    return case.exploring_best - case.exploring_finish >= FALL


def _remark(case: Case) -> str:
    """Return what is worth knowing of a healthy run: a bad last evaluation, or slow laps."""
    last = float(case.finish_rates[-1])
    if last <= case.best_finish - FALL:
        return (
            f"the newest policy finished {100 * last:.0f} % of its evaluation, although the "
            "training's own episodes lap: use best.zip, not last.zip"
        )
    return task.slow_remark(case) or ""


def _failed(run: RunRecord) -> Diagnosis:
    """Return the diagnosis of a run whose reward function failed."""
    cause = Cause(
        "reward_failed", "the reward function failed", (str(run.info.get("error", "no message")),),
        "mend the reward function", weight=1.0,
    )  # fmt: skip
    return Diagnosis(run.name, "failed", "the training ended with an error", causes=(cause,))


def _summary(case: Case, verdict: Verdict) -> str:
    """Return how a run ended, in a sentence with numbers."""
    laps = "greedy laps" if len(case.run.trained_evaluations["update"]) else "laps"
    rate = f"{100 * case.last_finish:.0f} % of the {laps} at its end are finished"
    explores = f"exploring it finishes {100 * case.exploring_finish:.0f} %"
    if verdict == "healthy":
        return f"nothing is wrong: {rate}"
    if verdict == "slow":
        _, last = task.lap_times(case)
        return f"it laps, but slowly: {rate}, in {last:.1f} s (median)"
    if verdict == "worse" and _collapsed(case):
        return (
            f"it got worse: {explores} at its end, after {100 * case.exploring_best:.0f} % at its "
            f"best; {rate}, after {100 * case.best_finish:.0f} %"
        )
    if verdict == "worse":
        return f"it got worse: {rate}, after {100 * case.best_finish:.0f} % at its best"
    if case.exploring_finish - case.last_finish >= learning_faults.GAP:
        return f"greedy it does not lap: {rate}; {explores}"
    return f"it does not lap: {rate}, and {case.last_completion:.0f} % of the lap is driven (mean)"


def _events(case: Case) -> Iterator[str]:
    """Yield when the curves changed their level; completion where the finish rate is silent."""
    if case.finish_changes:
        for change in case.finish_changes:
            text = f"{100 * change.before:.0f} to {100 * change.after:.0f} %"
            yield _event(case, "laps finished", change, text)
        return
    for change in case.completion_changes:
        text = f"{change.before:.0f} to {change.after:.0f} %"
        yield _event(case, "completion", change, text)


def _event(case: Case, name: str, change: Change, text: str) -> str:
    word = "rose" if change.size > 0 else "fell"
    return f"exploring car: {name} {word} from {text} at {case.steps_at(change.index):,} steps"

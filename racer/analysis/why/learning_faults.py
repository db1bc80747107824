"""Causes that lie in the learning: step size, exploration, foresight, batches, budget.

Each function looks for one cause in a case and returns it with a weight in [0, 1], or None. The
limits were chosen on the trainings of ``benchmarks/why_score.py`` with its first seeds; what they
are worth was measured with others (docs/why.md).
"""

import math

import numpy as np

from racer.analysis.why.case import Case
from racer.analysis.why.cause import Cause
from racer.defaults import CONTROL_DT
from racer.vehicle import DiscreteActions

LEAP = 0.3  # approx_kl above which an update left the policy it started from
_FIRST = 12  # updates that show how large the steps are, before the policy is too sure to move
_SURE = 0.15  # below this share of all exploration a policy tries nothing new
_NARROW = 0.05  # the same for continuous actions: spread, of 1 from the middle to an end
_FAR_ENOUGH = 12.0  # steps of foresight that suffice in this simulator
GAP = 0.3
"""Greedy and exploring are two cars if their finish rates differ by this much."""
_IN_A_ROW = 2  # one evaluation alone may be an accident
_FEW_EPISODES = 8.0  # episodes an update, below which chance decides


def default_of(case: Case, name: str) -> float | None:
    """Return the default of a hyperparameter for the run's algorithm; None if it has none."""
    learner = case.learner
    value = None if learner is None else getattr(learner.settings(), name, None)
    return float(value) if isinstance(value, int | float) else None


def learning_rate(case: Case) -> Cause | None:
    """Updates that throw away what the policy knew: leaps of the policy, a sudden certainty."""
    rate, default = case.setting("learning_rate"), default_of(case, "learning_rate")
    if rate is None or default is None or case.n_updates < 2:
        return None
    leaps = case.curve("approx_kl")[:_FIRST]
    if case.exploration.size and case.exploration[0] < 2 * _NARROW:
        leaps = leaps[:0]  # of a policy without spread every small step is a leap
    fall = _fastest_fall(case)
    symptom = float(leaps.max()) / LEAP if len(leaps) else fall / 0.35
    size = math.log10(max(rate / default, 1.0))
    weight = 0.55 * min(symptom, 1.0) + 0.45 * min(size, 1.0)
    if symptom < 0.4 or (size < 0.1 and len(leaps) == 0):
        return None
    evidence = [f"learning_rate is {rate:g}; the default of {case.algorithm} is {default:g}"]
    if len(leaps):
        evidence.append(
            f"an update moved the policy by approx_kl {leaps.max():.2g}: under 0.05 is usual"
        )
    if len(norms := case.curve("grad_norm")):
        evidence.append(f"grad_norm is {np.median(norms):.2g} (median), at most {norms.max():.2g}")
    if fall > 0.15:
        evidence.append(f"the policy lost {100 * fall:.0f} % of its exploration in three updates")
    if rate > 1.5 * default:
        return Cause(
            "learning_rate", "the learning rate is too high", tuple(evidence),
            f"lower the learning rate from {rate:g} to {default:g}",
            {"learning_rate": default}, weight,
        )  # fmt: skip
    return _too_often(case, tuple(evidence), weight)


def _too_often(case: Case, evidence: tuple[str, ...], weight: float) -> Cause:
    """Return the cause of leaps at an ordinary learning rate: too many steps on the same data."""
    epochs, default = case.setting("epochs"), default_of(case, "epochs")
    reuses = case.learner is not None and case.learner.reuses_steps
    if reuses and epochs and default and epochs > default:
        evidence = (*evidence, f"epochs is {epochs:g}; the default is {default:g}")
        return Cause(
            "learning_rate", "the updates are too large", evidence,
            f"lower epochs from {epochs:g} to {default:g}", {"epochs": int(default)}, weight,
        )  # fmt: skip
    third = float(f"{(case.setting('learning_rate') or 0.0) / 3.0:.2g}")
    return Cause(
        "learning_rate", "the updates are too large", evidence,
        f"lower the learning rate to {third:g}", {"learning_rate": third}, weight,
    )  # fmt: skip


def _fastest_fall(case: Case) -> float:
    """Return how much exploration was lost within three updates, at most, in [0, 1]."""
    values = case.exploration
    if len(values) < 2:
        return 0.0
    step = min(3, len(values) - 1)
    return float(np.max(values[:-step] - values[step:], initial=0.0))


def exploration(case: Case) -> Cause | None:
    """A policy that stopped trying before it could lap."""
    values = case.exploration
    if len(values) < 2:
        return None
    discrete = isinstance(case.actions, DiscreteActions)
    sure = np.flatnonzero(values < (_SURE if discrete else _NARROW))
    if len(sure) == 0:
        return None
    first = int(sure[0])
    if case.training_finish[: first + 1].max() >= 0.5:
        return None  # it could lap already: being sure is what learning ends with
    weight = 0.9 * (1.0 - first / len(values))
    seen = case.curve("entropy")
    evidence = (
        f"entropy fell from {seen[0]:.2f} to {seen[first]:.2f} by {case.steps_at(first):,} steps"
        if first > 0
        else f"entropy is {seen[0]:.2f} from the start: the policy tries next to nothing",
        f"until then at most {100 * case.training_finish[: first + 1].max():.0f} % of an update's "
        "episodes finished a lap",
    )
    advice, changes = _explore_more(case, never=first == 0)
    return Cause(
        "exploration", "the policy stopped exploring before it could lap", evidence,
        advice, changes, weight,
    )  # fmt: skip


def _explore_more(case: Case, *, never: bool) -> tuple[str, dict[str, object]]:
    """Return what keeps this policy trying, as advice and as settings."""
    info = case.run.info.get("hyperparameters", {})
    spread = case.setting("log_std_init")
    if never and spread is not None and spread < -1.0:
        return f"widen the first actions: log_std_init from {spread:g} to 0", {"log_std_init": 0.0}
    if info.get("normalize_advantage") is False:
        return (
            "compare returns with their mean: switch normalize_advantage on",
            {"normalize_advantage": True},
        )
    if info.get("baseline") == "none":
        return "compare returns with what was expected: baseline value", {"baseline": "value"}
    if (heat := case.setting("temperature")) is not None:
        more = round(3.0 * max(heat, 0.01), 4)
        return f"pay for varied actions: temperature from {heat:g} to {more:g}", {
            "temperature": more
        }
    if (least := case.setting("target_entropy")) is not None:
        more = least + 1.0
        return f"keep the actions varied: target_entropy from {least:g} to {more:g}", {
            "target_entropy": more
        }
    now = case.setting("entropy") or 0.0
    more = 0.01 if now < 0.01 else round(3.0 * now, 4)
    return f"pay for varied actions: entropy from {now:g} to {more:g}", {"entropy": more}


def discount(case: Case) -> Cause | None:
    """A car that does not look far enough ahead to brake and steer for a bend."""
    gamma = case.setting("discount_factor")
    if gamma is None or gamma >= 1.0:
        return None
    horizon = 1.0 / (1.0 - gamma)
    weight = 1.0 - horizon / _FAR_ENOUGH
    if weight < 0.2:
        return None
    speed, seconds = case.lap_speed or float(np.mean(case.speeds)), horizon * CONTROL_DT
    evidence = [
        f"discount_factor {gamma:g} looks {horizon:.1f} steps ahead: {seconds:.2f} s, "
        f"{seconds * speed:.2f} m at {speed:.1f} m/s",
    ]
    foreseen = case.curve("explained_variance")
    if len(foreseen) and foreseen[-1] > 0.7:
        evidence.append(
            f"explained_variance is {foreseen[-1]:.2f}: so short a future is easily foreseen"
        )
    if case.places:
        worst = case.places[0]
        evidence.append(f"{100 * worst.share:.0f} % of the late off-tracks are at {worst.name}")
    default = default_of(case, "discount_factor") or 0.99
    return Cause(
        "discount", "the discount factor is too small", tuple(evidence),
        f"raise the discount factor from {gamma:g} to {default:g}",
        {"discount_factor": default}, 0.95 * weight,
    )  # fmt: skip


def greedy(case: Case) -> Cause | None:
    """A policy that laps while it explores, and not when it takes what it thinks best.

    The most probable action was never driven by itself: where its mean lies between two good
    actions, or all of its courage comes from the noise, greedy laps are another matter.
    """
    explores = case.exploring_finish
    missed = case.greedy_below(explores - GAP)
    if explores < 0.5 or len(missed) < _IN_A_ROW or not len(case.run.trained_evaluations["update"]):
        return None
    late = case.run.episodes["lap_time"][case.late]
    late = late[np.isfinite(late)]
    pace = f", in {np.median(late):.1f} s (median)" if len(late) else ""
    evidence = (
        f"exploring, as in training: {100 * explores:.0f} % of the last laps are finished{pace}",
        f"greedy, always the most probable action: {len(missed)} evaluations in a row finished at "
        f"most {100 * missed.max():.0f} %",
    )
    advice, changes = _explore_less(case)
    return Cause(
        "greedy", "greedy it is another car than the one that trained", evidence, advice, changes,
        min(0.95, 0.6 + 0.4 * (explores - float(missed.mean()))),
    )  # fmt: skip


def _explore_less(case: Case) -> tuple[str, dict[str, object]]:
    """Return what brings the greedy car closer to the exploring one."""
    if (now := case.setting("entropy")) is not None and now > 0.0:
        return f"stop paying for varied actions: entropy from {now:g} to 0", {"entropy": 0.0}
    if (heat := case.setting("temperature")) is not None:
        less = round(heat / 3.0, 4)
        return f"pay less for varied actions: temperature from {heat:g} to {less:g}", {
            "temperature": less
        }
    spread = case.setting("log_std_init")
    if spread is not None and not isinstance(case.actions, DiscreteActions):
        return f"explore less: log_std_init from {spread:g} to {spread - 1.0:g}", {
            "log_std_init": spread - 1.0
        }
    steps = 2 * case.steps_at(-1)
    return f"train until it is surer: {steps:,} steps", {"steps": steps}


def few_episodes(case: Case) -> Cause | None:
    """Updates made from so few episodes that chance decides their direction."""
    if case.n_updates == 0 or case.setting("episodes_per_update") is None:
        return None
    per_update = case.n_episodes / case.n_updates
    if per_update >= _FEW_EPISODES:
        return None
    return Cause(
        "few_episodes", "each update is made from too few episodes",
        (f"{per_update:.1f} episodes an update (mean): the default is 64",),
        "drive more episodes before each update", {"episodes_per_update": 64},
        0.65 - 0.03 * per_update,
    )  # fmt: skip


def budget(case: Case) -> Cause | None:
    """A training that ended while it was still getting better."""
    rise, room = case.still_rising, case.exploration
    if rise < 4.0 or case.best_finish - case.last_finish >= 0.3:
        return None
    steps = case.steps_at(-1)
    evidence = [f"completion rose by {rise:.0f} % of a lap in the last quarter of the training"]
    weight = min(0.35 + rise / 60.0, 0.7)
    if len(room) and room[-1] > 0.5:
        evidence.append(f"the policy still tries much: entropy {case.curve('entropy')[-1]:.2f}")
        weight = min(weight + 0.1, 0.75)
    return Cause(
        "budget", "the training ended too early", tuple(evidence),
        f"train for {3 * steps:,} steps", {"steps": 3 * steps}, weight,
    )  # fmt: skip

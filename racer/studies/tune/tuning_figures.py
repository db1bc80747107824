"""The figures of a search, from its records."""

import warnings
from collections.abc import Callable, Iterator, Sequence

from racer.analysis.groups import group_title
from racer.analysis.sweep import sweep_figure
from racer.analysis.tuning import Tried, importance_bars, search_history, slices
from racer.studies import comparison_figures
from racer.studies.comparison_figures import ReportFigure, runs_of
from racer.studies.tune.records import SearchResult, TrialRecord
from racer.studies.tune.sweep import sweep_points

FEWEST = 10
"""With fewer complete trials nothing is said of importance."""

_MEASURES: tuple[tuple[str, Callable[[TrialRecord], float | None]], ...] = (
    ("laps finished", lambda one: one.finish_rate),
    ("race time", lambda one: None if one.race_time is None else -one.race_time),
)


def tuning_figures(result: SearchResult) -> Iterator[ReportFigure]:
    """Yield the figures: the confirmation first, then the search."""
    if result.scores is not None and result.verdicts is not None:
        first = next(comparison_figures.comparison_figures(result.scores, result.verdicts), None)
        if first is not None:
            yield ReportFigure("confirmation", first.condition, first.caption, first.figure)
    trials = [_tried(one) for one in result.trials if one.seeds]
    if not trials:
        return
    if result.is_sweep and any(runs_of(one.seeds) for one in result.trials):
        yield _sweep_drawing(result)
    yield ReportFigure(
        "slices", "",
        "Laps finished and race time over the values of each setting; "
        + ("grey dots are seeds, the line joins the means." if result.is_sweep else
           "red: the defaults, hollow: given up early; "
           "race times far above the complete ones are left out."),
        slices(trials, result.searched, result.log_scaled, show_seeds=result.is_sweep),
    )  # fmt: skip
    if result.is_sweep:
        return
    yield ReportFigure(
        "history",
        "",
        "Each trial in the order of the search; slower ones than all complete are cut off.",
        search_history(trials),
    )
    found = {name: importances(result.ranked(), result.searched, of) for name, of in _MEASURES}
    found = {name: one for name, one in found.items() if one}
    if found:
        caption = (
            "Share of the differences between the trials that each setting explains (PED-ANOVA)."
        )
        yield ReportFigure("importance", "", caption, importance_bars(found))


def _sweep_drawing(result: SearchResult) -> ReportFigure:
    """Return what each value did to the exploring and to the greedy car."""
    name = ", ".join(result.searched)
    runs = {label: runs_of(one.seeds) for label, one in sweep_points(result).items()}
    about = group_title(run for group in runs.values() for run in group)
    return ReportFigure(
        "sweep", "",
        "Above: completion while the cars learn, a mean of the seeds in a band from the lowest to "
        "the highest. Below: the end of the training and the area under the curve, every seed a "
        "small mark. The best checkpoint is not in it: it hides what a value does.",
        sweep_figure(runs, title=f"What {name} does: {about}", what=name),
    )  # fmt: skip


def _tried(one: TrialRecord) -> Tried:
    return Tried(
        one.number,
        one.params,
        one.state == "complete",
        [score.finish_rate for score in one.seeds],
        [score.race_time for score in one.seeds],
    )


def importances(
    trials: Sequence[TrialRecord],
    names: Sequence[str],
    of: Callable[[TrialRecord], float | None],
) -> dict[str, float]:
    """Return how much each name explains of a measure; nothing where it cannot be told.

    Args:
        trials: complete ones.
        names: what was searched.
        of: the measure, the higher the better: PED-ANOVA explains the best trials.

    Source: Watanabe, Bansal & Hutter 2023, "PED-ANOVA", as Optuna has it.
    """
    known = [(one, of(one)) for one in trials]
    measured = [(one, value) for one, value in known if value is not None]
    names = [name for name in names if len({str(one.params[name]) for one, _ in measured}) > 1]
    figures = sorted(value for _, value in measured)
    if len(measured) < FEWEST or len(set(figures)) < 3 or len(names) < 2:
        return {}
    if figures[len(figures) // 2] in (figures[0], figures[-1]):  # half of the trials are equal
        return {}
    import optuna
    from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution

    spaces: dict[str, BaseDistribution] = {}
    for name in names:
        values = sorted({one.params[name] for one, _ in measured}, key=str)
        if all(isinstance(value, float) for value in values) and len(values) > 8:
            low, high = min(values), max(values)
            spaces[name] = FloatDistribution(low, high, log=low > 0 and high / low >= 10)
        else:
            spaces[name] = CategoricalDistribution(values)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize")
    for one, value in measured:
        params = {name: one.params[name] for name in names}
        study.add_trial(optuna.trial.create_trial(params=params, distributions=spaces, value=value))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        evaluator = optuna.importance.PedAnovaImportanceEvaluator()
        return dict(optuna.importance.get_param_importances(study, evaluator=evaluator))

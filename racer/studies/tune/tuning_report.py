"""Writes the report of a search: one HTML file that opens without a network, and its figures."""

from pathlib import Path

from racer.analysis.style import save_figure
from racer.errors import RunError
from racer.studies.comparison_report import REPORT, picture, template
from racer.studies.comparison_table import EXPLANATION, TextTable, reward_table
from racer.studies.tune.records import SearchResult
from racer.studies.tune.tuning_figures import tuning_figures
from racer.studies.tune.tuning_table import row


def write_tune_report(result: SearchResult) -> list[Path]:
    """Write the report and its figures into the search's folder; return the files, report first.

    Raises:
        RunError: if a file cannot be written.
    """
    drawn = list(tuning_figures(result))
    scores, found = result.scores, result.verdicts
    settings = result.settings_file.read_text("utf-8") if result.settings_file else ""
    columns = ("trial", "laps finished", "race time", "seeds", *result.searched, "state")
    rows = tuple((*row(one, result.searched), one.state) for one in result.trials)
    text = template("tune.html.j2").render(
        name=result.folder.name,
        result=result,
        notes=found.notes if found else (),
        settings=settings,
        confirmed=reward_table(scores, scores.conditions[0]) if scores else None,
        pairs=found.conditions[0].pairs if found else (),
        explanation=EXPLANATION,
        pictures=[picture(one) for one in drawn],
        trials=TextTable("all trials", columns, rows),
    )
    path = result.folder / REPORT
    try:
        path.write_text(text, "utf-8")
        return [
            path,
            *(save_figure(one.figure, result.folder / f"{one.name}.png") for one in drawn),
        ]
    except OSError as error:
        raise RunError(f"{path}: the report cannot be written: {error.strerror}") from error

"""Writes the report of a comparison: one HTML file that opens without a network."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import jinja2

from racer.analysis.style import save_figure
from racer.env.picture import own_settings
from racer.errors import RunError
from racer.run_files import REWARD_COPY
from racer.studies.comparison_figures import ReportFigure, comparison_figures
from racer.studies.comparison_table import DASH, EXPLANATION, TextTable, reward_table
from racer.studies.pairs import ENOUGH_SEEDS, Pair
from racer.studies.scores import FEWEST_SEEDS, Scores, SeedScore
from racer.studies.verdict import Verdicts
from racer.studies.verdict_words import percent_text

REPORT = "report.html"
"""Name of the report in the folder of a comparison."""

_MOST_LETTERS = 400  # of a setting: an action space is long

_PAIR_COLUMNS = (
    "pair", "seeds that finish", "P(first beats second)", "p of the pair alone", "corrected",
)  # fmt: skip

_SEED_COLUMNS = (
    "reward", "seed", "laps finished", "completion", "lap time", "× limit", "best lap", "race time",
    "off-tracks a lap", "steering", "first lap", "95 % of laps", "last policy",
)  # fmt: skip


@dataclass(frozen=True)
class Section:
    """What the report shows of one condition."""

    title: str
    note: str
    sentence: str
    measures: TextTable
    sentences: Sequence[str]
    """One a pair."""
    pairs: TextTable
    pictures: Sequence["Picture"]
    seeds: TextTable


@dataclass(frozen=True)
class Picture:
    """A figure as the report holds it."""

    address: str
    """A data address: the picture itself."""
    text: str
    """What it shows."""


def write_report(
    folder: Path,
    scores: Scores,
    found: Verdicts,
    *,
    about: Mapping[str, Any] | None = None,
    sources: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write the report and its figures into a folder, and return the files, the report first.

    Args:
        folder: of the comparison.
        scores: what was measured.
        found: what may be claimed.
        about: settings and versions, nested as one likes; by default what ``compare.json`` says.
        sources: the text of each reward function under its name; by default the copies that the
            runs have kept.

    Raises:
        RunError: if a file cannot be written.
    """
    drawn = list(comparison_figures(scores, found))
    page = render(
        scores,
        found,
        drawn,
        about=_manifest(folder) if about is None else about,
        sources=_kept_sources(scores) if sources is None else sources,
    )
    path = folder / REPORT
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(page, "utf-8")
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror or error}") from error
    return [path, *(save_figure(one.figure, folder / f"{one.name}.png") for one in drawn)]


def render(
    scores: Scores,
    found: Verdicts,
    drawn: Sequence[ReportFigure],
    *,
    about: Mapping[str, Any],
    sources: Mapping[str, str],
) -> str:
    """Return the report as HTML; everything that is written into it is escaped.

    Args:
        scores: what was measured.
        found: what may be claimed.
        drawn: the figures.
        about: settings and versions.
        sources: the text of each reward function under its name.
    """
    return template("report.html.j2").render(
        rewards=scores.rewards,
        n_seeds=len(scores.seeds),
        steps=scores.steps,
        found=found,
        sections=list(_sections(scores, found, drawn)),
        explanation=EXPLANATION,
        failures=scores.failures,
        settings=list(_flat(about)),
        sources={name: sources[name] for name in scores.rewards if name in sources},
        fewest=FEWEST_SEEDS,
        enough=ENOUGH_SEEDS,
    )


def template(name: str) -> jinja2.Template:
    """Return a template of the reports; everything that is written into it is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("racer.studies", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def _sections(scores: Scores, found: Verdicts, drawn: Sequence[ReportFigure]) -> Iterator[Section]:
    """Yield what to show of each condition."""
    for condition, verdict in zip(scores.conditions, found.conditions, strict=True):
        elsewhere = "" if condition.is_training_track else ", on which no policy was trained"
        yield Section(
            title=condition.name,
            note=f"Trained with {condition.learner}; driven on {condition.track}{elsewhere}.",
            sentence=verdict.sentence,
            measures=reward_table(scores, condition),
            sentences=[pair.sentence for pair in verdict.pairs],
            pairs=TextTable("", _PAIR_COLUMNS, tuple(_pair_row(pair) for pair in verdict.pairs)),
            pictures=[picture(one) for one in drawn if one.condition == condition.name],
            seeds=TextTable("", _SEED_COLUMNS, tuple(
                _seed_row(score)
                for name in scores.rewards
                for score in scores.of(name, condition.name)
            )),
        )  # fmt: skip


def _pair_row(pair: Pair) -> tuple[str, ...]:
    """Return the figures of a pair as text."""
    successes = (
        f"{pair.succeeded_first}/{pair.n_first} against {pair.succeeded_second}/{pair.n_second}"
    )
    share = DASH if pair.beats is None else percent_text(pair.beats)
    if pair.beats_low is not None and pair.beats_high is not None:
        share += f" ({percent_text(pair.beats_low)} to {percent_text(pair.beats_high)})"
    p = (_p(pair.p), _p(pair.p_corrected))
    return (f"{pair.first} / {pair.second}", successes, share, *p)


def _p(value: float | None) -> str:
    """Return a p-value as it is written: three digits, or below 0.001."""
    if value is None:
        return DASH
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _seed_row(score: SeedScore) -> tuple[str, ...]:
    """Return the figures of a seed as text."""
    return (
        score.reward, str(score.seed), f"{100 * score.finish_rate:.0f} %",
        f"{score.completion:.0f} %", _number(score.lap_time, "{:.2f} s"),
        _number(score.ratio, "{:.2f}"),
        _number(score.best_lap_time, "{:.2f} s"), _number(score.race_time, "{:.1f} s"),
        f"{score.off_tracks:.1f}", f"{57.29578 * score.steering_change:.1f}°",
        _number(score.steps_to_first_lap, "{:,}"), _number(score.steps_to_finish, "{:,}"),
        f"{100 * score.last_finish_rate:.0f} %",
    )  # fmt: skip


def _number(value: float | None, form: str) -> str:
    return DASH if value is None else form.format(value)


def picture(drawing: ReportFigure) -> Picture:
    """Return a figure as an SVG data address: in an image no script of it could run."""
    file = BytesIO()
    with own_settings({"svg.hashsalt": "racer", "svg.fonttype": "path"}):
        drawing.figure.savefig(file, format="svg", metadata={"Date": None})
    code = base64.b64encode(file.getvalue()).decode("ascii")
    return Picture(f"data:image/svg+xml;base64,{code}", drawing.caption)


def _flat(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield the settings one by one, as a path of names and a text."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, f"{where} › {name}" if where else str(name))
        if value or not where:
            return
        value = None
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    text = DASH if value is None or value == "" else str(value)
    yield where, text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}…"


def _manifest(folder: Path) -> Mapping[str, Any]:
    """Return what the comparison says about itself; nothing if it says nothing."""
    try:
        content = json.loads((folder / "compare.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _kept_sources(scores: Scores) -> dict[str, str]:
    """Return the reward functions as the runs have kept them."""
    found: dict[str, str] = {}
    for score in scores.scores:
        copy = Path(score.folder) / REWARD_COPY
        for path in (copy, copy.with_suffix(".txt")):
            if score.folder and score.reward not in found and path.is_file():
                found[score.reward] = path.read_text("utf-8", errors="replace")
    return found

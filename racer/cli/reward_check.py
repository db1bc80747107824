"""``racer reward check``: what is the matter with a reward function, before training with it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from racer.cli.options import OUTPUT_PANEL, AsJson, given
from racer.cli.output import (
    count,
    escape,
    labelled,
    number,
    percent,
    print_error,
    print_json,
    print_note,
    say,
)
from racer.cli.setting_options import ROAD, one_track, setting_options
from racer.cli.table import print_table
from racer.errors import RacerError

if TYPE_CHECKING:
    from racer.reward_lab import Finding, Lineup, RewardCheck

_COLORS = {"error": "bold red", "warning": "yellow", "note": "cyan"}
_SHOWN, _WIDE = 4, 120  # lines that the function printed, and their characters

Files = Annotated[
    list[str], typer.Argument(metavar="NAME|FILE", help="Reward functions: files or shipped names.")
]
Discount = Annotated[
    float | None,
    typer.Option(help="Of the line-up: what a reward one step later is worth. As vpg has it, 0.99.",
                 metavar="0…1", show_default=False),
]  # fmt: skip
ConsoleRules = Annotated[
    bool, typer.Option("--console-rules", help="Say what the real console would refuse, too.")
]
Picture = Annotated[
    Path | None,
    typer.Option("--lineup-picture", "-o", metavar="FILE",
                 help="Draw the line-up; of several files into FILE-NAME.",
                 rich_help_panel=OUTPUT_PANEL),
]  # fmt: skip
Timeout = Annotated[float, typer.Option(help="Seconds that a call may take.")]


@setting_options(*ROAD)
def check_rewards(
    rewards: Files,
    discount_factor: Discount = None,
    console_rules: ConsoleRules = False,
    timeout: Timeout = 5.0,
    lineup_picture: Picture = None,
    as_json: AsJson = False,
    *,
    settings: dict[str, Any],
) -> None:
    """Say what is wrong with a reward function, and which driving it pays for.

    Scripted drivers drive well and badly; the function is called for each of
    their steps. The line-up shows what each of them is paid. The file runs in
    a process of its own, with limits on time and memory; that is no sandbox.

    Exit status: 0 clean or notes only, 1 warnings, 2 errors.
    """
    from racer.reward_lab import check_rewards as check

    try:
        checks = check(
            rewards,
            console_rules=console_rules,
            call_seconds=timeout,
            **given(discount_factor=discount_factor),
            **one_track(settings),
        )
        pictures = [_draw(one, lineup_picture, len(checks) > 1) for one in checks]
    except (RacerError, OSError) as error:
        if "--debug" in sys.argv:
            raise
        print_error(error)
        raise typer.Exit(2) from None  # 1 would mean: it was checked, and there are warnings
    if as_json:
        shown = [_with_picture(*pair) for pair in zip(checks, pictures, strict=True)]
        print_json({"exit_status": _worst(checks), "checks": shown})
    else:
        for one, picture in zip(checks, pictures, strict=True):
            _print_check(one, picture)
    raise typer.Exit(_worst(checks))


def _worst(checks: "list[RewardCheck]") -> int:
    """Return the exit status of several checks."""
    return max(one.exit_status for one in checks)


def _with_picture(check: "RewardCheck", picture: Path | None) -> dict[str, Any]:
    return {**check.to_dict(), "picture": None if picture is None else str(picture)}


def _draw(check: "RewardCheck", path: Path | None, is_one_of_many: bool) -> Path | None:
    """Draw the line-up, if it is wanted and there is one; return where it is."""
    if path is None:
        return None
    if check.lineup is None:
        print_note(f"{check.file}: no clean lap could be paid, so there is no line-up to draw")
        return None
    from racer.analysis.lineup_figure import lineup_figure
    from racer.analysis.style import save_figure

    if is_one_of_many:
        path = path.with_name(f"{path.stem}-{check.name}{path.suffix}")
    return save_figure(lineup_figure(check.lineup), path)


def _print_check(check: "RewardCheck", picture: Path | None) -> None:
    """Print the findings of a file, then its line-up."""
    say(f"[bold]{escape(check.file)}[/]: {_verdict(check)}")
    for finding in check.findings:
        _print_finding(finding)
    for line in check.printed[:_SHOWN]:
        say(f"    [dim]it prints:[/] {escape(line[:_WIDE])}")
    if check.lineup is not None:
        say()
        _print_lineup(check.lineup)
    if check.expects_laps is not None:
        laps = "laps" if check.expects_laps else "no laps"
        say(f"expected of a training: [bold]{laps}[/]")
    if check.n_states:
        say(_seen(check))
    if picture is not None:
        labelled("picture", str(picture), 8)
    say()


def _verdict(check: "RewardCheck") -> str:
    """Return ``2 warnings, 1 note``, or that nothing was found."""
    parts = []
    for severity in _COLORS:
        n = sum(one.severity == severity for one in check.findings)
        if n:
            plural = "s" if n > 1 else ""
            parts.append(f"[{_COLORS[severity]}]{n} {severity}{plural}[/]")
    return ", ".join(parts) or "[green]nothing found[/]"


def _print_finding(finding: "Finding") -> None:
    """Print a finding: what and where, then when, with which params, and what to do."""
    color = _COLORS[finding.severity]
    place = f"{escape(finding.place)}: " if finding.line is not None else ""
    what = f"[{color}]{finding.severity}:[/] {escape(finding.message)} \\[{finding.code}]"
    say(f"  {place}{what}")
    happened = []
    if finding.count is not None and finding.of:
        happened.append(f"in {count(finding.count)} of {count(finding.of)} calls")
    if finding.first:
        happened.append(f"first: {finding.first}")
    if finding.params is not None and finding.reads:
        values = ", ".join(f"{key} {_short(finding.params[key])}" for key in finding.reads)
        happened.append(f"with {values}")
    if happened:
        say(f"    {escape('; '.join(happened))}")
    if finding.advice:
        say(f"    [dim]{escape(finding.advice)}[/]")


def _short(value: object) -> str:
    """Return a param as a few characters."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list) and len(value) > 3:
        return f"({len(value)} items)"
    return str(value)


def _print_lineup(lineup: "Lineup") -> None:
    """Print what each driver is paid, the best driver first."""
    fast = lineup["fast"].discounted
    rows = []
    for one in lineup.standings:
        share = one.discounted / fast if fast > 0.0 else None
        rows.append([
            one.label, one.end_reason.replace("_", " "), number(one.completion, 0, "%"),
            number(one.lap_time, 1, "s"), number(one.discounted, 2), number(one.undiscounted, 2),
            percent(share),
        ])  # fmt: skip
    print_table(
        ["driver", "end", "lap", "time", f"paid at {lineup.discount_factor:g}", "sum",
         "of fast lap"],
        rows, title=f"line-up on {lineup.track}, the best driver first", left=("driver", "end"),
        drop=("sum", "time"),
    )  # fmt: skip


def _seen(check: "RewardCheck") -> str:
    """Return how much was looked at, and what a call costs."""
    states = count(check.n_states)
    if check.n_states < check.n_planned:
        states += f" of {count(check.n_planned)} (the time was up)"
    parts = [f"{states} states seen"]
    if check.coverage is not None:
        ran = f"{check.coverage.ran} of {check.coverage.statements} statements ran"
        partly = " (calls were too long to be watched to their ends)"
        parts.append(ran + partly * check.coverage.is_partial)
    if check.cost is not None:
        share = percent(check.cost.share)
        first = f"{check.cost.first * 1e6:,.0f} µs the first call, "
        parts.append(f"{first}{check.cost.call * 1e6:.1f} µs each later one, {share} of a step")
    return "; ".join(parts)

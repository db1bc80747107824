"""Every table is readable at 80 and at 200 columns: snapshots, and what holds of all of them.

``RENEW_SNAPSHOTS=1 pytest tests/cli/test_widths.py`` writes the snapshots anew: look at them.
"""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from racer.cli.evaluate import print_trials
from racer.cli.output import labelled, tell
from racer.cli.reward_replay import _print_summary
from racer.cli.table import fit, print_table, print_text_table, short_name
from racer.evaluation import Evaluation, Trial
from racer.kernels.layout import LAP_COMPLETE, OFF_TRACK
from racer.reward_lab import Replay
from racer.reward_lab.replayed import ReplayedEpisodes
from racer.runs.listing import RunRow
from racer.studies.comparison_table import tables
from racer.studies.scores import Condition, Scores, SeedScore

SNAPSHOTS = Path(__file__).parent / "snapshots"
ROWS = [
    RunRow("center_line-reinvent_2018-vpg-12", "", "interrupted", "center_line", "reinvent_2018",
           algo="vpg", seed=3, total_steps=104_311, finish_rate=0.95, median_lap_time=13.9201),
    RunRow("evening/mine-with-a-rather-long-name-of-its-own", "", "finished", "progress_per_step",
           "oval, kidney, bowtie and 3 more", algo="dagger", seed=0, total_steps=20_000,
           finish_rate=1.0, median_lap_time=9.07),
    RunRow("broken", "", "damaged", problem="broken/run.json: missing"),
]  # fmt: skip


def trial(k: int, end: str, lap_time: float | None) -> Trial:
    return Trial(
        k, k / 20, end, 100.0 if lap_time else 37.5, lap_time, lap_time, 2, 2, 10.0, 181 + k,
        132.8 / (k + 1), 0.1, "grand_prix (reversed)" if k % 2 else "oval",
    )  # fmt: skip


class Shown:
    """Prints each table of the command line, with data of its own."""

    def __init__(self, racer, capsys, monkeypatch) -> None:
        self.racer, self.capsys, self.monkeypatch = racer, capsys, monkeypatch

    def tracks(self) -> str:
        return self.racer("tracks").out

    def runs(self) -> str:
        self.monkeypatch.setattr("racer.runs.listing.list_runs", lambda folder: list(ROWS))
        self.monkeypatch.setattr("racer.runs.limits.with_limit", lambda row: row)
        return self.racer("runs").out

    def evaluate(self) -> str:
        trials = (trial(0, "lap_complete", 13.8271), trial(1, "off_track", None),
                  trial(2, "immobilized", None), trial(3, "lap_complete", 104.4))  # fmt: skip
        print_trials(Evaluation("center_line-12", trials, None), with_resets=True)
        return self.capsys.readouterr().out

    def replay(self) -> str:
        n = np.arange(8)
        episodes = ReplayedEpisodes(
            car=n, episode=7 * n, total_steps=100 * n, update=n, steps=181 + n,
            completion=np.linspace(3.0, 100.0, 8), status=np.array([LAP_COMPLETE, OFF_TRACK] * 4),
            old=np.linspace(4.0, 132.8, 8), new=np.linspace(433.0, 18.0, 8),
        )  # fmt: skip
        paid = np.arange(900.0)
        _print_summary(Replay(
            "center_line-12", (), "center_line", "rewards/fast_and_smooth.py", False, paid,
            paid + 1, paid, n, episodes,
        ))  # fmt: skip
        return self.capsys.readouterr().out

    def compare(self) -> str:
        seeds = range(20)
        found = [score(name, k, slow + k / 7) for k in seeds
                 for name, slow in (("center_line", 15.0), ("progress_per_step", 9.0))]  # fmt: skip
        found += [score("goal_only", k, None if k % 3 else 20.0) for k in seeds]
        names = tuple(dict.fromkeys(one.reward for one in found))
        for table in tables(Scores(names, (MAIN,), tuple(seeds), 20_000, tuple(found))):
            print_text_table(table)
        return self.capsys.readouterr().out


MAIN = Condition("reinvent_2018, vpg", "vpg", "reinvent_2018")


def score(reward: str, seed: int, lap_time: float | None) -> SeedScore:
    rate = 1.0 if lap_time else 0.4
    return SeedScore(
        reward=reward, condition=MAIN.name, seed=seed, finish_rate=rate, completion=100.0 * rate,
        lap_time=lap_time, best_lap_time=lap_time, race_time=lap_time or 40.0 + seed,
        off_tracks=0.0 if lap_time else 3.0, steering_change=0.02, steps_to_first_lap=6000,
        steps_to_finish=9000 + seed, last_finish_rate=rate,
        ratio=None if lap_time is None else lap_time / 7.32,
    )  # fmt: skip


@pytest.fixture
def shown(racer, capsys, monkeypatch) -> Shown:
    return Shown(racer, capsys, monkeypatch)


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize("name", ["tracks", "runs", "evaluate", "replay", "compare"])
def test_a_table_is_as_it_was_looked_at(shown, monkeypatch, name, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    text = "\n".join(line.rstrip() for line in getattr(shown, name)().splitlines()) + "\n"
    assert max(map(len, text.splitlines())) <= columns
    kept = SNAPSHOTS / f"{name}-{columns}.txt"
    if os.environ.get("RENEW_SNAPSHOTS"):
        kept.write_text(text, "utf-8")
    assert text == kept.read_text("utf-8")


@pytest.mark.parametrize("name", ["tracks", "runs", "evaluate", "replay", "compare"])
def test_no_word_is_broken_at_80_columns_that_is_whole_at_200(name):
    wide = set((SNAPSHOTS / f"{name}-200.txt").read_text("utf-8").replace(",", "").split())
    narrow = (SNAPSHOTS / f"{name}-80.txt").read_text("utf-8").replace(",", "").split()
    shortened = {word for word in narrow if "…" in word or set(word) == {"─"}}
    assert set(narrow) - shortened <= wide | {"no", "room", "for:"}


# --- how columns are chosen ---

NAMES = ("run", "status", "seed", "lap time")
CELLS = [("center_line-reinvent_2018-12", "finished", "3", "13.92 s"), ("b", "failed", "0", "–")]


def test_a_table_with_room_keeps_every_column_in_its_own_width():
    layout = fit(NAMES, CELLS, 200, left=NAMES[:2], drop=("seed",))
    assert layout.kept == (0, 1, 2, 3)
    assert layout.widths == (28, 8, 4, 8)


def test_the_least_important_columns_go_first_and_only_while_there_is_no_room():
    needed = 28 + 8 + 4 + 7 + 3 * 3 + 2  # the heading "lap time" may take two lines
    assert fit(NAMES, CELLS, needed, left=NAMES[:2], drop=("seed", "status")).kept == (0, 1, 2, 3)
    assert fit(NAMES, CELLS, needed - 1, left=NAMES[:2], drop=("seed", "status")).kept == (0, 1, 3)
    assert fit(NAMES, CELLS, 45, left=NAMES[:2], drop=("seed", "status")).kept == (0, 3)


def test_a_name_is_shortened_in_its_middle_when_nothing_else_helps():
    assert short_name("center_line-reinvent_2018-12", 16) == "center_lin…18-12"
    assert short_name("short", 5) == "short"
    (width, _) = fit(("run", "lap"), [("x" * 40, "1.0")], 30, left=("run",)).widths
    assert width == 30 - 2 - 3 - 3


def test_a_table_says_which_columns_it_has_no_room_for(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "45")
    print_table(NAMES, CELLS, left=NAMES[:2], drop=("seed", "status"))
    assert capsys.readouterr().out.splitlines()[-1] == "no room for: status, seed"


# --- sentences ---


def written(width: int, print_it) -> list[str]:
    out = io.StringIO()
    print_it(Console(file=out, width=width, highlight=False))
    return out.getvalue().splitlines()


def test_sentences_wrap_between_words():
    lines = written(20, lambda made: tell(made, "[bold]a note[/] on laps that are finished"))
    assert lines == ["a note on laps that", "are finished"]


def test_a_path_stays_whole_however_narrow_the_terminal_is():
    path = "runs/center_line-reinvent_2018-12/report.png"
    assert written(20, lambda made: tell(made, f"it is in {path} now")) == ["it is in", path, "now"]


def test_lines_below_the_first_stand_under_its_text():
    lines = written(30, lambda made: labelled("result", "20 of 20 laps were finished", made=made))
    assert lines == ["result        20 of 20 laps", "              were finished"]
    assert written(12, lambda made: tell(made, "  try to lap it")) == ["  try to lap", "  it"]


def test_a_line_that_just_fits_is_one_line():
    assert written(8, lambda made: tell(made, "one lap.\n\nthe end")) == ["one lap.", "", "the end"]

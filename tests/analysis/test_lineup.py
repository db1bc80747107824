"""The picture of a line-up, from plain data."""

from dataclasses import dataclass, replace

import pytest
from matplotlib.colors import to_hex

from racer.analysis.lineup_figure import FAILED, FAST, FINISHED, WRONG, lineup_figure
from racer.analysis.style import save_figure


@dataclass(frozen=True)
class Row:
    driver: str
    label: str
    lap_time: float | None
    completion: float
    discounted: float
    undiscounted: float

    @property
    def finish_rate(self) -> float:
        return 0.0 if self.lap_time is None else 1.0


@dataclass(frozen=True)
class Rows:
    standings: tuple[Row, ...]
    name: str = "my_reward"
    track: str = "oval"
    discount_factor: float = 0.97


LINEUP = Rows(
    (
        Row("cutting", "cutting corners", 9.0, 100.0, 60.0, 90.0),
        Row("fast", "fast lap", 10.0, 100.0, 50.0, 100.0),
        Row("slow", "slow lap", 18.0, 100.0, 40.0, 180.0),
        Row("parked", "parked", None, 1.0, -5.0, -6.0),
    )
)


def colors(figure, panel: int) -> list[str]:
    return [to_hex(bar.get_facecolor()).upper() for bar in figure.axes[panel].patches]


def test_each_driver_has_a_bar_in_both_panels_and_what_it_did_beside_its_name():
    figure = lineup_figure(LINEUP)
    left, right = figure.axes
    assert [bar.get_width() for bar in left.patches] == [60.0, 50.0, 40.0, -5.0]
    assert [bar.get_width() for bar in right.patches] == [90.0, 100.0, 180.0, -6.0]
    names = [text.get_text() for text in left.get_yticklabels()]
    assert names == ["cutting corners  9.0 s", "fast lap  10.0 s", "slow lap  18.0 s",
                     "parked  1 %"]  # fmt: skip
    assert left.get_title(loc="left") == "discount factor 0.97"
    assert "my_reward" in figure.get_suptitle()


def test_who_is_worse_and_paid_more_than_the_fast_lap_stands_out():
    figure = lineup_figure(LINEUP)
    names = [one.upper() for one in (FINISHED, FAST, FINISHED, FAILED)]
    assert colors(figure, 0) == names
    names[2] = WRONG.upper()  # the slow lap, by the sum
    assert colors(figure, 1) == names


def test_numbers_and_bars_stay_inside_the_panels():
    figure = lineup_figure(LINEUP)
    figure.canvas.draw()
    for axes in figure.axes:
        frame = axes.get_window_extent()
        for text in axes.texts:
            box = text.get_window_extent()
            assert frame.x0 <= box.x0
            assert box.x1 <= frame.x1


@pytest.mark.parametrize("factor", [0.0, -1.0, 1e6])
def test_zeros_negative_and_large_returns_can_be_drawn(factor, tmp_path):
    rows = tuple(
        replace(row, discounted=factor * 3.0, undiscounted=factor * 5.0) for row in LINEUP.standings
    )
    path = save_figure(lineup_figure(Rows(rows)), tmp_path / "lineup.png")
    assert path.stat().st_size > 1000

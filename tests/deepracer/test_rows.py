"""Rows of logs of all ages, and lines that are none."""

import io
import math

import numpy as np
import pytest

from racer.deepracer.episodes import episode_table, whole_episodes
from racer.deepracer.rows import BLOCK, UNKNOWN, Tally, read_rows
from racer.errors import RunError
from racer.kernels import layout
from tests.deepracer.conftest import HEADER, episode_lines, line


def read(text, name="a log"):
    tally = Tally()
    data = text if isinstance(text, bytes) else text.encode()
    return list(read_rows(io.BytesIO(data), name, tally)), tally


def as_text(rows, prefix="SIM_TRACE_LOG:"):
    return "".join(f"{prefix}{row}\n" for row in rows)


@pytest.mark.parametrize("width", [16, 17, 18, 19])
def test_lines_of_16_to_19_fields_are_rows_in_degrees(width):
    rows = [",".join(one.split(",")[:width]) for one in episode_lines(3)]
    (found,), tally = read(as_text(rows))
    assert len(found) == 10
    assert tally.n_broken == 0
    assert np.degrees(found.heading) == pytest.approx(10.0)
    assert np.degrees(found.steering) == pytest.approx(15.0)
    assert found.status[[0, 5, 9]].tolist() == [layout.PREPARE, 0, layout.OFF_TRACK]


def test_lines_of_15_fields_are_rows_of_2019_in_radians_without_a_status():
    rows = [line(0, k, yaw=-1.2, steer=0.52) for k in range(1, 9)]
    rows.append(line(0, 9, yaw=-1.2, steer=0.52, done=True, progress=30.0))
    rows.append(line(1, 1, yaw=-1.2, steer=0.52, done=True, progress=100.0))
    (found,), tally = read(as_text(",".join(row.split(",")[:15]) for row in rows))
    assert tally.in_radians
    assert found.heading == pytest.approx(-1.2)
    assert found.steering == pytest.approx(0.52)
    # a log that does not say how an episode ended is not guessed at, but 100 % is a lap
    assert found.status[-3:].tolist() == [0, UNKNOWN, layout.LAP_COMPLETE]


def test_15_fields_with_angles_that_no_car_steers_in_radians_are_degrees():
    (found,), _ = read(as_text([",".join(line().split(",")[:15])] * 3))
    assert np.degrees(found.steering) == pytest.approx(15.0)


@pytest.mark.parametrize("pair", ["[-21.59045601   3.45621204]", "[-21.59045601, 3.45621204]"])
def test_continuous_actions_are_read_with_all_their_digits(pair):
    for text in (as_text([line(action=pair)] * 2), f"{HEADER}\n{line(action=pair)}\n"):
        (found,), tally = read(text)
        assert tally.is_continuous
        assert found.action.tolist() == [-1] * len(found)
        assert np.degrees(found.steering[0]) == pytest.approx(-21.59045601, abs=1e-12)
        assert found.speed[0] == 3.45621204


def test_a_prefix_as_of_a_logger_or_of_a_container_does_not_matter():
    rows = episode_lines(0)
    for prefix in ("[node-1] [agent-9] SIM_TRACE_LOG:", '{"log": "SIM_TRACE_LOG:'):
        (found,), tally = read("no row\n" + as_text(rows, prefix).replace("\n", '"}\r\n'))
        assert len(found) == 10
        assert tally.n_broken == 0


def test_the_columns_of_a_table_are_found_by_name_in_any_order():
    names, values = HEADER.split(","), line().split(",")
    text = "\ufeff" + ",".join(names[::-1]) + "\r\n" + ",".join(values[::-1]) + "\r\n"
    (found,), _ = read(text)
    assert (found.x[0], found.steps[0], found.reward[0]) == (0.2, 2.0, 1.25)


def test_a_table_without_a_column_is_refused_in_a_line():
    with pytest.raises(RunError, match="a log: line 1: expected a column 'tstamp', got episode"):
        read(HEADER.replace("tstamp,", "") + "\n" + line() + "\n")


@pytest.mark.parametrize(
    "broken",
    [
        line()[:40],  # half a line
        line() + ",7,8",
        line(X="nan"),
        line(X="inf"),
        line(reward="nan"),
        line(yaw="ten"),
        line(done="maybe"),
        line(episode=-3),
        line(X=1e30),
        line(track_len=0),
        ",,,,,,,,,,,,,,,,,,",
    ],
)
def test_a_broken_line_is_counted_and_named_and_the_others_are_read(broken):
    good = episode_lines(0)
    for text in (as_text([*good[:5], broken, *good[5:]]),
                 "\n".join([HEADER, *good[:5], broken, *good[5:]])):  # fmt: skip
        found, tally = read(text)
        assert sum(map(len, found)) == 10
        assert tally.n_broken == 1
        assert tally.broken[0].startswith("a log")


def test_two_million_lines_of_garbage_are_no_rows_and_few_are_kept():
    garbage = b"SIM_TRACE_LOG:rubbish,%d,,\xff\x00\n" * 100_000
    found, tally = read(garbage * 20 + as_text(episode_lines(0)).encode())
    assert tally.n_broken == 2_000_000
    assert len(tally.broken) == 5
    assert sum(map(len, found)) == 10


def test_a_line_without_an_end_is_dropped_and_costs_no_memory():
    class Endless(io.RawIOBase):
        left = 40

        def read(self, size=-1):
            self.left -= 1
            return b"x" * size if self.left > 0 else b""

    tally = Tally()
    assert list(read_rows(Endless(), "endless", tally)) == []
    assert tally.n_broken == 39


def test_an_episode_that_is_read_in_two_blocks_is_one():
    many = BLOCK // len(line()) // 10 * 3
    rows = [row for k in range(many) for row in episode_lines(k)]
    blocks, _ = read("\n".join([HEADER, *rows]) + "\n")
    assert len(blocks) > 1
    tables = [episode_table(block) for block in whole_episodes(blocks)]
    assert sum(len(table.episode) for table in tables) == many
    assert {n for table in tables for n in table.steps.tolist()} == {9}


def test_a_lap_takes_from_the_prepare_step_to_the_row_that_completes_it():
    blocks, _ = read(as_text(episode_lines(0, 31, "lap_complete", 100.0)))
    (block,) = whole_episodes(blocks)
    table = episode_table(block)
    assert table.lap_time[0] == pytest.approx(2.0)
    assert table.returns[0] == pytest.approx(30 * 1.25)


def test_laps_of_a_continuous_evaluation_end_in_progress_and_begin_where_the_last_ended():
    rows = [line(0, 1, status="prepare")]
    rows += [line(0, k, progress=k / 0.31) for k in range(2, 32)]
    rows += [line(1, k, progress=(k - 31) / 0.3, tstamp=10 + k / 15) for k in range(32, 61)]
    rows.append(line(1, 61, status="lap_complete", progress=100.0, tstamp=10 + 61 / 15))
    blocks, _ = read(as_text(rows))
    before, times, statuses = math.nan, [], []
    for block in whole_episodes(blocks):
        table = episode_table(block, before)
        before = block.rows.time[-1]
        times += table.lap_time.tolist()
        statuses += table.status.tolist()
    assert statuses == [layout.LAP_COMPLETE] * 2
    assert times == pytest.approx([2.0, 2.0])

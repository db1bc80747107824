"""The rows of a log as a trace and as trials, as evaluations of ours have them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from racer.deepracer.episodes import Block, EpisodeTable, episode_table
from racer.deepracer.routes import Route, episode_starts, measure
from racer.deepracer.rows import TraceRows
from racer.env import STATUS_NAMES
from racer.evaluation import Evaluation, Trace, Trial
from racer.kernels import layout
from racer.kernels.layout import Floats

DRIVER = "the model of the log"
_FRAME = 1.0 / 15.0


def status_word(code: int) -> str:
    """Return the word for how an episode ended; of logs without it ``unknown``."""
    return STATUS_NAMES.get(code, "unknown")


def trace_of(laps: Sequence[TraceRows], lap_times: Sequence[float], route: Route | None) -> Trace:
    """Return laps as a trace, trial i being the i-th.

    A log has no measured speed and steering: the speed is that of the nose from row to row, the
    steering is nan. Without a route the place on the lap is nan too.

    Args:
        laps: the rows of each.
        lap_times: of each (s), nan where it is not complete.
        route: that they were driven on, if it is known.
    """
    rows = TraceRows(*(np.concatenate(columns) for columns in zip(*laps, strict=True)))
    lengths = [len(one) for one in laps]
    trial = np.repeat(np.arange(len(laps)), lengths)
    last = np.cumsum(lengths) - 1
    times = np.full(len(rows), np.nan)
    times[last] = lap_times
    along = lateral = np.full(len(rows), np.nan)
    if route is not None:
        measured = measure(route.track, rows)
        along, lateral = measured[:, layout.ALONG], measured[:, layout.LATERAL]
    status = np.where(rows.status < 0, layout.IN_PROGRESS, rows.status)
    return Trace(
        trial=trial, steps=rows.steps, x=rows.x, y=rows.y, heading=rows.heading,
        speed=_speeds(rows, trial), steering=np.full(len(rows), np.nan),
        steering_command=rows.steering, speed_command=rows.speed, action=rows.action,
        reward=rows.reward, progress=rows.progress / 100.0, along=along, lateral=lateral,
        status=np.where(np.isfinite(times), layout.LAP_COMPLETE, status),
        time=rows.time - np.repeat(rows.time[last - np.array(lengths) + 1], lengths),
        track=np.zeros(len(rows), np.int64), lap_time=times,
    )  # fmt: skip


def _speeds(rows: TraceRows, trial: Any) -> Floats:
    """Return the speed of the nose from each row to the next (m/s); of the last row that before."""
    if len(rows) < 2:
        return np.zeros(len(rows))
    gap = np.diff(rows.time)
    dt = np.where((gap > 0.2 * _FRAME) & (gap < 10 * _FRAME), gap, _FRAME)
    speeds = np.hypot(np.diff(rows.x), np.diff(rows.y)) / dt
    speeds = np.append(speeds, speeds[-1])
    ends = np.flatnonzero(np.diff(trial))
    speeds[ends] = speeds[np.maximum(ends - 1, 0)]
    return speeds


def evaluation_of(blocks: Sequence[Block], track: str, route: Route | None) -> Evaluation:
    """Return the trials of an evaluation.

    Args:
        blocks: whole episodes, each a trial, in the order of the log.
        track: what the road is called.
        route: the road, if it is known.
    """
    trials: list[Trial] = []
    laps: list[TraceRows] = []
    times: list[float] = []
    before = np.nan
    for block in blocks:
        table = episode_table(block, before)
        before = float(block.rows.time[-1])
        starts = np.full(len(block.begins), np.nan)
        if route is not None:
            measured = measure(route.track, block.rows)
            starts = episode_starts(route.track, measured, block.rows, block.begins, block.runs)
        for i, (begin, n) in enumerate(zip(block.begins, block.lengths, strict=True)):
            rows = block.rows.only(slice(int(begin), int(begin + n)))
            laps.append(rows)
            times.append(float(table.lap_time[i]))
            trials.append(_trial(len(trials), rows, table, i, float(starts[i]), track))
    return Evaluation(DRIVER, tuple(trials), trace_of(laps, times, route))


def _trial(
    number: int, rows: TraceRows, table: EpisodeTable, i: int, start: float, track: str
) -> Trial:
    """Return one trial."""
    lap = float(table.lap_time[i])
    is_lap = bool(np.isfinite(lap))
    waits = rows.status == layout.PAUSE
    gaps = np.diff(rows.time, prepend=rows.time[0])
    ends = np.isin(rows.status, (layout.OFF_TRACK, layout.CRASHED, layout.IMMOBILIZED,
                                 layout.REVERSED))  # fmt: skip
    driven = rows.steering[~np.isin(rows.status, (layout.PREPARE, layout.PAUSE))]
    return Trial(
        trial=number, start=start, end_reason=status_word(int(table.status[i])),
        completion=float(table.completion[i]), lap_time=lap if is_lap else None,
        raw_lap_time=lap if is_lap else None,
        off_tracks=int(np.sum(rows.status == layout.OFF_TRACK)),
        resets=int(np.sum(ends & ~rows.done)), penalty_time=float(gaps[waits].sum()),
        steps=int(table.steps[i]), episode_return=float(table.returns[i]),
        steering_change=float(np.abs(np.diff(driven)).mean()) if len(driven) > 1 else 0.0,
        track=track,
    )  # fmt: skip

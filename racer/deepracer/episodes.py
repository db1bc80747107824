"""From rows to episodes, a block at a time; and the rows of the best laps."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from racer.deepracer.rows import TraceRows
from racer.kernels import layout
from racer.kernels.layout import Floats, Integers

_LONGEST = 200_000  # rows of an episode; the simulator ends it at half of them
KEPT_LAPS = 20


class Block(NamedTuple):
    """Whole episodes of one worker."""

    rows: TraceRows
    begins: Integers  # (n_episodes,) first row of each
    is_whole: bool  # False if the file ends in the middle of the last one

    @property
    def lengths(self) -> Integers:
        """How many rows each has, (n_episodes,)."""
        return np.diff(np.append(self.begins, len(self.rows)))

    @property
    def runs(self) -> NDArray[np.bool_]:
        """Which rows were driven and paid: all but those of waiting, (n,)."""
        return ~np.isin(self.rows.status, (layout.PREPARE, layout.PAUSE))


def whole_episodes(blocks: Iterable[TraceRows]) -> Iterator[Block]:
    """Yield the rows of a file anew, so that no episode is torn apart."""
    rest: TraceRows | None = None
    for one in blocks:
        rows = one if rest is None else TraceRows(
            *(np.concatenate(pair) for pair in zip(rest, one, strict=True))
        )  # fmt: skip
        begins = _begins(rows)
        last = len(rows) if len(rows) - begins[-1] > _LONGEST else int(begins[-1])
        if last > 0:
            yield Block(rows.only(slice(0, last)), begins[begins < last], is_whole=True)
        rest = rows.only(slice(last, None)) if last < len(rows) else None
    if rest is not None:
        is_whole = bool(rest.done[-1]) or rest.progress[-1] >= 100.0
        yield Block(rest, np.zeros(1, np.int64), is_whole=is_whole)


def _begins(rows: TraceRows) -> Integers:
    """Return the first row of each episode: another number, earlier steps, or a prepare step."""
    changes = np.ones(len(rows), np.bool_)
    changes[1:] = (np.diff(rows.episode) != 0) | (np.diff(rows.steps) < 0)
    changes[1:] |= (rows.status[1:] == layout.PREPARE) & (np.diff(rows.steps) != 0)
    return np.flatnonzero(changes)


class EpisodeTable(NamedTuple):
    """Episodes in the order of their file: arrays of one length."""

    episode: Integers  # as the log counts them
    steps: Integers  # driven and paid, the prepare step and penalties left out
    returns: Floats
    completion: Floats  # (percent)
    status: Integers
    lap_time: Floats  # (s), nan without a lap
    x: Floats  # where it ended (m)
    y: Floats  # where it ended (m)


def episode_table(block: Block, before: float = np.nan) -> EpisodeTable:
    """Return the episodes of a block.

    A lap takes from the prepare step to the row in which it is complete, as the simulator's
    metrics count it. In a continuous evaluation only the first lap has a prepare step, and
    only the last one the status: the others begin where the one before ended.

    Args:
        block: whole episodes.
        before: the time of the row before the block, if there is one.
    """
    rows, begins, runs = block.rows, block.begins, block.runs
    last = begins + block.lengths - 1
    progress, status = rows.progress[last], rows.status[last].copy()
    status[(status == layout.IN_PROGRESS) & (progress >= 100.0)] = layout.LAP_COMPLETE
    goes_on = (rows.status[begins] != layout.PREPARE) & (rows.steps[begins] > 2.0)
    earlier = np.concatenate([[before], rows.time])[begins]
    set_out = np.where(goes_on, earlier, rows.time[begins])
    return EpisodeTable(
        episode=rows.episode[begins],
        steps=np.add.reduceat(runs.astype(np.int64), begins),
        returns=np.add.reduceat(np.where(runs, rows.reward, 0.0), begins),
        completion=np.clip(progress, 0.0, 100.0),
        status=status,
        lap_time=np.where(status == layout.LAP_COMPLETE, rows.time[last] - set_out, np.nan),
        x=rows.x[last],
        y=rows.y[last],
    )


@dataclass
class BestLaps:
    """The rows of the fastest laps; where there are too few, of the episodes that came furthest."""

    most: int = KEPT_LAPS
    kept: list[tuple[tuple[float, float], TraceRows]] = field(default_factory=list)
    """Keys and rows, the best first."""

    def add(self, block: Block, table: EpisodeTable) -> None:
        """Look at the episodes of a block."""
        time = np.where(np.isnan(table.lap_time), np.inf, table.lap_time)
        order = np.lexsort((-table.completion, time))[: self.most]
        lengths = block.lengths
        for i in order.tolist():
            key = (float(time[i]), -float(table.completion[i]))
            if len(self.kept) < self.most or key < self.kept[-1][0]:
                begin = int(block.begins[i])
                own = np.arange(begin, begin + int(lengths[i]))  # picked one by one: a copy
                self.kept.append((key, block.rows.only(own)))
                self.kept.sort(key=lambda pair: pair[0])
                del self.kept[self.most :]

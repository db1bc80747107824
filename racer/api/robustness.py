"""Will it drive outside? How often runs lap when something differs, measured, drawn and saved."""

import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.api.run import Run
from racer.api.who import is_driver, run_of, set_up
from racer.errors import ConfigError, RunError

if TYPE_CHECKING:
    from racer.env import Scenario
    from racer.evaluation import Driver
    from racer.evaluation.robustness import Robustness, RobustnessCondition
    from racer.track import Track

TRIALS = 100
"""Laps of a condition."""

STRENGTHS = (0.5, 1.0, 1.5)
"""Of each factor."""

N_UNSEEN = 10
"""Generated roads that it never saw."""

FIRST_UNSEEN = 1001
"""The seed of the first of them."""

NAME = "robustness"
"""Of the files, and of the folder for several runs."""

_SAME_CAR = ("track", "track_scale", "reverse", "drop_duplicates", "vehicle")


@dataclass(frozen=True)
class RobustnessReport:
    """What came of each run, and where it is saved."""

    runs: tuple["Robustness", ...]
    """In the order in which they were given."""
    settings: dict[str, Any]
    """What was asked for: trials, strengths, unseen, tracks, checkpoint."""
    data: Path
    """robustness.json"""
    picture: Path
    """robustness.png"""

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, as robustness.json has it."""
        return _content(self.runs, self.settings)


@dataclass(frozen=True)
class _Entrant:
    """A run or driver that is measured."""

    name: str
    driver: "Driver"
    scenario: "Scenario"


def robustness(
    runs: "Iterable[str | Path | Run] | str | Path | Run",
    *,
    trials: int = TRIALS,
    strengths: Sequence[float] = STRENGTHS,
    unseen: int = N_UNSEEN,
    tracks: Sequence[str | Path] = (),
    checkpoint: str = "best",
    output: str | Path | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
    on_note: Callable[[str], None] | None = None,
) -> RobustnessReport:
    """Measure how often cars lap with each random factor, with all, and on roads they never saw.

    Args:
        runs: runs, their folders or names, checkpoint files; or drivers, to compare with: those
            have the road and the car of the first run.
        trials: laps of a condition, from evenly spaced starts. The roads of a training share them,
            each other road has as many.
        strengths: of each factor. Other roads are driven plainly and with all factors at 1.
        unseen: how many generated roads, from seed 1001 on, leaving out those of the trainings.
        tracks: further roads: names or files.
        checkpoint: of the runs, best or last.
        output: folder for the files; by default the run's own, for several ``robustness``, for a
            driver or a checkpoint file the working folder.
        on_progress: called with (laps tried, laps, who drives).
        on_note: called with each remark that a user should read.

    Returns:
        the figures, and the files ``robustness.json`` and ``robustness.png``.

    Raises:
        RacerError: if there is no such run, a setting cannot be used, or a track is no new one.
    """
    several = [runs] if isinstance(runs, str | Path | Run) else list(runs)
    strengths = _checked(trials, strengths, unseen)
    folder = _folder(several, output)
    note = on_note or (lambda _: None)
    entrants = _entrants(several, checkpoint, note)
    places = _places(entrants, unseen, tracks)
    plans = [_plan(one, strengths, places, note) for one in entrants]
    results = _measure(entrants, plans, places, trials, on_progress)
    settings = {
        "trials": trials,
        "strengths": strengths,
        "unseen": unseen,
        "tracks": [str(track) for track in tracks],
        "checkpoint": checkpoint,
    }
    return _save(tuple(results), settings, folder)


# --- what is wanted ---


def _checked(trials: int, strengths: Sequence[float], unseen: int) -> list[float]:
    """Return the strengths in order, each once.

    Raises:
        ConfigError: if a number cannot be used.
    """
    from racer.env.randomize import MAX_STRENGTH

    if trials < 1:
        raise ConfigError(f"trials: must be 1 or more, got {trials}")
    if unseen < 0:
        raise ConfigError(f"unseen: must be 0 or more, got {unseen}")
    if not strengths:
        raise ConfigError("strengths: expected at least one, such as 0.5,1,1.5, got none")
    for one in strengths:
        if not (math.isfinite(one) and 0.0 <= one <= MAX_STRENGTH):
            raise ConfigError(f"strengths: expected 0 to {MAX_STRENGTH:g}, got {one:g}")
    return sorted({float(one) for one in strengths})


def _folder(runs: Sequence["str | Path | Run"], output: str | Path | None) -> Path:
    """Return where the files go.

    Raises:
        RacerError: if there is no run, a file is in the way, or nothing can be written there.
    """
    if not runs:
        raise ConfigError("robustness: expected at least one run, got none")
    if output is not None:
        folder = Path(output).expanduser()
    elif len(runs) > 1:
        folder = Path(NAME)
    else:
        place = None if is_driver(runs[0]) else run_of(runs[0])
        folder = Path() if place is None else place.folder
    there = next(path for path in (folder, *folder.parents, Path()) if path.exists())
    if not there.is_dir():
        raise ConfigError(f"{there}: expected a folder for the files, got a file")
    if not os.access(there, os.W_OK):
        raise RunError(f"{there}: cannot be written: permission denied")
    return folder


def _entrants(
    runs: Sequence["str | Path | Run"], checkpoint: str, note: Callable[[str], None]
) -> list[_Entrant]:
    """Return who drives, loaded.

    Raises:
        ConfigError: if two have one name.
    """
    first = next((one for one in runs if not is_driver(one)), None)
    found: list[_Entrant] = []
    for one in runs:
        driver, scenario = _set_up(one, first, checkpoint, note)
        if any(other.name == driver.name for other in found):
            raise ConfigError(f"two runs are called '{driver.name}': expected a name for each")
        found.append(_Entrant(driver.name, driver, scenario))
    return found


def _set_up(
    one: "str | Path | Run",
    first: "str | Path | Run | None",
    checkpoint: str,
    note: Callable[[str], None],
) -> tuple["Driver", "Scenario"]:
    """Return who drives and where; a driver has the road and the car of the first run."""
    place = None if first is None or not is_driver(one) else run_of(first)
    if place is None:
        return set_up(one, checkpoint, None, {}, on_note=note)
    config = place.config
    same = {name: getattr(config, name) for name in _SAME_CAR}
    return set_up(one, checkpoint, config.make_actions(), same)


# --- where ---


def _places(
    entrants: Sequence[_Entrant], unseen: int, tracks: Sequence[str | Path]
) -> dict[str, list["Track"]]:
    """Return the roads of each place that is not a training's.

    Raises:
        ConfigError: if a track was given twice, or none of the runs could see it for the first
            time.
    """
    from racer.evaluation.robustness import GIVEN, UNSEEN
    from racer.track import load_track

    places: dict[str, list[Track]] = {}
    if unseen:
        places[UNSEEN] = list(islice(_new_roads(entrants), unseen))
    for name in tracks:
        track = load_track(name)
        place = GIVEN + track.name
        if place in places:
            raise ConfigError(f"track: {track.name}: expected once, got twice")
        if all(_knows(one, track) for one in entrants):
            raise ConfigError(
                f"track: {track.name} is the own road of {entrants[0].name}: expected one that "
                "it never saw"
            )
        places[place] = [track]
    return places


def _new_roads(entrants: Sequence[_Entrant]) -> Iterator["Track"]:
    """Yield generated roads that none of the runs was trained on."""
    from racer.track import generate_track

    for seed in count(FIRST_UNSEEN):
        track = generate_track(seed)
        if not any(_knows(one, track) for one in entrants):
            yield track


def _knows(entrant: _Entrant, track: "Track") -> bool:
    """Return whether a track is a road of the training, in either direction."""
    from racer.evaluation.robustness import is_same_road, own_roads

    return any(is_same_road(track, road) for road in own_roads(entrant.scenario))


def _plan(
    entrant: _Entrant,
    strengths: Sequence[float],
    places: dict[str, list["Track"]],
    note: Callable[[str], None],
) -> tuple[tuple[str, ...], tuple["RobustnessCondition", ...]]:
    """Return the factors that are left out for a run, and its conditions; say what is left out."""
    from racer.env.factors import FACTORS
    from racer.evaluation.robustness import UNSEEN, conditions, factors_that_matter

    factors = factors_that_matter(entrant.scenario)
    left_out = tuple(name for name in FACTORS if name not in factors)
    if left_out:
        note(f"{entrant.name}: left out, as they change nothing for it: {', '.join(left_out)}")
    elsewhere = []
    for place, roads in places.items():
        if place != UNSEEN and _knows(entrant, roads[0]):
            note(f"{entrant.name}: {roads[0].name} is its own road: left out")
        else:
            elsewhere.append(place)
    return left_out, conditions(factors, strengths, elsewhere)


# --- what came of it ---


def _measure(
    entrants: Sequence[_Entrant],
    plans: Sequence[tuple[tuple[str, ...], tuple["RobustnessCondition", ...]]],
    places: dict[str, list["Track"]],
    trials: int,
    on_progress: Callable[[int, int, str], None] | None,
) -> Iterator["Robustness"]:
    """Yield what came of each run."""
    from racer.evaluation.robustness import OWN, Robustness, count_laps, measure_robustness

    total = sum(
        count_laps(one.scenario, wanted, places, trials)
        for one, (_, wanted) in zip(entrants, plans, strict=True)
    )
    done = 0

    def add(laps: int, name: str) -> None:
        nonlocal done
        done += laps
        if on_progress is not None:
            on_progress(done, total, name)

    for one, (left_out, wanted) in zip(entrants, plans, strict=True):
        add(0, one.name)
        outcomes = measure_robustness(
            one.driver, one.scenario, wanted, places,
            trials=trials, on_laps=partial(add, name=one.name),
        )  # fmt: skip
        own = next(found for found in outcomes if found.condition.place == OWN)
        yield Robustness(one.name, tuple(laps.road for laps in own.roads), left_out, outcomes)


def _content(runs: Sequence["Robustness"], settings: dict[str, Any]) -> dict[str, Any]:
    from racer.evaluation.what_breaks import what_breaks

    found = [{**one.to_dict(), "verdict": what_breaks(one)} for one in runs]
    return {"settings": settings, "runs": found}


def _save(
    runs: tuple["Robustness", ...], settings: dict[str, Any], folder: Path
) -> RobustnessReport:
    """Draw the picture and write the figures: each file whole, or not at all."""
    from racer.analysis.robustness_figure import robustness_figure
    from racer.analysis.style import save_figure
    from racer.runs.run_folder import write_json

    data, picture = folder / f"{NAME}.json", folder / f"{NAME}.png"
    unfinished = folder / f".{os.getpid()}-{NAME}.png"
    try:
        save_figure(robustness_figure(runs), unfinished)
        write_json(data, _content(runs, settings))
        unfinished.replace(picture)
    finally:
        with suppress(OSError):
            unfinished.unlink()
    return RobustnessReport(runs, settings, data, picture)

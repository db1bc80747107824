"""Single pictures of runs, chosen by their names."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.api.camera import plot_saliency
from racer.api.run import FIGURES, Run, load_run
from racer.errors import ConfigError, RacerError, unknown_name

if TYPE_CHECKING:
    from racer.analysis.league.driven import Driven

DISCOUNT = 0.99
"""Taken where nobody knows a run's own."""

OTHERS: Mapping[str, str] = {
    "report": "how did it learn, where does it drive? The page that a training ends with",
    "learning_curves": "did it learn, and did it get worse again?",
    "diagnostics": "what does the algorithm say of its updates?",
    "laps_by_speed": "where is the trained car fast?",
    "laps_by_reward": "where is the trained car paid?",
    "actions_used": "which actions does the trained car use?",
    "action_space": "what could it choose?",
    "off_tracks": "where did it leave the track, and did that get rarer?",
    "where_time_goes": "where does it lose time to the reference?",
    "saliency": "which pixels decide? For a car that drives by its camera",
}
"""The other pictures and when each helps."""


def kinds() -> dict[str, str]:
    """Return the names of all pictures, and when each helps."""
    from racer.analysis.league.kinds import KINDS

    return {**{name: kind.helps for name, kind in KINDS.items()}, **OTHERS}


def plot_kinds(
    runs: "Iterable[str | Path | Run] | str | Path | Run",
    names: Sequence[str],
    folder: str | Path | None = None,
    *,
    on_note: Callable[[str], None] | None = None,
) -> dict[Path, str]:
    """Write some pictures of one or more runs as PNG files.

    Args:
        runs: runs, folders or names.
        names: some of ``kinds()``.
        folder: where to; by default the run's own folder, for several ``plots``.
        on_note: told of each picture that a run cannot have, and why.

    Returns:
        the files written, each with a sentence that says what was found; "" where the picture
        has none.

    Raises:
        ConfigError: if a name is unknown.
        RacerError: if no picture could be drawn; why the last one could not.
    """
    known = kinds()
    for name in names:
        if name not in known:
            raise ConfigError(unknown_name("kind of picture", name, list(known)))
    several = [runs] if isinstance(runs, str | Path | Run) else list(runs)
    loaded = [run if isinstance(run, Run) else load_run(run) for run in several]
    written: dict[Path, str] = {}
    problem: RacerError = ConfigError("plot: expected at least one run, got none")
    for run in loaded:
        place = Path(folder) if folder else run.folder if len(loaded) == 1 else Path("plots")
        pictures = _Pictures(run, place, f"{run.name}-" if len(loaded) > 1 else "", on_note)
        for name in names:
            try:
                written.update(pictures.save(name))
            except RacerError as error:
                problem = error
                if on_note is not None:
                    on_note(f"{name}: {error}")
    if not written:
        raise problem
    return written


class _Pictures:
    """The pictures of one run; its steps are read once for all of them."""

    def __init__(
        self, run: Run, folder: Path, prefix: str, on_note: Callable[[str], None] | None
    ) -> None:
        self._run, self._folder, self._prefix, self._on_note = run, folder, prefix, on_note

    def save(self, name: str) -> dict[Path, str]:
        """Write the pictures of a kind, one a track if it shows one; see ``plot_kinds``."""
        if name == "saliency":
            return {plot_saliency(self._run, self._folder): ""}
        if name in FIGURES:
            saved = self._run.save(name, folder=self._folder, prefix=self._prefix)
            if not saved:
                raise ConfigError(f"{self._run.folder}: has not what it shows yet")
            return dict.fromkeys(saved.values(), "")
        from racer.analysis.style import save_figure

        return {
            save_figure(figure, self._folder / f"{self._prefix}{key}.png"): figure.get_label()
            for key, figure in self._drawn(name)
        }

    def _drawn(self, name: str) -> Iterator[tuple[str, Any]]:
        """Yield figures under their names."""
        from racer.analysis.league.kinds import DISCOUNTED, KINDS, OfEpisodes

        kind = KINDS[name]
        if isinstance(kind, OfEpisodes):
            yield name, kind.draw(self._run.record)
            return
        gamma = DISCOUNT if name not in DISCOUNTED else self._gamma
        for one in self._steps:
            word = re.sub(r"[^\w.-]+", "_", one.track.name)
            yield f"{name}_{word}" if len(self._steps) > 1 else name, kind.draw(one, gamma)

    @cached_property
    def _steps(self) -> "list[Driven]":
        from racer.analysis.league.driven import driven

        return driven(self._run.record, self._run.tracks)

    @cached_property
    def _gamma(self) -> float:
        """The run's discount factor."""
        from racer.algorithms.hyperparameters import resolve

        record = self._run.record
        try:
            if "imported" in record.info and "hyperparameters" not in record.info.get("config", {}):
                raise KeyError("discount_factor")  # a log does not say it
            config = self._run.config
            values = resolve(config.algo, config.hyperparameters)[0].to_dict()
            return float(values["discount_factor"])
        except (RacerError, KeyError):
            if self._on_note is not None:
                self._on_note(f"{self._run.name}: its discount factor is not known: {DISCOUNT}")
            return DISCOUNT

"""A run as its user sees it: a folder, its tables and its figures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from racer.errors import ConfigError, RacerError, RunError, unknown_name
from racer.run_files import RUN_JSON
from racer.runs.listing import find_run

if TYPE_CHECKING:
    from racer.config.train_config import TrainConfig
    from racer.evaluation import Evaluation, Trace
    from racer.optimal import OptimalLap
    from racer.runs.record import Columns, RunRecord
    from racer.track import Track
    from racer.vehicle import ContinuousActions, DiscreteActions

FIGURES = (
    "report", "learning_curves", "diagnostics", "laps_by_speed", "laps_by_reward", "actions_used",
    "action_space", "off_tracks", "where_time_goes",
)  # fmt: skip
"""The figures of a run."""

PLOTS = (
    "learning_curves", "diagnostics", "laps_by_speed", "laps_by_reward", "actions_used",
    "off_tracks", "where_time_goes",
)  # fmt: skip
"""Those that ``plot`` draws: ``train`` has drawn the others."""

MAPS = ("laps_by_speed", "laps_by_reward", "actions_used", "off_tracks", "where_time_goes")
"""Those that it draws for each of several runs."""

OF_A_TRACK = ("laps_by_speed", "laps_by_reward", "off_tracks", "where_time_goes")
"""Those that show a track: of a run on several, there is one a track."""

_WHO = "greedy car"  # drives the laps of the final evaluation


@dataclass(frozen=True)
class Run:
    """A training that is done or under way: its folder, and what it holds."""

    folder: Path
    """The run's folder."""

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.record.name

    @cached_property
    def record(self) -> "RunRecord":
        """The run as ``racer.analysis`` reads it; its tables are read at first use."""
        from racer.runs.record import read_run

        return read_run(self.folder)

    @property
    def info(self) -> dict[str, Any]:
        """What run.json holds: settings, seed, versions, command, how it ended."""
        return dict(self.record.info)

    @property
    def episodes(self) -> "Columns":
        """One row an episode: a dict of columns, each (n_episodes,)."""
        return self.record.episodes

    @property
    def updates(self) -> "Columns":
        """One row an update: a dict of columns, each (n_updates,)."""
        return self.record.updates

    @property
    def evaluations(self) -> "Columns":
        """One row an evaluation during the training: a dict of columns."""
        return self.record.evaluations

    @cached_property
    def evaluation(self) -> "Evaluation":
        """The final evaluation: its trials, figures over all of them, and their steps.

        Raises:
            RunError: while there is none, or its files are broken.
        """
        from racer.evaluation import Evaluation, Trial
        from racer.evaluation.drivers import GREEDY

        record, trace = self.record.evaluation, self.trace
        if record is None or trace is None:
            raise RunError(f"{self.folder}: has no evaluation yet")
        try:
            summary = record["summary"]
            older = {"track": summary["track"]}
            trials = tuple(Trial(**{**older, **values}) for values in record["trials"])
            chooses = summary.get("policy", GREEDY)  # that of older runs
            return Evaluation(summary["driver"], trials, trace, chooses)
        except (KeyError, TypeError) as error:
            raise RunError(
                f"{self.folder / 'evaluation.json'}: not an evaluation: {error}"
            ) from error

    @property
    def trace(self) -> "Trace | None":
        """Every step of the final evaluation; None while there is none."""
        return self.record.trace

    @cached_property
    def config(self) -> "TrainConfig":
        """The settings it was trained with."""
        from racer.config.train_config import TrainConfig

        values = self.record.info.get("config")
        if not isinstance(values, dict):
            path = self.folder / RUN_JSON
            raise RunError(f"{path}: config: expected the settings of the run, got {values!r}")
        return TrainConfig.of_run(values)

    @property
    def physics_changes(self) -> str:
        """In words what makes its car move otherwise today than while it was trained; or ""."""
        from racer.vehicle import vehicle
        from racer.vehicle.physics import physics_changes

        return physics_changes(self.record.info.get("physics"), vehicle(self.config.vehicle))

    @cached_property
    def tracks(self) -> "tuple[Track, ...]":
        """The tracks it was trained on."""
        from racer.track import load_tracks

        if self.has_no_route:
            return ()
        config = self.config
        return load_tracks(
            config.track,
            reverse=config.reverse,
            scale=config.track_scale,
            drop_duplicates=config.drop_duplicates,
        )

    @property
    def has_no_route(self) -> bool:
        """Whether it was made of logs and nobody knows the road that they were driven on."""
        return self.record.is_imported and "track" not in self.record.info.get("config", {})

    @property
    def track(self) -> "Track":
        """The track it was trained on; of several, the first.

        Raises:
            RunError: of a run made of logs, if the route is not known.
        """
        if self.has_no_route:
            raise RunError(f"{self.folder}: {self.record.info['imported']['route']}")
        return self.tracks[0]

    @cached_property
    def actions(self) -> "DiscreteActions | ContinuousActions":
        """Its action space."""
        return self.config.make_actions()

    def figures(self, *names: str) -> dict[str, Any]:
        """Draw figures of the run.

        Args:
            names: some of ``FIGURES``; by default all. What cannot be drawn yet, or for this action
                space, is left out.

        Returns:
            matplotlib figures under their names. Of a run on several tracks, those of a track are
            drawn for each, and its name follows theirs: ``off_tracks_oval``.

        Raises:
            ConfigError: if a name is unknown.
        """
        return {key: one for name in names or FIGURES for key, one in self._drawn(name)}

    def save(
        self, *names: str, folder: str | Path | None = None, prefix: str = ""
    ) -> dict[str, Path]:
        """Write figures of the run as ``NAME.png``.

        Args:
            names: as for ``figures``.
            folder: where to; by default the run's own.
            prefix: put in front of the file names.

        Returns:
            the files under the names of the figures.
        """
        from racer.analysis.figures import save_figure

        folder = self.folder if folder is None else Path(folder)
        return {
            key: save_figure(figure, folder / f"{prefix}{key}.png")
            for name in names or FIGURES
            for key, figure in self._drawn(name)
        }

    def _drawn(self, name: str) -> Iterator[tuple[str, Any]]:
        """Yield a figure under its name, or one a track; nothing where it cannot be drawn."""
        if name not in FIGURES:
            raise ConfigError(unknown_name("figure", name, list(FIGURES)))
        tracks = self.record.tracks
        several = name in OF_A_TRACK and len(tracks) > 1
        for number, track in enumerate(tracks if several else tracks[:1]):
            figure = self._draw(name, number)
            if figure is not None:
                word = re.sub(r"[^\w.-]+", "_", track)  # "generated:7" is no file name
                yield f"{name}_{word}" if several else name, figure

    def _draw(self, name: str, number: int) -> Any:
        """Draw one figure, or None where the run has not what it shows.

        Args:
            name: one of ``FIGURES``.
            number: of the track, if it shows one.
        """
        from racer.analysis import figures

        record, actions = self.record, self.actions
        if self.has_no_route and name in (*OF_A_TRACK, "report"):
            return None
        if name == "report":
            return figures.report(record, self.tracks, actions=actions)
        if name == "learning_curves":
            return figures.learning_curves(record)
        if name == "diagnostics":
            return figures.diagnostics(record)
        if name == "off_tracks":
            return figures.off_tracks(record, self.tracks[number])
        if name == "action_space":
            return figures.action_space(actions)
        trace = self.trace or record.best_laps
        if trace is None:
            return None
        if name == "actions_used":
            return figures.actions_used(trace, actions, who=_WHO)
        trace = trace.on(number) if len(self.tracks) > 1 else trace
        if name == "where_time_goes":
            reference = self._reference(number)
            return figures.where_time_goes(trace, self.tracks[number], reference, who=_WHO)
        from racer.evaluation.ratio import top_speed_of

        color, top_speed = name.removeprefix("laps_by_"), top_speed_of(actions)
        return figures.laps(trace, self.tracks[number], color, top_speed=top_speed, who=_WHO)

    def _reference(self, number: int) -> "OptimalLap | str":
        """Return the reference of its car on one of its tracks, or why there is none."""
        from racer.evaluation.ratio import top_speed_of
        from racer.optimal import reference
        from racer.vehicle import vehicle

        try:
            car, top_speed = vehicle(self.config.vehicle), top_speed_of(self.actions)
            return reference(self.tracks[number], car, top_speed)
        except RacerError as error:
            return str(error)


def load_run(folder: str | Path) -> Run:
    """Open a run.

    Args:
        folder: its folder, or its name in ``runs/``.

    Raises:
        RunError: if there is no such run, or its run.json is broken.
    """
    run = Run(find_run(folder))
    run.record  # noqa: B018  reads run.json now, so that what is wrong shows here
    return run

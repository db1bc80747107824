"""What a comparison is going to do: which reward functions, learners, roads and seeds.

Everything is checked here, before anything is trained: a comparison that begins can be finished.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from racer.algorithms.hyperparameters import resolve
from racer.config.train_config import TrainConfig
from racer.errors import ConfigError
from racer.reward import RewardSource, load_reward
from racer.studies.scores import FEWEST_SEEDS, Condition
from racer.studies.training import Training, condition_name
from racer.track import Track, load_tracks
from racer.track.several import label

RewardGiven = str | Path | Callable[[dict[str, Any]], float]
"""How a user names a reward function: a file, a shipped name, or a Python function."""

REVERSED = ":reversed"
"""What follows the name of a track that is to be driven the other way round."""

_NAME = re.compile(r"\w[\w.+-]*")  # it becomes part of a folder's name


@dataclass(frozen=True)
class Contender:
    """A reward function that takes part."""

    name: str
    """What tables and folders call it."""
    source: RewardSource

    @property
    def digest(self) -> str | None:
        """A digest of its file and the modules beside it; None for a Python function.

        What a function does depends on variables that its text does not show.
        """
        return None if self.source.function is not None else self.source.digest


@dataclass(frozen=True)
class Learner:
    """An algorithm with its hyperparameters."""

    algo: str
    hyperparameters: dict[str, Any]
    """Those that were given; the others have the algorithm's defaults."""

    @property
    def name(self) -> str:
        """The algorithm and what was given: ``vpg learning_rate=0.003``."""
        given = [f"{key}={_word(value)}" for key, value in self.hyperparameters.items()]
        return " ".join([self.algo, *given])

    def settings(self) -> dict[str, Any]:
        """Return all hyperparameters.

        Raises:
            ConfigError: if one is unknown or out of range.
        """
        return resolve(self.algo, self.hyperparameters)[0].to_dict()


@dataclass(frozen=True)
class Road:
    """A track and a direction; or several tracks, of which each episode of a training draws one."""

    settings: dict[str, Any]
    """The fields of ``TrainConfig`` that say which track: track, reverse, …"""
    tracks: tuple[Track, ...]
    digest: str = ""
    """Of the tracks' files."""

    @property
    def name(self) -> str:
        """The tracks' names, with ``(reversed)`` if they are driven that way."""
        return label(self.tracks)


@dataclass(frozen=True)
class Plan:
    """A comparison, checked."""

    contenders: tuple[Contender, ...]
    """At least two, their names unique."""
    learners: tuple[Learner, ...]
    """The main one first."""
    roads: tuple[Road, ...]
    """The training's first."""
    config: TrainConfig
    """The settings that all trainings share; of reward, learner and seed each has its own."""
    n_seeds: int
    trials: int
    """Laps of each evaluation."""
    until_clear: bool = False
    """Seeds are added in rounds until it is clear which are better; ``n_seeds`` is the most."""

    @property
    def seeds(self) -> tuple[int, ...]:
        """Successive numbers."""
        return tuple(range(self.config.seed, self.config.seed + self.n_seeds))

    @property
    def steps(self) -> int:
        """Training steps of each seed."""
        return self.config.step_budget

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every learner on every road; the main condition first."""
        return tuple(
            Condition(condition_name(learner.name, road.name), learner.name, road.name, k == 0)
            for learner in self.learners
            for k, road in enumerate(self.roads)
        )

    def trainings(self, folder: Path) -> list[Training]:
        """Return the trainings, one seed of all reward functions before the next.

        Args:
            folder: of the comparison.
        """
        roads = {road.name: road.settings for road in self.roads}
        return [
            Training(
                reward=contender.name,
                learner=learner.name,
                config={
                    **self.config.model_dump(),
                    "reward": str(contender.source.path or contender.name),
                    "algo": learner.algo,
                    "hyperparameters": learner.hyperparameters,
                    "seed": seed,
                },
                source=contender.source,
                folder=folder / "runs" / f"{contender.name}-{_file_name(learner)}-s{seed}",
                roads=roads,
                trials=self.trials,
            )
            for learner in self.learners
            for seed in self.seeds
            for contender in self.contenders
        ]


def _file_name(learner: Learner) -> str:
    """Return the learner's name without what a folder's name cannot hold."""
    return re.sub(r"[^\w.+=,-]+", "_", learner.name)


def make_plan(
    rewards: Mapping[str, RewardGiven] | Iterable[RewardGiven],
    config: TrainConfig,
    *,
    seeds: int,
    trials: int = 20,
    also_track: Iterable[str | Path] = (),
    also_algo: Iterable[str] = (),
    until_clear: bool = False,
) -> Plan:
    """Check what a user wants to compare.

    Args:
        rewards: the reward functions, under names of their own or not.
        config: the settings that all trainings share; its ``reward`` is ignored.
        seeds: how many trainings of each, with successive seeds from the one of the settings.
        trials: laps of each evaluation.
        also_track: further tracks to evaluate on: ``kidney``, ``kidney:reversed``.
        also_algo: further learners to train under: ``ppo``, ``vpg:learning_rate=0.003``.
        until_clear: add seeds in rounds until it is clear; ``seeds`` is the most.

    Raises:
        RacerError: if something cannot be used; the message says what.
    """
    if until_clear and (tuple(also_track) or tuple(also_algo)):
        raise ConfigError("until_clear: it goes by one track and learner: leave out the others")
    if until_clear and seeds < FEWEST_SEEDS:
        raise ConfigError(f"until_clear: expected at least {FEWEST_SEEDS} seeds, got {seeds}")
    for name, value in (("seeds", seeds), ("trials", trials)):
        if value < 1:
            raise ConfigError(f"{name}: must be 1 or more, got {value}")
    config = alike(config, "a comparison gives every reward function the same steps")
    contenders = make_contenders(rewards)
    main = Learner(config.algo, config.hyperparameters)
    learners = [main, *(parse_learner(text, main) for text in also_algo)]
    for learner in learners:
        learner.settings()
    roads = [road_of(config), *(parse_road(name) for name in also_track)]
    _refuse_repeats("also_algo", [learner.name for learner in learners])
    _refuse_repeats("also_track", [road.name for road in roads])
    return Plan(
        tuple(contenders), tuple(learners), tuple(roads), config, seeds, trials, until_clear
    )


def alike(config: TrainConfig, why: str) -> TrainConfig:
    """Return the settings that all trainings of a study share: a number of steps, no recording.

    Args:
        config: as the user gave them.
        why: a budget of time is none that they could share.

    Raises:
        ConfigError: for another budget than steps, and for a recording that was asked for.
    """
    for name in ("minutes", "until_finish"):
        if getattr(config, name) is not None:
            raise ConfigError(f"{name}: {why}: set steps")
    if config.record and "record" in config.model_fields_set:
        raise ConfigError("record: nobody replays the steps of so many trainings: leave it out")
    return config.model_copy(update={"steps": config.step_budget, "record": False})


# --- reward functions ---


def make_contenders(
    rewards: Mapping[str, RewardGiven] | Iterable[RewardGiven],
) -> list[Contender]:
    """Load the reward functions, without executing them.

    Args:
        rewards: by name, or in a row; then ``NAME=FILE`` names one, and others have their file's.

    Raises:
        RacerError: if there are fewer than two, one cannot be read, or two are the same.
    """
    if isinstance(rewards, Mapping):
        given = list(rewards.items())
    else:
        given = [_split_name(one) for one in rewards]
    if len(given) < 2:
        raise ConfigError(
            f"expected at least two reward functions to compare, got {len(given)}; "
            "racer train --seeds trains one several times"
        )
    contenders = []
    for name, one in given:
        source = load_reward(one)
        contenders.append(Contender(name or source.name, source))
    for contender in contenders:
        if not _NAME.fullmatch(contender.name):
            raise ConfigError(
                f"name of a reward function: expected letters, digits and _ . + -, "
                f"got '{contender.name}'"
            )
    _refuse_same(contenders)
    return contenders


def _split_name(given: RewardGiven) -> tuple[str, RewardGiven]:
    """Return name and file of ``NAME=FILE``; an empty name where there is none."""
    text = str(given)
    if callable(given) or "=" not in text or Path(text).is_file():
        return "", given
    name, _, file = text.partition("=")
    return name, file


def _refuse_same(contenders: list[Contender]) -> None:
    """Raise if two have one name, or are one file or one function."""
    seen: dict[object, Contender] = {}
    for contender in contenders:
        source = contender.source
        other = seen.setdefault(contender.name.lower(), contender)  # names become folders
        if other is not contender:
            raise ConfigError(
                f"two reward functions are called '{contender.name}' ({other.source.label}, "
                f"{source.label}): give them names, as in a={other.source.label} b={source.label}"
            )
        what = source.path.resolve() if source.path else id(source.function)
        other = seen.setdefault(what, contender)
        if other is not contender:
            raise ConfigError(
                f"{other.name} and {contender.name} are the same reward function, "
                f"{source.label}: expected each once"
            )


# --- learners and roads ---


def parse_learner(text: str, main: Learner) -> Learner:
    """Return the learner of ``ppo`` or ``vpg:learning_rate=0.003,epochs=4``.

    Args:
        text: what the user wrote. The same algorithm as the main one keeps the hyperparameters
            that were given for it; another one begins with its defaults.
        main: the main learner.

    Raises:
        ConfigError: if it is written in another way, or a name or value is wrong.
    """
    algo, colon, rest = text.partition(":")
    given: dict[str, str] = {}
    for part in rest.split(",") if colon else ():
        if "=" not in part and given and part.strip().isdigit():  # net_arch=64,64
            key = next(reversed(given))
            given[key] += f",{part.strip()}"
            continue
        name, equals, value = part.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise ConfigError(
                f"also_algo: expected ALGORITHM or ALGORITHM:NAME=VALUE,NAME=VALUE, got '{text}'"
            )
        given[name.strip().replace("-", "_")] = value.strip()
    inherited = main.hyperparameters if algo == main.algo else {}
    learner = Learner(algo, {**inherited, **given})
    try:
        learner.settings()
    except ConfigError as error:
        raise ConfigError(f"also_algo: {error}") from None
    return learner


def parse_road(text: str | Path) -> Road:
    """Return the road of ``kidney`` or ``kidney:reversed``; a file is possible as well.

    Raises:
        RacerError: if there is no such track, or it is written in another way.
    """
    name = str(text)
    if Path(name).is_file():
        return _road({"track": name, "reverse": False})
    stem, colon, direction = name.rpartition(":")
    if colon and name.endswith(REVERSED):
        return _road({"track": stem, "reverse": True})
    if colon and direction.lower().startswith("rev"):
        raise ConfigError(f"also_track: expected NAME or NAME{REVERSED}, got '{name}'")
    return _road({"track": name, "reverse": False})


def road_of(config: TrainConfig) -> Road:
    """Return the road that a training drives on."""
    names = {"track", "reverse", "track_scale", "drop_duplicates"}
    return _road(config.model_dump(include=names))


def _road(settings: dict[str, Any]) -> Road:
    """Return a road; what the settings do not say is a track as it comes."""
    settings = {"track_scale": 1.0, "drop_duplicates": False, **settings}
    tracks = load_tracks(
        settings["track"],
        reverse=settings["reverse"],
        scale=settings["track_scale"],
        drop_duplicates=settings["drop_duplicates"],
    )
    digest = hashlib.sha256()
    for track in tracks:
        digest.update(b"" if track.source is None else track.source.read_bytes())
    return Road(settings, tracks, digest.hexdigest()[:12])


def _refuse_repeats(where: str, names: list[str]) -> None:
    """Raise if a condition comes twice."""
    for k, name in enumerate(names):
        if name in names[:k]:
            first = " (the main one)" if name == names[0] else ""
            raise ConfigError(f"{where}: expected each once, got '{name}' twice{first}")


def _word(value: object) -> str:
    """Return a hyperparameter's value as a user would write it."""
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)

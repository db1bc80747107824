"""Reads a model's folder, as deepracer-for-cloud or the console lay it out, as our settings.

Everything in it is either followed or named in a line: what has no meaning here is never passed
over in silence.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from racer.algorithms.hyperparameters import read_hyperparameters
from racer.deepracer.foreign_lines import foreign_line_notes
from racer.deepracer.versions import CARS
from racer.errors import ConfigError
from racer.foreign import read_text
from racer.track import load_track
from racer.vehicle.metadata import SENSORS, ModelMetadata, read_metadata

_ALGORITHMS = {"clipped_ppo": "ppo", "sac": "sac"}
_LIDARS = {
    SENSORS[4]: ("beams", 1.0),
    SENSORS[5]: ("sectors", 0.5),
    SENSORS[6]: ("discretized", 2.0),
}

_NO_MEANING = {
    "ALTERNATE_DRIVING_DIRECTION": "a training drives one way: --reverse is the other",
    "NUMBER_OF_RESETS": "a car that leaves the track in a training is out: racer evaluate --resets",
    "EVAL_NUMBER_OF_RESETS": "of an evaluation: racer evaluate --resets",
    "OFF_TRACK_PENALTY": "of an evaluation: racer evaluate --resets N --off-track-penalty",
    "EVAL_OFF_TRACK_PENALTY": "of an evaluation: racer evaluate --resets N --off-track-penalty",
    "COLLISION_PENALTY": "there is nothing to collide with",
    "EVAL_COLLISION_PENALTY": "there is nothing to collide with",
    "ENABLE_DOMAIN_RANDOMIZATION": "lights and colours are of its pictures: --randomize",
    "MIN_EVAL_TRIALS": "how many laps evaluate a policy: --eval-trials",
    "NUMBER_OF_TRIALS": "how many laps evaluate a model: racer evaluate --trials",
    "EVAL_NUMBER_OF_TRIALS": "how many laps evaluate a model: racer evaluate --trials",
    "EVAL_IS_CONTINUOUS": "each trial is one lap",
    "IS_CONTINUOUS": "each trial is one lap",
    "BEST_MODEL_METRIC": "the best checkpoint is that with most laps, then the fastest",
    "TRAIN_BEST_MODEL_METRIC": "the best checkpoint is that with most laps, then the fastest",
    "CAR_COLOR": "the car is not seen",
    "MULTI_CONFIG": "one training: several tracks are --track repeated",
    "WORKERS": "cars that drive at the same time: --n-envs",
    "MAX_STEPS_PER_ITERATION": "how much is driven before an update: --n-steps",
    "TERM_COND_MAX_EPISODES": "the length of a training: --steps or --minutes",
}
_OBJECTS = re.compile(r".*(OBSTACLE|BOT_CAR|OBJECT_POSITIONS|LANE_CHANGE|H2B|H2H|OA_|CRASH).*")
_MACHINERY = re.compile(
    r".*(S3|BUCKET|DOCKER|AWS|REGION|KINESIS|METRICS?_|PREFIX|ARN|UPLOAD|CLOUD|GUI|PORT|IMAGE|PATH"
    r"|FILE|STREAM|VIDEO|LOG|CLOUDWATCH|MINIO|NAME|SAGEMAKER|ROBOMAKER|TELEGRAF|ANALYSIS|MODEL|"
    r"RUN_ID|XML|KEY|CPU|GPU|OPENGL|JOB|VERSION|EXPERIMENT|HOST|CAMERA|RTF|TYPE|MP4|CHECKPOINT|"
    r"PROFILE|STORE|CONFIG).*"
)
_STARTS = ("CHANGE_START_POSITION", "ROUND_ROBIN_ADVANCE_DIST", "START_POSITION_OFFSET")
_FOLLOWED = ("WORLD_NAME", "RACE_TYPE", "REVERSE_DIR", "TRACK_DIRECTION_CLOCKWISE", *_STARTS)
_SAME = {"REVERSE_DIRECTION": "REVERSE_DIR", "TRAIN_REVERSE_DIRECTION": "REVERSE_DIR",
         "CHANGE_START": "CHANGE_START_POSITION"}  # fmt: skip
_YES = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}


@dataclass
class ModelFolder:
    """The settings of a model, and what of it is not followed."""

    settings: dict[str, Any] = field(default_factory=dict)
    """As ``make_config`` takes them."""
    notes: list[str] = field(default_factory=list)


def read_model_folder(
    folder: Path, *, track: str | None = None, routes: Path | None = None
) -> ModelFolder:
    """Return how a model's folder says that it is trained.

    Args:
        folder: with ``reward_function.py``, ``model_metadata.json`` and, if they are there,
            ``hyperparameters.json``, ``training_params.yaml`` or ``run.env``; also where DRfC
            puts them: in ``model``, ``ip`` and ``custom_files``.
        track: what the user names in place of the model's own.
        routes: a folder of ``.npy`` routes; by default the model's own, and its ``tracks``.

    Raises:
        RacerError: if a file is missing or broken, or the track is not there.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder of a model")
    found = ModelFolder()
    reward = _needed(folder, "reward_function.py")
    _take_metadata(read_metadata(_needed(folder, "model_metadata.json")), found)
    actions = {"action_space": str(_needed(folder, "model_metadata.json"))}
    found.settings |= {"reward": str(reward), "actions": actions}
    if (path := _find(folder, "hyperparameters.json")) is not None:
        read_hyperparameters(path)
        found.settings["hyperparameter_file"] = str(path)
    else:
        found.notes.append(f"{folder}: no hyperparameters.json: the defaults here are taken")
    told = _told(folder, found.notes)
    names = _take_rules(told, folder, found, track=track, routes=routes)
    roads = tuple(load_track(name, reverse=bool(found.settings.get("reverse"))) for name in names)
    found.notes += foreign_line_notes(read_text(reward), reward.name, roads)
    return found


def _find(folder: Path, name: str) -> Path | None:
    """Return a file of the model, where it may lie."""
    for place in ("", "model", "ip", "custom_files", "agent"):
        if (folder / place / name).is_file():
            return folder / place / name
    return None


def _needed(folder: Path, name: str) -> Path:
    path = _find(folder, name)
    if path is None:
        raise ConfigError(f"{folder}: expected a file {name} there, or in model/, ip/ or "
                          "custom_files/")  # fmt: skip
    return path


def _take_metadata(found: ModelMetadata, into: ModelFolder) -> None:
    """Add what model_metadata.json says of algorithm, sensors, network and car."""
    names, notes, settings = set(), into.notes, into.settings
    for one in found.sensors:
        if one in _LIDARS:
            names.add("lidar")
            form, clip = _LIDARS[one]
            settings |= {"lidar_form": form, "lidar_clip": clip}
            if form == "discretized":
                notes.append(
                    "lidar_config: the defaults are taken: --lidar-sectors, --lidar-values"
                )
        else:
            names.add("camera")
        if one in (SENSORS[2], SENSORS[3]):
            notes.append(f"sensor {one}: the car here has one camera, in the middle")
    settings |= {"observe": "+".join(sorted(names)), "algo": _ALGORITHMS[found.training_algorithm]}
    if "camera" in names:
        notes.append(
            f"neural_network {found.neural_network}: pictures of 64x48 and the small network are "
            "taken; DeepRacer's own, slower: --image-size 160x120 --network shallow"
        )
    if found.version in CARS:
        settings["vehicle"] = CARS[found.version]
    else:
        notes.append(f"version {found.version}: no car here moves as that old one: deepracer")


def _told(folder: Path, notes: list[str]) -> dict[str, str]:
    """Return what training_params.yaml or run.env say, the former where both are there."""
    for name in ("training_params.yaml", "run.env", "system.env"):
        if (path := _find(folder, name)) is not None:
            return _read_settings(path)
    notes.append(f"{folder}: no training_params.yaml and no run.env: its rules are not known")
    return {}


def _read_settings(path: Path) -> dict[str, str]:
    """Return the values of a flat YAML file or of a file of shell variables.

    Of a list, which DeepRacer writes for races of several cars, the first entry counts.

    Raises:
        ConfigError: if a line is neither.
    """
    separator = "=" if path.suffix == ".env" else ":"
    found: dict[str, str] = {}
    last = ""
    try:
        lines = read_text(path).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        text = re.sub(r"(^|\s)#.*", "", line).strip()
        if not text or text == "---":
            continue
        if text.startswith("- ") and last:
            found[last] = found[last] or text[2:].strip("\"' ")
            continue
        name, mark, value = text.removeprefix("export ").partition(separator)
        if not mark or not re.fullmatch(r"\w+", name.strip()):
            raise ConfigError(
                f"{path}: line {number}: expected NAME{separator} value, got {text[:40]!r}"
            )
        last = name.strip()
        found[last] = value.strip().strip("\"'")
    return found


def _take_rules(
    told: Mapping[str, str], folder: Path, into: ModelFolder, *,
    track: str | None, routes: Path | None,
) -> list[str]:  # fmt: skip
    """Add track and direction, name what is not followed; return the tracks' names."""
    values = {}
    machinery = []
    for key, value in told.items():
        name = key.removeprefix("DR_")
        name = name.removeprefix("TRAIN_") if name != "TRAIN_BEST_MODEL_METRIC" else name
        name = _SAME.get(name, name)
        values[name] = value
        if name in _FOLLOWED:
            continue
        if (why := _why_not(name)) is not None:
            into.notes.append(f"{key} {value} has no effect: {why}")
        elif _MACHINERY.fullmatch(name):
            machinery.append(key)
        else:
            into.notes.append(f"{key} {value} has no effect: it means nothing here")
    if machinery:
        into.notes.append(f"of the cloud's machinery, without effect: {', '.join(machinery)}")
    race = values.get("RACE_TYPE", "TIME_TRIAL")
    if race != "TIME_TRIAL":
        into.notes.append(f"RACE_TYPE {race}: trained as a time trial: the road is empty here")
    if _is_yes(values, "REVERSE_DIR"):
        into.settings["reverse"] = True
    _take_starts(values, into)
    if track is not None:
        return [track]
    name = str(_route(values, folder, routes))
    into.settings["track"] = [name]
    return [name]


def _take_starts(values: Mapping[str, str], into: ModelFolder) -> None:
    """Add where episodes start: all cars of DeepRacer run the same sequence from its offset.

    Raises:
        ConfigError: if a value is no part of a lap.
    """
    if not {*_STARTS} & values.keys():
        return
    parts = {}
    for name, other in (("ROUND_ROBIN_ADVANCE_DIST", "0.05"), ("START_POSITION_OFFSET", "0")):
        try:
            parts[name] = float(values.get(name) or other)
        except ValueError:
            parts[name] = -1.0
        if not 0.0 <= parts[name] < 1.0:
            raise ConfigError(
                f"{name}: expected a part of the lap from 0 to 1, got {values[name]!r}"
            )
    rotates = _is_yes({"CHANGE_START_POSITION": "True", **values}, "CHANGE_START_POSITION")
    into.settings["start_advance"] = parts["ROUND_ROBIN_ADVANCE_DIST"] if rotates else 0.0
    if parts["START_POSITION_OFFSET"] or not rotates:
        into.settings["start_at"] = parts["START_POSITION_OFFSET"]


def _why_not(name: str) -> str | None:
    """Return why a key is not followed, if it is known."""
    if _OBJECTS.fullmatch(name):
        return "the road is empty here"
    return _NO_MEANING.get(name)


def _is_yes(values: Mapping[str, str], name: str) -> bool:
    """Return a switch.

    Raises:
        ConfigError: if it is none.
    """
    text = values.get(name, "")
    if text.lower() not in _YES:
        raise ConfigError(f"{name}: expected True or False, got '{text}'")
    return _YES[text.lower()]


def _route(values: Mapping[str, str], folder: Path, routes: Path | None) -> Path:
    """Return the route that a model is trained on.

    Raises:
        ConfigError: if the model does not name one, or it is not there.
    """
    world = values.get("WORLD_NAME", "")
    if not world:
        raise ConfigError(f"{folder}: names no track (WORLD_NAME): --track NAME|FILE")
    names = [world]
    if "TRACK_DIRECTION_CLOCKWISE" in values:
        way = "cw" if _is_yes(values, "TRACK_DIRECTION_CLOCKWISE") else "ccw"
        names = [f"{world}_{way}", world]
    places = [routes] if routes is not None else [folder / "tracks", folder, Path()]
    for name in names:
        for place in places:
            if (place / f"{name}.npy").is_file():
                return place / f"{name}.npy"
    where = ", ".join(str(place) for place in places)
    raise ConfigError(
        f"{folder}: trained on {world}, but there is no {names[0]}.npy in {where}: "
        f"--routes FOLDER, or another --track"
    )

"""What there is to set: each setting once, with type, bounds, unit, help, group and words.

The checked model (``TrainConfig``), the options of the command line and the tables of the docs are
made from these two classes; to add a setting is to add a field here. Only light modules are
imported: the command line's help must come at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt

from racer import defaults
from racer.algorithms.known import choices

TRACK = "Track"
CAR = "Car and actions"
SENSOR = "What the car sees"
RANDOM = "Random elements"
EPISODES = "Episodes"
TRAINING = "Training"
BUDGET = "How long"
EVALUATION = "Evaluation"
RUN = "The run"


@dataclass(frozen=True)
class Setting:
    """How one setting is told of."""

    help: str
    """What it is, without a full stop."""
    group: str = ""
    """The heading that it stands under; without one it has no option."""
    unit: str = ""
    """Of its value."""
    default: str = ""
    """What it is by default, in words, where the value does not say it."""
    words: str = ""
    """Of its option, in place of those made from its name; a switch has ``--on/--off``."""
    metavar: str = ""
    """What stands for the value in the help."""
    sensor: str = ""
    """The sensor that it belongs to: without it, it has no effect."""


class TrainSettings:
    """All settings of one training, as ``TrainConfig`` holds them."""

    reward: Annotated[
        str,
        Setting("Reward function: a file, or a shipped one's name", TRAINING, metavar="NAME|FILE"),
    ] = defaults.REWARD
    track: Annotated[
        tuple[str, ...],
        Setting(
            "A shipped track, generated:SEED, or a .toml, .npy or .csv file. Repeat it for "
            "several, or generated:1-7: each episode draws one",
            TRACK, words="--track,-t", metavar="NAME|FILE", default=defaults.TRACK,
        ),
    ] = (defaults.TRACK,)  # fmt: skip
    track_scale: Annotated[
        float, Gt(0), Setting("Multiply all lengths of the tracks, for example by 0.1", TRACK)
    ] = 1.0
    reverse: Annotated[bool, Setting("Drive the tracks the other way round", TRACK)] = False
    drop_duplicates: Annotated[
        bool,
        Setting(
            "Drop repeated waypoints of a .npy track, as the simulator does since 6.0.5", TRACK
        ),
    ] = False
    vehicle: Annotated[
        str, Setting("Preset: deepracer, deepracer_v5, deepracer_v4 or ideal", CAR)
    ] = defaults.VEHICLE
    actions: Annotated[
        dict[str, Any] | None, Setting("Action space", CAR, default="those of ActionSettings")
    ] = None
    observe: Annotated[str, Setting("state, camera, lidar, or several as camera+state", SENSOR)] = (
        defaults.SENSOR
    )
    image_size: Annotated[
        str,
        Setting("Of the pictures; the real one's is 160x120", SENSOR, "pixels", metavar="WxH",
                sensor="camera"),
    ] = "{}x{}".format(*defaults.IMAGE_SIZE)  # fmt: skip
    rgb: Annotated[
        bool,
        Setting("Colours of the pictures", SENSOR, words="--rgb/--grey", default="grey",
                sensor="camera"),
    ] = False  # fmt: skip
    frame_stack: Annotated[
        int, Setting("How many of the last pictures the car sees", SENSOR, sensor="camera")
    ] = 1
    lidar_form: Annotated[
        str | None,
        Setting("beams, sectors or discretized", SENSOR, default="beams", sensor="lidar"),
    ] = None
    lidar_beams: Annotated[
        int | None, Setting("How many beams", SENSOR, default="64", sensor="lidar")
    ] = None
    lidar_sectors: Annotated[
        int | None, Setting("Equal parts of the beams", SENSOR, default="8", sensor="lidar")
    ] = None
    lidar_values: Annotated[
        int | None,
        Setting("Steps of distance of a discretized sector", SENSOR, default="8", sensor="lidar"),
    ] = None
    lidar_clip: Annotated[
        float | None,
        Setting("Longest distance that is told", SENSOR, "m", default="4, sectors 0.5, "
                "discretized 2", sensor="lidar"),
    ] = None  # fmt: skip
    lidar_angle: Annotated[
        float | None,
        Setting("Between the outermost beams", SENSOR, "degrees", default="300", sensor="lidar"),
    ] = None
    lidar_yaw: Annotated[
        float | None,
        Setting("Where the middle beam looks, to the left of straight ahead", SENSOR, "degrees",
                default="180", sensor="lidar"),
    ] = None  # fmt: skip
    randomize: Annotated[
        float | dict[str, float],
        Setting(
            "Strength of all as 1.0, of some as grip=0.5,brightness=1, or a .toml file: 1 is "
            "moderate",
            RANDOM, metavar="STRENGTH", default="0, nothing,",
        ),
    ] = 0.0  # fmt: skip
    max_seconds: Annotated[
        float | None,
        Gt(0),
        Setting("Time limit of an episode", EPISODES, "s", default="4 laps at 1 m/s"),
    ] = None
    first_steps: Annotated[
        int, Setting("params['steps'] at the first call: 2, or 1 for files of 2019", EPISODES)
    ] = defaults.FIRST_STEPS
    start_advance: Annotated[
        float, Ge(0), Lt(1),
        Setting("What a car's next episode starts further on, as a part of the lap", EPISODES),
    ] = defaults.START_ADVANCE  # fmt: skip
    start_at: Annotated[
        float | None, Ge(0), Lt(1),
        Setting("Where the first episode of every car starts, as a part of the lap", EPISODES,
                default="spread over the lap"),
    ] = None  # fmt: skip
    algo: Annotated[str, Setting(choices(), TRAINING, default="vpg (with a camera ppo)")] = "vpg"
    teacher: Annotated[str | None, Setting("The checkpoint that dagger imitates")] = None
    seed: Annotated[
        int, Ge(0), Setting("The first seed: everything random follows from it", TRAINING)
    ] = 0
    n_envs: Annotated[int, Ge(1), Setting("Cars that drive at the same time", TRAINING)] = 64
    hyperparameters: Annotated[
        dict[str, Any], Setting("Of the algorithm, under any of their names")
    ] = {}  # noqa: RUF012  a model copies it
    steps: Annotated[
        int | None, Ge(1),
        Setting("Environment steps", BUDGET, default="as suits the algorithm"),
    ] = None  # fmt: skip
    minutes: Annotated[float | None, Gt(0), Setting("Minutes of training", BUDGET)] = None
    until_finish: Annotated[
        float | None, Gt(0), Le(1),
        Setting("Until this share of evaluation laps is finished, as 0.95", BUDGET),
    ] = None  # fmt: skip
    eval_every: Annotated[
        int, Ge(1),
        Setting("Environment steps between the evaluations that pick the best checkpoint",
                EVALUATION),
    ] = 10_000  # fmt: skip
    eval_trials: Annotated[
        int, Ge(1), Setting("Laps of each of them; at least one a track", EVALUATION)
    ] = 20
    record: Annotated[bool, Setting("Record every step for racer reward replay", RUN)] = True


class ActionSettings:
    """What ``actions`` can be told in words; ``racer.vehicle.parse_actions`` understands them."""

    continuous: Annotated[
        bool, Setting("Choose from ranges of steering and speed, not from a list", CAR)
    ] = False
    max_speed: Annotated[float | None, Setting("Highest speed", CAR, "m/s", default="2")] = None
    min_speed: Annotated[
        float | None, Setting("Lowest speed of continuous actions", CAR, "m/s", default="0.5")
    ] = None
    speed_granularity: Annotated[
        int | None, Setting("How many speeds: 1, 2 or 3", CAR, default="2")
    ] = None
    max_steering: Annotated[
        float | None, Setting("Largest steering angle", CAR, "degrees", default="30")
    ] = None
    steering_granularity: Annotated[
        int | None, Setting("How many steering angles: 3, 5 or 7", CAR, default="5")
    ] = None
    action_space: Annotated[
        str | None,
        Setting("A DeepRacer model_metadata.json, in place of all these", CAR, metavar="FILE"),
    ] = None


@dataclass(frozen=True)
class Declared:
    """A field of these classes, taken apart."""

    name: str
    setting: Setting
    kind: type
    """What a user types: bool, int, float or str."""
    is_repeated: bool
    """Whether it may be given several times."""
    default: Any

    @property
    def words(self) -> list[str]:
        """The words of its option: ``--track``, ``-t``; of a switch ``--rgb``, ``--grey``."""
        if self.setting.words:
            return self.setting.words.replace("/", ",").split(",")
        word = self.name.replace("_", "-")
        return [f"--{word}", f"--no-{word}"] if self.kind is bool else [f"--{word}"]

    @property
    def about(self) -> str:
        """What the help says: meaning, unit, and what it is by default."""
        unit = f" ({self.setting.unit})" if self.setting.unit else ""
        return f"{self.setting.help}{unit}{self._otherwise}."

    @property
    def _otherwise(self) -> str:
        text = self.setting.default
        if not text and self.kind is bool:
            text = "on" if self.default else ""
        elif not text and self.default is not None:
            text = f"{self.default:g}" if isinstance(self.default, float) else str(self.default)
        return f"; {text} by default" if text else ""


def declared(of: type) -> Iterator[Declared]:
    """Yield the settings that a class declares, in its order."""
    for name, hint in get_type_hints(of, include_extras=True).items():
        if get_origin(hint) is not Annotated:
            continue
        kind, *facts = get_args(hint)
        setting = next((fact for fact in facts if isinstance(fact, Setting)), None)
        if setting is not None:
            yield Declared(name, setting, *_typed(kind), getattr(of, name))


def _typed(hint: Any) -> tuple[type, bool]:
    """Return what a user types for a field of some type, and whether it may come several times."""
    if get_origin(hint) in (Union, UnionType):
        kinds = [kind for kind in get_args(hint) if kind is not type(None)]
        return _typed(kinds[0]) if len(kinds) == 1 else (str, False)
    if get_origin(hint) is tuple:
        return get_args(hint)[0], True
    return (hint, False) if hint in (bool, int, float) else (str, False)

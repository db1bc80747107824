"""Makes a little film of a lap: an animated GIF, drawn with Pillow on a track drawn once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from racer import defaults
from racer.analysis.film_camera import CameraPanel
from racer.analysis.film_scene import Dashboard, film_scene
from racer.defaults import CONTROL_DT
from racer.env.picture import BLUE, GREEN, INK, VERMILLION
from racer.env.scene import Scene, rgb
from racer.errors import ConfigError, RunError
from racer.kernels import layout
from racer.kernels.layout import VehicleParams
from racer.vehicle import vehicle as make_vehicle

if TYPE_CHECKING:
    from racer.evaluation.sights_record import Sights
    from racer.evaluation.traces import Trace
    from racer.track import Track

Floats = NDArray[np.float64]

MAX_FPS = 50  # browsers show frames of less than 0.02 s at a fraction of their speed
WIDTHS = (160, 1920)  # of a film (pixels)
GHOST = "#AEB6BF"
_N_COLORS = 255  # of a GIF's 256; one is kept for "as in the frame before"
_EXACT = 16
_JUMP = 0.6  # a car that moves so far between two frames was put back on the track (m)
_ENDS = {
    layout.LAP_COMPLETE: ("lap time", GREEN),
    layout.OFF_TRACK: ("off track after", VERMILLION),
    layout.CRASHED: ("crashed after", VERMILLION),
    layout.IMMOBILIZED: ("immobilized after", VERMILLION),
    layout.REVERSED: ("reversed after", VERMILLION),
    layout.TIME_UP: ("time up after", VERMILLION),
}


@dataclass(frozen=True)
class Motion:
    """One trial, looked at in equal steps of time. After its end it stays where it ended."""

    time: Floats
    """(n_frames,) since the first step (s)."""
    nose: Floats
    """(n_frames, 2) (m)."""
    heading: Floats
    """(n_frames,) (rad)."""
    steering: Floats
    """(n_frames,) measured (rad)."""
    speed: Floats
    """(n_frames,) measured (m/s)."""
    progress: Floats
    """(n_frames,) fraction of the lap."""
    status: int
    """How the trial ended, see racer.kernels.layout."""
    end: float
    """What the clock says in the end (s): the lap time, or when the trial failed."""


def lap_film(
    trace: "Trace",
    track: "Track | Sequence[Track]",
    path: str | Path,
    *,
    trial: int | None = None,
    ghosts: Sequence[int] = (),
    fps: float = 15.0,
    width: int = 640,
    hold: float = 1.5,
    vehicle: str | VehicleParams = defaults.VEHICLE,
    top_speed: float | None = None,
    sights: "Sights | None" = None,
    on_frame: Callable[[int, int], None] | None = None,
) -> Path:
    """Film a trial in real time: the car on the track, its trail coloured by speed, the clock.

    Args:
        trace: the steps of one or more trials.
        track: the track they were driven on; of several, that of the filmed trial is shown.
        path: where to write the film, ending in ``.gif``; missing folders are made.
        trial: whom to film; by default ``best_trial``.
        ghosts: other trials that drive along, in grey.
        fps: frames per second; 15 shows each control step.
        width: of the film (pixels); its height follows the track.
        hold: how long the last frame stays (s).
        vehicle: name of a preset or parameters: what the car looks like.
        top_speed: the highest that its actions command (m/s), which has the last colour; by default
            the car's own.
        sights: of the filmed trial: what it sees is shown beside the road.
        on_frame: called with (frames done, frames) after each frame.

    Returns:
        Where the film is.

    Raises:
        ConfigError: if a trial is not in the trace, a ghost was driven on another track, the
            vehicle is unknown or a number is out of range.
        RunError: if the file cannot be written.
    """
    path = Path(path).expanduser()
    _check(path, fps, width, hold)
    filmed = best_trial(trace, track) if trial is None else trial
    _check_ghosts(trace, filmed, ghosts)
    road = filmed_track(trace, track, filmed)
    car, *others = motions(trace, [filmed, *ghosts], fps)
    body = make_vehicle(vehicle)
    scene = film_scene(road, body, width)
    dashboard = Dashboard(scene, road.title or road.name, top_speed or body.speed_max)
    n_frames = len(car.time)
    frames: list[Image.Image] = []
    panel = (
        None
        if sights is None
        else CameraPanel(sights, scene.background.width // 2, scene.background.height)
    )
    step = 1.0 / (fps * CONTROL_DT)  # control steps a frame

    def whole(frame: Image.Image, k: int) -> Image.Image:
        return frame if panel is None else panel.beside(frame, round(k * step))

    last = _last_frame(scene, dashboard, car, others)
    palette = _palette(_joined([whole(last, n_frames * k // 4) for k in range(1, 5)]))
    for k, drawn in enumerate(_frames(scene, dashboard, car, others)):
        frame = whole(drawn, k)
        frames.append(frame.quantize(palette=palette, dither=Image.Dither.NONE))
        if on_frame is not None:
            on_frame(len(frames), n_frames)
    _save(path, frames, [*frame_durations(n_frames - 1, fps), round(100 * hold)])
    return path


def filmed_track(trace: "Trace", tracks: "Track | Sequence[Track]", trial: int) -> "Track":
    """Return the track of a trial."""
    if not isinstance(tracks, Sequence):
        return tracks
    rows = trace.track[trace.trial == trial]
    return tracks[int(rows[0]) if len(rows) else 0]


def _check_ghosts(trace: "Trace", filmed: int, ghosts: Sequence[int]) -> None:
    """Refuse ghosts that were driven on another track."""
    own = trace.track[trace.trial == filmed][:1]
    for ghost in ghosts:
        if (trace.track[trace.trial == ghost][:1] != own).any():
            raise ConfigError(f"ghost {ghost}: expected a trial on the track of trial {filmed}")


def best_trial(trace: "Trace", track: "Track | Sequence[Track]") -> int:
    """Return the trial with the fastest lap; without a finisher, the one that got furthest.

    The fastest lap is the shortest one; on several tracks, that with the highest mean speed.

    Raises:
        ConfigError: if the trace is empty.
    """
    if not len(trace.trial):
        raise ConfigError("a film needs a trace with at least one step, got none")

    def rank(trial: int) -> tuple[bool, float]:
        rows = trace.trial == trial
        if trace.status[rows][-1] == layout.LAP_COMPLETE:
            road = filmed_track(trace, track, trial)
            return True, road.length / lap_time(trace, trial)
        return False, float(trace.progress[rows].max())

    return int(max(np.unique(trace.trial), key=rank))


def lap_time(trace: "Trace", trial: int) -> float:
    """Return how long the lap of a finished trial took (s)."""
    return float(trace.lap_time[trace.trial == trial][-1])


def motions(trace: "Trace", trials: Sequence[int], fps: float) -> list[Motion]:
    """Look at trials in steps of 1/fps seconds, straight between the rows of the trace.

    Args:
        trace: the steps.
        trials: whom; all are looked at for as long as the first of them drove.
        fps: how often.

    Raises:
        ConfigError: if the trace does not have a trial.
    """
    known = np.unique(trace.trial)
    for trial in trials:
        if trial not in known:
            listed = ", ".join(str(k) for k in known) or "none"
            raise ConfigError(f"unknown trial {trial}: the trace has {listed}")
    time = trace.time[trace.trial == trials[0]]
    n_frames = int(np.ceil((time[-1] - time[0]) * fps - 1e-6)) + 1
    at = np.minimum(time[0] + np.arange(n_frames) / fps, time[-1])
    return [_motion(trace, trial, at) for trial in trials]


def frame_durations(n_frames: int, fps: float) -> list[int]:
    """Return how long each frame stays (1/100 s), so that no frame is more than 1/200 s off.

    A GIF counts in whole hundredths: 15 frames a second become 7, 6, 7, 7, 6, 7, …
    """
    ends = np.floor(np.arange(n_frames + 1) * 100 / fps + 0.5)
    return [int(duration) for duration in np.diff(ends)]


def _motion(trace: "Trace", trial: int, at: Floats) -> Motion:
    """Look at one trial at these times since the prepare step (s)."""
    rows = trace.trial == trial
    time = trace.time[rows]
    status = int(trace.status[rows][-1])
    finished = status == layout.LAP_COMPLETE

    def look(values: Floats) -> Floats:
        return np.interp(at, time, values)

    return Motion(
        time=at - time[0],
        nose=np.stack([look(trace.x[rows]), look(trace.y[rows])], axis=1),
        heading=look(np.unwrap(trace.heading[rows])),
        steering=look(trace.steering[rows]),
        speed=look(trace.speed[rows]),
        progress=look(trace.progress[rows]),
        status=status,
        end=lap_time(trace, trial) if finished else float(time[-1] - time[0]),
    )


def _frames(
    scene: Scene,
    dashboard: Dashboard,
    car: Motion,
    ghosts: Sequence[Motion],
) -> Iterator[Image.Image]:
    """Yield the frames in RGB. The trail stays on the canvas, cars are drawn on copies of it."""
    canvas = scene.background.copy()
    for k in range(len(car.time)):
        if k > 0:
            _extend_trail(scene, dashboard, canvas, car, k)
        frame = canvas.copy()
        _draw_cars(scene, frame, car, ghosts, k)
        _draw_dashboard(dashboard, frame, car, k)
        yield frame


def _last_frame(
    scene: Scene,
    dashboard: Dashboard,
    car: Motion,
    ghosts: Sequence[Motion],
) -> Image.Image:
    """Return the last frame: it has all colours of the film."""
    frame = scene.background.copy()
    for k in range(1, len(car.time)):
        _extend_trail(scene, dashboard, frame, car, k)
    _draw_cars(scene, frame, car, ghosts, len(car.time) - 1)
    _draw_dashboard(dashboard, frame, car, len(car.time) - 1)
    return frame


def _extend_trail(
    scene: Scene, dashboard: Dashboard, image: Image.Image, car: Motion, k: int
) -> None:
    """Draw the way from frame k - 1 to frame k."""
    way = car.nose[k - 1 : k + 1]
    if np.hypot(*(way[1] - way[0])) < _JUMP:
        scene.draw_trail(image, way, dashboard.speed_color(float(car.speed[k])))


def _draw_cars(
    scene: Scene, image: Image.Image, car: Motion, ghosts: Sequence[Motion], k: int
) -> None:
    """Draw the ghosts and, above them, the car."""
    for one, color in [*((ghost, GHOST) for ghost in ghosts), (car, BLUE)]:
        x, y = one.nose[k]
        scene.draw_car(image, x, y, float(one.heading[k]), float(one.steering[k]), rgb(color))


def _draw_dashboard(dashboard: Dashboard, image: Image.Image, car: Motion, k: int) -> None:
    """Write time, speed and progress; at the end how it ended."""
    time, label, color = float(car.time[k]), "time", INK
    if k == len(car.time) - 1 and car.status in _ENDS:
        label, color = _ENDS[car.status]
        time = car.end
    dashboard.draw(image, label, time, float(car.speed[k]), float(car.progress[k]), color)


def _joined(images: Sequence[Image.Image]) -> Image.Image:
    """Return pictures of one size side by side; of equal ones, only the first."""
    arrays = [np.asarray(image) for image in images]
    kept = [arrays[0], *(one for one in arrays[1:] if not np.array_equal(one, arrays[0]))]
    return Image.fromarray(np.concatenate(kept, axis=1))


def _palette(image: Image.Image) -> Image.Image:
    """Return the 255 colours that show an image best: the commonest exactly, the rest near by."""
    red, green, blue = np.asarray(image, dtype=np.int64).reshape(-1, 3).T
    colors, counts = np.unique(red << 16 | green << 8 | blue, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    exact, rest = colors[order[:_EXACT]], colors[order[_EXACT:]]
    values = _unpack(exact).ravel().tolist()
    if len(rest):
        # each counts at most a few times: a thin trail matters as much as a large field
        repeated = np.repeat(rest, np.minimum(counts[order[_EXACT:]], 20))
        strip = Image.fromarray(_unpack(repeated)[None])
        values += strip.quantize(_N_COLORS - _EXACT).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette(values[: 3 * _N_COLORS])
    return palette


def _unpack(colors: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return colours (n,), one number each, as red, green and blue (n, 3)."""
    return np.stack([colors >> 16, colors >> 8 & 255, colors & 255], axis=1).astype(np.uint8)


def _check(path: Path, fps: float, width: int, hold: float) -> None:
    """Check what a user can choose."""
    if path.suffix.lower() != ".gif":
        raise ConfigError(f"{path}: expected a film's name to end in .gif, got '{path.suffix}'")
    if not 1 <= fps <= MAX_FPS:
        raise ConfigError(f"fps must be from 1 to {MAX_FPS}, got {fps:g}")
    if not WIDTHS[0] <= width <= WIDTHS[1]:
        raise ConfigError(f"width must be from {WIDTHS[0]} to {WIDTHS[1]} pixels, got {width}")
    if not 0.1 <= hold <= 600:
        raise ConfigError(f"hold must be from 0.1 to 600 s, got {hold:g}")


def _save(path: Path, frames: Sequence[Image.Image], durations: Sequence[int]) -> None:
    """Write frames as a GIF that repeats for ever; durations in 1/100 s."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        frames[0].save(
            path,
            format="GIF",
            save_all=True,
            append_images=frames[1:],
            duration=[10 * duration for duration in durations],
            loop=0,
            disposal=1,
            optimize=True,
        )
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror or error}") from error

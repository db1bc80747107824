"""One control step of all cars: the only loops over cars.

A step is judge → (reward) → advance. What ``localise`` measures of a pose depends on the pose
alone, so it is done once, when the car arrives: ``advance_cars`` and ``start_cars`` write it to the
rows of the *upcoming* step, and ``judge_cars`` completes those rows when the action is known.
"""

import math

import numpy as np

from racer.kernels import layout as L  # noqa: N812  the columns read like names: L.SPEED
from racer.kernels._jit import inlined, jit
from racer.kernels.layout import Floats, Integers, Rules, TrackArrays, VehicleParams
from racer.kernels.road import border_points, closest_waypoints, inside_road, pose_at, project
from racer.kernels.vehicle import advance, nose, place, vehicle_from_row, wheel_centers

Wheels = tuple[float, float, float, float, float, float, float, float]

_ROUNDING = 1.0 - 1e-9  # so much smaller is a disc that must lie inside the road


@inlined
def localise(
    row: Floats, tracks: TrackArrays, t: int, car: VehicleParams, x: float, y: float, heading: float
) -> None:
    """Measure where a car is: the columns of ``row`` that depend on its pose alone.

    Args:
        row: (MEASURED_SIZE,), overwritten in place.
        tracks: the packed tracks.
        t: index of the car's track.
        car: the car's parameters.
        x: base link (m).
        y: base link (m).
        heading: (rad).
    """
    nose_x, nose_y = nose(car, x, y, heading)
    segment, s, px, py, distance = project(tracks, t, nose_x, nose_y)
    inner_x, inner_y, outer_x, outer_y = border_points(tracks, t, segment, s, px, py)
    before, after = closest_waypoints(tracks, t, segment, s)
    _, _, road_heading = pose_at(tracks, t, s)
    side = math.cos(road_heading) * (nose_y - py) - math.sin(road_heading) * (nose_x - px)
    to_inner = (nose_x - inner_x) ** 2 + (nose_y - inner_y) ** 2
    to_outer = (nose_x - outer_x) ** 2 + (nose_y - outer_y) ** 2

    row[L.NOSE_X] = nose_x
    row[L.NOSE_Y] = nose_y
    row[L.M_HEADING] = heading
    row[L.ALONG] = s
    row[L.SEGMENT] = segment
    row[L.CENTER_X] = px
    row[L.CENTER_Y] = py
    row[L.DISTANCE] = distance
    row[L.LATERAL] = distance if side >= 0.0 else -distance
    row[L.ROAD_HEADING] = road_heading
    row[L.ROAD_WIDTH] = math.hypot(outer_x - inner_x, outer_y - inner_y)
    row[L.CLOSEST_BEFORE] = before
    row[L.CLOSEST_AFTER] = after
    row[L.IS_LEFT] = (to_inner < to_outer) != (tracks.is_ccw[t] == 0)
    clearance = 0.0
    if tracks.is_clear[t]:
        to_inner = (px - inner_x) ** 2 + (py - inner_y) ** 2
        to_outer = (px - outer_x) ** 2 + (py - outer_y) ** 2
        clearance = min(to_inner, to_outer) * _ROUNDING
    _judge_wheels(row, tracks, t, wheel_centers(car, x, y, heading), clearance)


@inlined
def _judge_wheels(
    row: Floats, tracks: TrackArrays, t: int, wheels: Wheels, clearance: float
) -> None:
    """Set WHEELS_ON (all four wheel centres on the road) and IS_OFFTRACK (none of them).

    Around the projection of the nose, up to the nearest border, there is road: a wheel in that disc
    needs no further question.

    Args:
        row: (MEASURED_SIZE,), the projection is read, the two columns are overwritten.
        tracks: the packed tracks.
        t: index of the car's track.
        wheels: x and y of the four wheel centres (m).
        clearance: squared radius of the disc (m2); 0 if nothing is known.
    """
    n_on = 0
    for k in range(4):
        x, y = wheels[2 * k], wheels[2 * k + 1]
        dx, dy = x - row[L.CENTER_X], y - row[L.CENTER_Y]
        n_on += dx * dx + dy * dy < clearance or inside_road(tracks, t, x, y)
    row[L.WHEELS_ON] = n_on == 4
    row[L.IS_OFFTRACK] = n_on == 0


@jit
def lap_progress(fraction: float, start: float, before: float) -> float:
    """Return the progress of an episode as a fraction of the lap, not yet capped at 1.

    The order of the corrections is the real simulator's (markov, ``agent_ctrl/utils.py:151``).

    Args:
        fraction: projection of the nose on the lap, in [0, 1].
        start: where the episode started, in [0, 1).
        before: the progress one step earlier; 0 at the start of an episode.
    """
    progress = fraction - start
    if progress <= 0.0:
        progress += 1.0
    if before > progress + 0.5:
        progress += 1.0
    if progress > before + 0.5:
        progress -= 1.0
    return progress


@jit
def start_cars(
    state: Floats,
    upcoming: Floats,
    chosen: Integers,
    starts: Floats,
    start_advance: float,
    tracks: TrackArrays,
    track_index: Integers,
    vehicles: Floats,
) -> None:
    """Begin a new episode of the chosen cars: place them at rest and do the prepare step.

    Args:
        state: (n_cars, STATE_SIZE), overwritten for the chosen cars.
        upcoming: (n_cars, MEASURED_SIZE), overwritten for the chosen cars.
        chosen: indices of the cars to start.
        starts: (n_cars,) start of each car's first episode, as a fraction of the lap.
        start_advance: what each further episode adds to the start, as a fraction of the lap.
        tracks: the packed tracks.
        track_index: (n_cars,) the track of each car.
        vehicles: (n_cars, n_params) the parameters of each car.
    """
    for i in chosen:
        t = track_index[i]
        row = state[i]
        car = vehicle_from_row(vehicles[i])
        episode = row[L.EPISODE] + 1.0
        active = row[L.ACTIVE]
        row[:] = 0.0
        start = (starts[i] + start_advance * episode) % 1.0 if tracks.is_loop[t] else 0.0
        x, y, heading = pose_at(tracks, t, start * tracks.length[t])
        place(row, x, y, heading)
        row[L.EPISODE] = episode
        row[L.ACTIVE] = active
        row[L.START] = start
        row[L.STEPS] = 1.0  # the prepare step: nothing moves, the reward function is not called
        row[L.LAST_X] = x
        row[L.LAST_Y] = y
        localise(upcoming[i], tracks, t, car, x, y, heading)
        progress = lap_progress(upcoming[i, L.ALONG] / tracks.length[t], start, 0.0)
        row[L.PROGRESS] = min(progress, 1.0)
        row[L.PROGRESS_BEFORE] = row[L.PROGRESS]
        _write_row(upcoming[i], row, 0.0, 0.0, 1.0, L.PREPARE, 0.0)


@inlined
def _write_row(
    row: Floats,
    state: Floats,
    steering: float,
    speed: float,
    steps: float,
    status: int,
    time: float,
) -> None:
    """Complete a measured row with the episode's figures and the command."""
    row[L.M_STEPS] = steps
    row[L.M_PROGRESS] = state[L.PROGRESS]
    row[L.M_STEERING] = steering
    row[L.M_SPEED] = speed
    row[L.SIM_TIME] = time
    row[L.STATUS] = status
    row[L.LAP_TIME] = np.nan
    row[L.CAR_SPEED] = state[L.SPEED]
    row[L.CAR_STEERING] = state[L.STEERING]


@jit
def judge_cars(
    state: Floats,
    measured: Floats,
    steering: Floats,
    speed: Floats,
    tracks: TrackArrays,
    track_index: Integers,
    max_steps: Integers,
    rules: Rules,
    running: Integers,
) -> int:
    """Judge the state that each car is in, with the action just chosen.

    Args:
        state: (n_cars, STATE_SIZE), its episode columns are updated.
        measured: (n_cars, MEASURED_SIZE), localised; completed here. The status of a frozen car is
            PREPARE.
        steering: (n_cars,) commands of this step (rad).
        speed: (n_cars,) commands of this step (m/s).
        tracks: the packed tracks.
        track_index: (n_cars,) the track of each car.
        max_steps: (n_cars,) the time limit of each car (control steps).
        rules: when an episode ends.
        running: (n_cars,), overwritten: the cars whose reward function is to be called come first.

    Returns:
        How many cars are running: neither frozen nor waiting out a penalty.
    """
    n_running = 0
    for i in range(state.shape[0]):
        row = state[i]
        if row[L.ACTIVE] == 0.0:
            measured[i, L.STATUS] = L.PREPARE
            continue
        row[L.STEPS] += 1.0
        if row[L.PAUSE_STEPS] > 0.0:
            status = _pause(row, max_steps[i])
        else:
            running[n_running] = i
            n_running += 1
            status = _judge(row, measured[i], tracks.length[track_index[i]], max_steps[i], rules)
        steps = row[L.STEPS] - 2.0 + rules.first_steps
        time = (row[L.STEPS] - 1.0) * rules.control_dt
        _write_row(measured[i], row, steering[i], speed[i], steps, status, time)
        if status == L.LAP_COMPLETE:
            past_end = _past_end(measured[i], tracks.length[track_index[i]])
            measured[i, L.LAP_TIME] = _lap_time(row, past_end, rules.control_dt)
            row[L.PROGRESS] = 1.0
            measured[i, L.M_PROGRESS] = 1.0
    return n_running


@jit
def _pause(row: Floats, max_steps: int) -> int:
    """Wait one step of a penalty: time runs, the counters of the rules begin anew."""
    row[L.PAUSE_STEPS] -= 1.0
    row[L.STILL_STEPS] = 0.0
    row[L.BACKWARD_STEPS] = 0.0
    return L.TIME_UP if row[L.STEPS] - 1.0 >= max_steps else L.PAUSE


@inlined
def _judge(row: Floats, measured: Floats, length: float, max_steps: int, rules: Rules) -> int:
    """Update progress and counters of one car, and return its status.

    The conditions and their order are those of the real simulator's reset rules; PROGRESS keeps
    the uncapped value of a finished lap for the moment, so that the crossing can be timed.
    """
    before = row[L.PROGRESS]
    progress = lap_progress(measured[L.ALONG] / length, row[L.START], before)
    row[L.PROGRESS_BEFORE] = before
    row[L.PROGRESS] = progress

    moved = math.hypot(row[L.X] - row[L.LAST_X], row[L.Y] - row[L.LAST_Y])
    row[L.STILL_STEPS] = row[L.STILL_STEPS] + 1.0 if moved <= rules.still_distance else 0.0
    row[L.BACKWARD_STEPS] = row[L.BACKWARD_STEPS] + 1.0 if progress < before else 0.0
    row[L.LAST_X] = row[L.X]
    row[L.LAST_Y] = row[L.Y]

    if progress >= 1.0:
        return L.LAP_COMPLETE
    if measured[L.IS_OFFTRACK] == 1.0:
        return L.OFF_TRACK
    if row[L.STILL_STEPS] >= rules.still_limit:
        return L.IMMOBILIZED
    if row[L.BACKWARD_STEPS] >= rules.backward_limit:
        return L.REVERSED
    if row[L.STEPS] - 1.0 >= max_steps:
        return L.TIME_UP
    return L.IN_PROGRESS


@jit
def _past_end(measured: Floats, length: float) -> float:
    """Return how far the nose is past the end of an open track, as a fraction of its length.

    There the projection stops at the last waypoint, and progress with it; elsewhere this is 0.
    """
    if measured[L.ALONG] < length:
        return 0.0
    dx = measured[L.NOSE_X] - measured[L.CENTER_X]
    dy = measured[L.NOSE_Y] - measured[L.CENTER_Y]
    heading = measured[L.ROAD_HEADING]
    return max(0.0, math.cos(heading) * dx + math.sin(heading) * dy) / length


@jit
def _lap_time(row: Floats, past_end: float, control_dt: float) -> float:
    """Return the seconds from the first step after prepare to the crossing, inside the last step.

    At step k the clock shows (k − 2)·dt; the line was crossed between the steps k − 1 and k.
    """
    gain = row[L.PROGRESS] + past_end - row[L.PROGRESS_BEFORE]
    part = (1.0 - row[L.PROGRESS_BEFORE]) / gain if gain > 0.0 else 1.0
    return (row[L.STEPS] - 3.0 + min(max(part, 0.0), 1.0)) * control_dt


@jit
def is_fatal(row: Floats, status: int, rules: Rules) -> bool:
    """Whether a status ends the episode, or the car has a reset left and is put back."""
    if status == L.LAP_COMPLETE:
        return True
    if status in (L.OFF_TRACK, L.IMMOBILIZED, L.REVERSED):
        return row[L.RESETS] >= rules.max_resets
    return False


@jit
def advance_cars(
    state: Floats,
    measured: Floats,
    upcoming: Floats,
    tracks: TrackArrays,
    track_index: Integers,
    vehicles: Floats,
    rules: Rules,
    terminated: np.ndarray,
    truncated: np.ndarray,
) -> None:
    """Move all cars by one control step; put back those that may go on after leaving the track.

    A terminated car does not move. A truncated one does, so that its last observation is the next
    state and its value can be bootstrapped.

    Args:
        state: (n_cars, STATE_SIZE), overwritten.
        measured: (n_cars, MEASURED_SIZE), the judged step.
        upcoming: (n_cars, MEASURED_SIZE), overwritten: localised for the next step.
        tracks: the packed tracks.
        track_index: (n_cars,) the track of each car.
        vehicles: (n_cars, n_params) the parameters of each car.
        rules: when an episode ends.
        terminated: (n_cars,) bool, overwritten.
        truncated: (n_cars,) bool, overwritten.
    """
    for i in range(state.shape[0]):
        row = state[i]
        status = int(measured[i, L.STATUS])
        terminated[i] = row[L.ACTIVE] != 0.0 and is_fatal(row, status, rules)
        truncated[i] = row[L.ACTIVE] != 0.0 and status == L.TIME_UP
        if row[L.ACTIVE] == 0.0 or terminated[i] or status == L.PAUSE:
            upcoming[i] = measured[i]
            continue
        t = track_index[i]
        car = vehicle_from_row(vehicles[i])
        if status in (L.OFF_TRACK, L.IMMOBILIZED, L.REVERSED):
            _put_back(row, measured[i], status, tracks, t, rules)
        elif row[L.PAUSE_STEPS] == 0.0:
            steering, speed = measured[i, L.M_STEERING], measured[i, L.M_SPEED]
            advance(row, car, steering, speed, rules.control_dt, rules.n_substeps)
        localise(upcoming[i], tracks, t, car, row[L.X], row[L.Y], row[L.HEADING])


@jit
def _put_back(
    row: Floats, measured: Floats, status: int, tracks: TrackArrays, t: int, rules: Rules
) -> None:
    """Place a car at rest on the nearer lane where it last made progress, and let it wait.

    The lane is half way between the centre line and the border. The real simulator forgets where
    the episode started when it looks for the place; that shows only away from the start line, and
    is not repeated here.
    """
    length = tracks.length[t]
    s = row[L.START] * length + row[L.PROGRESS_BEFORE] * length
    x, y, heading = pose_at(tracks, t, s)
    segment, s, px, py, _ = project(tracks, t, x, y)
    inner_x, inner_y, outer_x, outer_y = border_points(tracks, t, segment, s, px, py)
    to_inner = math.hypot(row[L.LAST_X] - inner_x, row[L.LAST_Y] - inner_y)
    to_outer = math.hypot(row[L.LAST_X] - outer_x, row[L.LAST_Y] - outer_y)
    border_x, border_y = (inner_x, inner_y) if to_inner < to_outer else (outer_x, outer_y)
    place(row, 0.5 * (x + border_x), 0.5 * (y + border_y), heading)

    wait = rules.off_track_penalty
    if status == L.IMMOBILIZED:
        wait = rules.immobilized_penalty
    elif status == L.REVERSED:
        wait = rules.reversed_penalty
    row[L.PAUSE_STEPS] = wait
    row[L.PENALTY_TIME] += wait * rules.control_dt
    row[L.RESETS] += 1.0
    row[L.OFFTRACK_COUNT] += status == L.OFF_TRACK
    row[L.STILL_STEPS] = 0.0
    row[L.BACKWARD_STEPS] = 0.0
    row[L.LAST_X] = row[L.X]
    row[L.LAST_Y] = row[L.Y]

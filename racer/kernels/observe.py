"""What the sensor ``state`` writes: the car and the road ahead, scaled to [−1, 1]."""

import math

from racer.kernels import layout as L  # noqa: N812  the columns read like names: L.SPEED
from racer.kernels._jit import inlined, jit
from racer.kernels.layout import Floats, Integers, Singles, TrackArrays
from racer.kernels.road import pose_at
from racer.kernels.vehicle import vehicle_from_row

SPEED_SCALE = 4.0  # m/s, the fastest command of any console
YAW_RATE_SCALE = 5.0  # rad/s
N_CAR_FEATURES = 8  # before the look-ahead points, if the last command is the only one seen


@jit
def observe_state(
    observation: Singles,
    cars: Integers,
    state: Floats,
    measured: Floats,
    tracks: TrackArrays,
    track_index: Integers,
    vehicles: Floats,
    look_ahead: Floats,
) -> None:
    """Write the observation ``state`` of some cars.

    Args:
        observation: (n_cars, 8 + 2·n_points) float32, overwritten: speed, steering, yaw rate, last
            commanded steering and speed, lateral offset per half width, sine and cosine of the
            heading error, then x and y of each look-ahead point in the car's frame per distance.
            With two more columns, steering and speed of the command before come before the points.
        cars: (k,) the cars to observe; frozen ones are passed over.
        state: (n_cars, STATE_SIZE).
        measured: (n_cars, MEASURED_SIZE), localised.
        tracks: the packed tracks.
        track_index: (n_cars,) the track of each car.
        vehicles: (n_cars, n_params) the parameters of each car.
        look_ahead: (n_points,) arc lengths ahead of the nose's projection (m).
    """
    first = observation.shape[1] - 2 * look_ahead.shape[0]  # of the points' columns
    for i in cars:
        row = state[i]
        if row[L.ACTIVE] == 0.0:
            continue
        out = observation[i]
        car = vehicle_from_row(vehicles[i])
        error = row[L.HEADING] - measured[i, L.ROAD_HEADING]
        half_width = 0.5 * measured[i, L.ROAD_WIDTH]
        out[0] = _clip(row[L.SPEED] / SPEED_SCALE)
        out[1] = _clip(row[L.STEERING] / car.steering_limit)
        out[2] = _clip(row[L.YAW_RATE] / YAW_RATE_SCALE)
        out[3] = _clip(row[L.COMMANDED_STEERING] / car.steering_limit)
        out[4] = _clip(row[L.COMMANDED_SPEED] / SPEED_SCALE)
        out[5] = _clip(measured[i, L.LATERAL] / half_width)
        out[6] = math.sin(error)
        out[7] = math.cos(error)
        if first > N_CAR_FEATURES:
            out[8] = _clip(row[L.EARLIER_STEERING] / car.steering_limit)
            out[9] = _clip(row[L.EARLIER_SPEED] / SPEED_SCALE)
        cos, sin = math.cos(row[L.HEADING]), math.sin(row[L.HEADING])
        t, along = track_index[i], measured[i, L.ALONG]
        nose_x, nose_y = measured[i, L.NOSE_X], measured[i, L.NOSE_Y]
        for k in range(look_ahead.shape[0]):
            distance = look_ahead[k]
            x, y, _ = pose_at(tracks, t, along + distance)
            dx, dy = x - nose_x, y - nose_y
            out[first + 2 * k] = _clip((cos * dx + sin * dy) / distance)
            out[first + 2 * k + 1] = _clip((cos * dy - sin * dx) / distance)


@inlined
def _clip(value: float) -> float:
    """Return the value limited to [−1, 1]."""
    return min(max(value, -1.0), 1.0)

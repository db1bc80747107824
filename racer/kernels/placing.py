"""Puts cars where they are told to be: for what was driven before, or is asked without driving."""

from racer.kernels import layout as L  # noqa: N812  the columns read like names: L.X
from racer.kernels._jit import jit
from racer.kernels.layout import Floats, Integers, TrackArrays
from racer.kernels.vehicle import vehicle_from_row
from racer.kernels.world import localise


@jit
def place_cars(
    state: Floats,
    upcoming: Floats,
    chosen: Integers,
    poses: Floats,
    tracks: TrackArrays,
    track_index: Integers,
    vehicles: Floats,
) -> None:
    """Set the poses of some cars and localise them; the rest of their state stays as it is.

    Args:
        state: (n_cars, STATE_SIZE), the poses of the chosen cars are overwritten.
        upcoming: (n_cars, MEASURED_SIZE), localised for the chosen cars.
        chosen: (k,) indices of the cars to place.
        poses: (k, 3) x (m), y (m) and heading (rad) of their base links.
        tracks: the packed tracks.
        track_index: (n_cars,) the track of each car.
        vehicles: (n_cars, n_params) the parameters of each car.
    """
    for k in range(len(chosen)):
        i = chosen[k]
        x, y, heading = poses[k, 0], poses[k, 1], poses[k, 2]
        row = state[i]
        row[L.X] = x
        row[L.Y] = y
        row[L.HEADING] = heading
        car = vehicle_from_row(vehicles[i])
        localise(upcoming[i], tracks, track_index[i], car, x, y, heading)

"""The layout of the arrays that kernels share: columns by name, a shape and a unit for each field.

SI units and radians everywhere; counter-clockwise and left are positive.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Integers = NDArray[np.int64]
Bytes = NDArray[np.uint8]

# --- columns of the state of a car: state (n_cars, STATE_SIZE) float64 ---------------------------
# the body
X = 0  # base link, world frame (m)
Y = 1  # base link, world frame (m)
HEADING = 2  # (rad), in (-pi, pi]
SPEED = 3  # measured, along the motion (m/s)
STEERING = 4  # measured front wheel angle (rad), left positive
YAW_RATE = 5  # measured (rad/s)
COMMANDED_STEERING = 6  # the last command given (rad)
COMMANDED_SPEED = 7  # the last command given (m/s)
EARLIER_STEERING = 8  # the command before that one (rad)
EARLIER_SPEED = 9  # the command before that one (m/s)
# the episode
STEPS = 10  # control steps since the reset; the prepare step is 1
PROGRESS = 11  # fraction of the lap since the start, of the last step judged
PROGRESS_BEFORE = 12  # the same, one step earlier; before the cap at 1
START = 13  # where the episode started, as a fraction of the lap [0, 1)
STILL_STEPS = 14  # consecutive steps without motion (rule: immobilized)
BACKWARD_STEPS = 15  # consecutive steps with falling progress (rule: reversed)
LAST_X = 16  # base link one step earlier (m)
LAST_Y = 17  # base link one step earlier (m)
PAUSE_STEPS = 18  # control steps of a penalty still to wait
RESETS = 19  # resets to the track used in this episode
OFFTRACK_COUNT = 20  # off-track events in this episode
PENALTY_TIME = 21  # seconds of penalty in this episode (s)
EPISODE = 22  # episodes of this car finished since the seed was set
ACTIVE = 23  # 1 if the car takes part, 0 if it is frozen
STATE_SIZE = 24

# --- columns of what a step measures: measured (n_cars, MEASURED_SIZE) float64 -------------------
NOSE_X = 0  # (m)
NOSE_Y = 1  # (m)
M_HEADING = 2  # (rad)
M_STEPS = 3  # 2.0 at the first step after a reset
M_PROGRESS = 4  # fraction of the lap since the start, at most 1, may be negative
ALONG = 5  # projection of the nose on the centre line, from waypoint 0 (m), in [0, length]
DISTANCE = 6  # nose to the centre line (m), >= 0
LATERAL = 7  # signed distance to the centre line (m), left of the driving direction positive
ROAD_WIDTH = 8  # local width of the road (m)
CLOSEST_BEFORE = 9  # index of the waypoint at or behind the nose
CLOSEST_AFTER = 10  # index of the waypoint ahead of the nose
IS_LEFT = 11  # 1 if the nose is nearer to the inner border of a counter-clockwise track (xor ...)
WHEELS_ON = 12  # 1 if all four wheel centres are strictly inside the road
IS_OFFTRACK = 13  # 1 if no wheel centre is inside the road
M_STEERING = 14  # the command of this step (rad), not clipped
M_SPEED = 15  # the command of this step (m/s), not clipped
SIM_TIME = 16  # seconds since the prepare step of the episode (s)
STATUS = 17  # how the step was judged, a status below
CENTER_X = 18  # projection of the nose on the centre line (m)
CENTER_Y = 19  # projection of the nose on the centre line (m)
LAP_TIME = 20  # if the lap is complete: seconds to the crossing, interpolated (s); else nan
ROAD_HEADING = 21  # heading of the centre line's segment at the projection (rad)
SEGMENT = 22  # index of the centre line's segment at the projection
CAR_SPEED = 23  # measured speed in the state that was judged (m/s)
CAR_STEERING = 24  # measured front wheel angle in the state that was judged (rad)
MEASURED_SIZE = 25

# --- how a step is judged (their names: STATUS_NAMES in racer/env/rules.py) ---------------------
IN_PROGRESS = 0
LAP_COMPLETE = 1
CRASHED = 2
OFF_TRACK = 3
IMMOBILIZED = 4
TIME_UP = 5  # the time limit: a truncation
PAUSE = 6
REVERSED = 7
PREPARE = 8


# --- columns of the arrays of TrackArrays --------------------------------------------------------
# TrackArrays.grid (n_tracks, 6) float64
GRID_X = 0  # corner of the grid (m)
GRID_Y = 1  # corner of the grid (m)
CELLS_PER_METRE = 2  # (1/m)
REFERENCE_X = 3  # a point in each cell, in sides of the cell from its corner
REFERENCE_Y = 4  # likewise
BINS_PER_METRE = 5  # (1/m)
# TrackArrays.first (n_tracks + 1, 6) int64
FIRST_WAYPOINT = 0  # row of center and along
FIRST_SEGMENT = 1  # row of segments
FIRST_BIN = 2  # row of bins
FIRST_CELL = 3  # row of cells
GRID_COLUMNS = 4  # number of columns of the grid
GRID_ROWS = 5  # number of rows of the grid
# TrackArrays.along (n_center, 3) float64
ALONG_S = 0  # arc length at the waypoint (m)
ALONG_PART = 1  # the same as a fraction of the length; the last one is 1.0
ALONG_HEADING = 2  # direction to the next waypoint that lies elsewhere (rad)
# TrackArrays.bins (n_bins, 3) int64
BIN_SEGMENT = 0  # segment of the centre line in which the bin begins
BIN_INNER = 1  # where its list of segments of the inner border begins
BIN_OUTER = 2  # where its list of segments of the outer border begins
# TrackArrays.cells (n_cells, 3) int64
CELL_INSIDE = 0  # 1 if the reference point of the cell is inside the road
CELL_CENTER = 1  # where its list of segments of the centre line begins
CELL_OUTLINE = 2  # where its list of segments of the outline begins


class TrackArrays(NamedTuple):
    """The geometry of one or more tracks, packed end to end, ready for queries in constant time.

    Track ``t`` owns the rows ``first[t]`` to ``first[t + 1]``, whose columns say of which array.
    Its segments are those of the centre line (number i runs from waypoint i to i + 1), then those
    of the outline of the road: inner border, outer border and, on an open track, its two ends.

    A *bin* is one of many equal stretches of the centre line, a *cell* a square of a grid over the
    road and its surroundings (row * columns + column; one more stands for all the world outside).
    Lists belong to them: the segments that can be nearest to a point of it, or that pass through
    it. A list ends where the next row's begins; the last row of each track only ends the lists.

    ``racer/track/arrays.py`` fills it, ``racer/kernels/road.py`` reads it. The arrays are few and
    wide because each one costs time in every call that takes a ``TrackArrays``.
    """

    length: Floats  # (n_tracks,) centre line (m)
    is_loop: Bytes  # (n_tracks,)
    is_ccw: Bytes  # (n_tracks,) orientation of the ring, flipped when driven reversed
    is_clear: Bytes  # (n_tracks,) 1: a loop, and its centre line lies on the road everywhere
    grid: Floats  # (n_tracks, 6)
    first: Integers  # (n_tracks + 1, 6)
    center: Floats  # (n_center, 2) waypoints with the duplicate closing point (m)
    along: Floats  # (n_center, 3)
    segments: Floats  # (n_segments, 4) x and y of the beginning, x and y of the end (m)
    bins: Integers  # (n_bins, 3)
    cells: Integers  # (n_cells, 3)
    listed: Integers  # (n_listed,) numbers of segments of the track, ascending in each list


class VehicleParams(NamedTuple):
    """A car: its geometry and the constants of its motion. One float each, so that a row is a car.

    The equations are in ``racer/kernels/vehicle.py``, the presets in ``racer/vehicle/params.py``.
    """

    wheelbase: float  # distance between the axles (m)
    rear_x: float  # rear wheel centres ahead of the base link (m), negative
    front_x: float  # front wheel centres ahead of the base link (m)
    rear_half_track: float  # rear wheel centres beside the base link (m)
    front_half_track: float  # front wheel centres beside the base link (m)
    nose_x: float  # the point that x and y of the reward params name, ahead of the base link (m)
    steering_limit: float  # largest steering angle (rad)
    speed_min: float  # lowest speed that a command can set (m/s)
    speed_max: float  # highest speed that a command can set (m/s)
    dead_time: float  # until a command acts (s), at most two control steps
    steering_lag: float  # time constant of the steering (s); 0: at once
    speed_lag: float  # time constant of the speed (s); 0: at once
    acceleration_limit: float  # approached but never reached (m/s2)
    deceleration_limit: float  # likewise (m/s2)
    speed_gain: float  # speed reached per speed commanded
    curvature_gain: float  # curvature per tan(steering) / wheelbase, at a steady speed
    rotation_x: float  # the point that moves along the heading, ahead of the base link (m)
    grip: float  # lateral acceleration that is approached, never reached (m/s2)
    scrub: float  # resistance of the wheels to turning; less while they spin to change the speed
    steering_loss: float  # share of the speed that is lost per steering squared (1/rad2)
    steering_bias: float = 0.0  # the wheels go so much further to the left than commanded (rad)
    braking_loss: float = 0.0  # of grip while braking at the limit, per steering squared (1/rad2)


class Rules(NamedTuple):
    """When an episode ends, and what time is."""

    control_dt: float  # seconds a control step
    n_substeps: int  # physics steps a control step
    still_distance: float  # a car that moves no further in a step stands still (m)
    still_limit: int  # steps of standing still that end an episode
    backward_limit: int  # steps of falling progress that end an episode
    max_resets: int  # how often a car is put back on the track instead of ending the episode
    off_track_penalty: int  # control steps of waiting after leaving the track
    immobilized_penalty: int  # control steps of waiting after standing still
    reversed_penalty: int  # control steps of waiting after driving backwards
    first_steps: int  # ``steps`` at the first call of the reward function: 2, or 1 as in 2019

"""What is taken where a user names nothing: the settings and the environments share it."""

REWARD = "center_line"
"""A shipped reward function."""
TRACK = "reinvent_2018"
"""A shipped track."""
VEHICLE = "deepracer"
"""Preset of the car."""
SENSOR = "state"
"""What the car observes."""
IMAGE_SIZE = (64, 48)
"""Width and height of the camera's pictures (pixels)."""
CONTROL_DT = 1.0 / 15.0
"""A control step (s): the frame of the real car's camera."""
OFF_TRACK_PENALTY = 5.0
"""What it costs to be put back on the track (s)."""
START_ADVANCE = 0.05
"""What each further episode of a car starts further on, as a fraction of the lap."""
FIRST_STEPS = 2
"""``steps`` at the first call of a reward function."""

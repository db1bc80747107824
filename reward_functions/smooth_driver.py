"""Drive smoothly: a reward with a memory.

What it pays: nearness to the centre line, times up to 1 for steering as in the step before, down to
a half for swinging from full lock to full lock.

What to watch for: the object below lives as long as the training, over many episodes. The only sign
of a new one is that ``steps`` does not go on counting up: then there is no step before.

What goes wrong: the learner is paid for something that it may not see. If the last command is not
part of the observation, two equal views are paid differently, and it can only learn the average.
racer's state observation holds the last command; a single camera picture does not. And as with
every pay by the step, a slow lap earns more than a fast one.
"""

FULL_SWING = 60.0  # degrees, from lock to lock


class Driver:
    """Remembers the last call of an episode."""

    def __init__(self):
        self.steps = None
        self.steering = 0.0

    def swing(self, params):
        """Degrees of steering since the step before; 0 in the first step of an episode."""
        steps, steering = params["steps"], params["steering_angle"]
        is_first = self.steps is None or steps <= self.steps
        swing = 0.0 if is_first else abs(steering - self.steering)
        self.steps, self.steering = steps, steering
        return swing


driver = Driver()


def reward_function(params):
    swing = driver.swing(params)

    if not params["all_wheels_on_track"]:
        return 1e-3

    nearness = max(0.0, 1.0 - params["distance_from_center"] / (0.5 * params["track_width"]))
    smoothness = 1.0 - 0.5 * min(1.0, swing / FULL_SWING)
    return float(max(1e-3, nearness * smoothness))

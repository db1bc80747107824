"""Which of our cars moves as that of each version of the simulator."""

CARS = {3: "deepracer_v4", 4: "deepracer_v4", 5: "deepracer_v5", 6: "deepracer"}
"""The preset by ``version`` of a model; older cars are not modelled."""

VERSIONS = {"deepracer": "6", "deepracer_v5": "5", "deepracer_v4": "4"}
"""The version by preset."""

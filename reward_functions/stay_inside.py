"""Stay inside the borders: all or nothing.

What it pays: 1.0 a step while all four wheels are on the road and the nose is at least 5 cm from
the border, else next to nothing.

What to watch for: inside the border every line is worth the same, so the car is free to cut its
corners. Compare the laps with those of ``center_line``.

What goes wrong: nothing tells the car that it is getting near the edge before it is there, so it
learns later. And as with every pay by the step, slow is as good as fast.
"""

MARGIN = 0.05  # m


def reward_function(params):
    to_border = 0.5 * params["track_width"] - params["distance_from_center"]

    if params["all_wheels_on_track"] and to_border >= MARGIN:
        return 1.0
    return 1e-3

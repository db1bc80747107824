"""Reads runs and draws them: each figure function returns a matplotlib Figure and never shows it.

| module | what |
|---|---|
| runs | ``read_run``: the tables of a run folder, also while it is being written |
| statistics | means an update, seeds on one axis, bands: numpy only |
| figures | all figure functions, and ``save_figure`` |
| film | ``lap_film``: an animated GIF of a lap |

The modules are imported one by one, so that reading tables does not wait for matplotlib.
"""

"""The Python API: the verbs of the command line in a few lines. Use it as ``import racer``."""

from racer.api.camera import distill, plot_saliency
from racer.api.car_file import CarExport, export_car
from racer.api.diagnose import why
from racer.api.onnx_file import Export, export
from racer.api.plot_kinds import kinds, plot_kinds
from racer.api.robustness import RobustnessReport, robustness
from racer.api.run import FIGURES, PLOTS, Run, load_run
from racer.api.sb3_file import Sb3Export, export_sb3
from racer.api.verbs import clone, evaluate, plot, resume, train, watch
from racer.api.who import is_driver
from racer.run_files import RUNS
from racer.runs.listing import find_run

__all__ = [
    "FIGURES",
    "PLOTS",
    "RUNS",
    "CarExport",
    "Export",
    "RobustnessReport",
    "Run",
    "Sb3Export",
    "clone",
    "distill",
    "evaluate",
    "export",
    "export_car",
    "export_sb3",
    "find_run",
    "is_driver",
    "kinds",
    "load_run",
    "plot",
    "plot_kinds",
    "plot_saliency",
    "resume",
    "robustness",
    "train",
    "watch",
    "why",
]

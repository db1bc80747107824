"""All figures in one place: each function returns a matplotlib Figure and never shows it."""

from racer.analysis.action_figures import action_space, actions_used
from racer.analysis.learning import diagnostics, learning_curves
from racer.analysis.maps import laps, track_map
from racer.analysis.offtracks import off_tracks
from racer.analysis.report import report
from racer.analysis.style import save_figure
from racer.analysis.time_loss_figure import where_time_goes

__all__ = [
    "action_space",
    "actions_used",
    "diagnostics",
    "laps",
    "learning_curves",
    "off_tracks",
    "report",
    "save_figure",
    "track_map",
    "where_time_goes",
]

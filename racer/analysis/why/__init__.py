"""Why a training went wrong: reads a run, names likely causes with their evidence."""

from racer.analysis.why.cause import Cause, Diagnosis
from racer.analysis.why.diagnosis import explain

__all__ = ["Cause", "Diagnosis", "explain"]

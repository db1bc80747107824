"""Finds the line of a reward function that a thread is executing, from another thread."""

import sys
from collections.abc import Mapping


def running_line(thread: int, files: Mapping[str, str]) -> tuple[str, int] | None:
    """Return the file and line of the innermost frame that belongs to one of some files.

    Args:
        thread: identity of the thread, as ``threading.get_ident`` gives it.
        files: absolute file names, as code objects carry them, and how messages call each.

    Returns:
        how messages call the file, and the line; None if no frame belongs to the files.
    """
    frame = sys._current_frames().get(thread)
    while frame is not None:
        if frame.f_code.co_filename in files:
            return files[frame.f_code.co_filename], frame.f_lineno
        frame = frame.f_back
    return None

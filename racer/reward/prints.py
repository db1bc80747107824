"""Catches what reward functions print, so that it neither floods the screen nor the memory."""

import io
from collections.abc import Callable

MAX_LINES = 20
"""Lines that are kept and passed on."""

MAX_WIDTH = 500
"""Characters of a line that are kept."""


class Prints(io.TextIOBase):
    """Stands in for ``sys.stdout`` and ``sys.stderr`` while reward functions run.

    The first lines are kept and passed on; of the rest only the number is known.

    Attributes:
        lines: the first ``MAX_LINES`` lines, without line ends.
        n_lines: how many lines were printed.
        n_characters: how many characters were printed.
        sink: is told each line that is kept.
    """

    def __init__(self, sink: Callable[[str], None] | None = None) -> None:
        """Begin with nothing printed.

        Args:
            sink: called with each line kept, then once with a note that further output is dropped.
        """
        super().__init__()
        self.lines: list[str] = []
        self.n_lines = 0
        self.n_characters = 0
        self.sink = sink
        self._begun = ""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Return the encoding that a terminal would have."""
        return "utf-8"

    def writable(self) -> bool:
        """Return True: text can be written."""
        return True

    def write(self, text: str, /) -> int:
        """Take text that a reward function prints."""
        self.n_characters += len(text)
        ends = text.count("\n")
        self.n_lines += ends
        if len(self.lines) < MAX_LINES:
            self._keep(text)
        return len(text)

    def _keep(self, text: str) -> None:
        """Keep the lines that end in this text, as long as there is room."""
        *ended, rest = text.split("\n")
        for line in ended:
            self.lines.append((self._begun + line)[:MAX_WIDTH])
            self._begun = ""
            self._pass_on(self.lines[-1])
            if len(self.lines) == MAX_LINES:
                self._pass_on("(further output of the reward function is dropped)")
                return
        self._begun = (self._begun + rest)[:MAX_WIDTH]

    def _pass_on(self, line: str) -> None:
        """Give a line to the sink."""
        if self.sink is not None:
            self.sink(line)

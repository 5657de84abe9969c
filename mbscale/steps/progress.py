"""How a step reports what it does: one object that hears of progress and remarks."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Hears how far a run is. Steps come one after another, each with its own total."""

    def begin(self, step: str, total: int) -> None:
        """A step starts that makes ``total`` evaluations."""
        ...

    def advance(self, n_done: int, remark: str) -> None:
        """``n_done`` evaluations of the step are finished; ``remark`` may be empty."""
        ...

    def end(self) -> None:
        """The step is over, finished or not."""
        ...

    def note(self, message: str) -> None:
        """A sentence for the user; it is also in the value that the step returns."""
        ...


class Silent:
    """Reports nothing."""

    def begin(self, step: str, total: int) -> None:
        """Nothing."""

    def advance(self, n_done: int, remark: str) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""

    def note(self, message: str) -> None:
        """Nothing."""


class Counter:
    """Counts the finished evaluations of one step."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._n_done = 0

    def count(self, *_done: object) -> None:
        """One more is finished, whatever it was."""
        self.show(self._n_done + 1)

    def show(self, n_done: int, remark: str = "") -> None:
        """So many are finished."""
        self._n_done = n_done
        self._progress.advance(n_done, remark)


@contextmanager
def report(progress: Progress, step: str, *, total: int) -> Generator[Counter]:
    """A counter for one step; the step ends with the block."""
    progress.begin(step, total)
    try:
        yield Counter(progress)
    finally:
        progress.end()

"""Progress of the steps of a run on stderr: a bar on a terminal, plain lines otherwise."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from mbscale.cli.console import format_seconds, print_note


class ConsoleProgress:
    """Shows the steps of a run one after another; notes are shown even when it is quiet."""

    def __init__(self, *, is_quiet: bool = False) -> None:
        self._is_quiet = is_quiet
        self._step: StageProgress | None = None

    def begin(self, step: str, total: int) -> None:
        """Show a new step."""
        self._step = StageProgress(step, total=total, is_quiet=self._is_quiet)
        self._step.__enter__()

    def advance(self, n_done: int, remark: str) -> None:
        """Show how many evaluations are finished."""
        if self._step is not None:
            self._step.show(n_done, remark=remark)

    def end(self) -> None:
        """Leave the step."""
        if self._step is not None:
            self._step.__exit__(None, None, None)
            self._step = None

    def note(self, message: str) -> None:
        """Print a sentence for the user."""
        print_note(message)


class StageProgress:
    """Shows how many of ``total`` evaluations are done, the time left and a remark."""

    def __init__(self, label: str, *, total: int, is_quiet: bool = False) -> None:
        self._label = label
        self._total = total
        self._done = 0
        self._first = 0
        self._started = time.monotonic()
        self._console = Console(stderr=True, highlight=False, soft_wrap=True, quiet=is_quiet)
        self._bar = _make_bar(self._console) if self._console.is_terminal else None
        self._task = self._bar.add_task(label, total=total, remark="") if self._bar else None

    def __enter__(self) -> "StageProgress":
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, done: int, *, remark: str = "") -> None:
        """Draw that ``done`` of the total are finished; ``remark`` says what is best so far."""
        if self._done == 0 and done > 1:
            # A resumed stage starts from what was done before; it tells nothing of the speed.
            self._first = done - 1
        self._done = done
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=done, remark=remark)
            return
        line = f"{self._label} {done}/{self._total}  {remark}  {self._time_left()}"
        self._console.print(line.rstrip(), markup=False)

    def count(self, *_done: object) -> None:
        """Draw that one more is finished, whatever it was."""
        self.show(self._done + 1)

    def _time_left(self) -> str:
        finished = self._done - self._first
        left = self._total - self._done
        if left <= 0 or finished <= 0:
            return ""
        elapsed = time.monotonic() - self._started
        return f"about {format_seconds(elapsed / finished * left)} left"


def _make_bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[remark]}"),
        console=console,
    )

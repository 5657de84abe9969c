"""What one call may take, and who looks whether it does."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_SECONDS_BETWEEN_LOOKS = 0.1


class LimitError(Exception):
    """A call was ended because it took too much time or memory."""


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Seconds, and GiB of memory that the process of a call holds. None: no limit."""

    seconds: float | None = None
    memory_gib: float | None = None

    @property
    def are_set(self) -> bool:
        """Whether there is any."""
        return self.seconds is not None or self.memory_gib is not None


NO_LIMITS = CallLimits()


def wait_within(limits: CallLimits, *, pid: int, is_done: Callable[[float], bool]) -> str:
    """Wait for a call in process ``pid``; the limit that it broke, or an empty text.

    ``is_done`` waits for the end of the call up to so many seconds, and tells.
    """
    started = time.monotonic()
    while not is_done(_SECONDS_BETWEEN_LOOKS):
        if limits.seconds is not None and time.monotonic() - started > limits.seconds:
            return f"hung: no result after {limits.seconds:g} s"
        if limits.memory_gib is not None and _held_gib(pid) > limits.memory_gib:
            return f"out of memory: its process held more than {limits.memory_gib:g} GiB"
    return ""


def _held_gib(pid: int) -> float:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        # It has just died, which its executor will find.
        return 0.0
    return int(pages) * _PAGE_BYTES / 2**30

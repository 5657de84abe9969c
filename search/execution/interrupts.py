"""Ctrl-C and SIGTERM, at moments when nothing is half done."""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Turns both signals into KeyboardInterrupt, held back while a result is being saved.

    Used as a context. Outside the main thread it changes nothing: only that one gets signals.
    """

    def __init__(self) -> None:
        self._is_held = False
        self._is_due = False

    @contextmanager
    def listen(self) -> Generator[None]:
        """Handle the signals until the context ends."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._handle) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def hold(self) -> Generator[None]:
        """Put an interrupt off until the context has ended."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
        if self._is_due:
            self._is_due = False
            raise KeyboardInterrupt

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if not self._is_held:
            raise KeyboardInterrupt
        self._is_due = True

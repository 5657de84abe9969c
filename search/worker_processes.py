"""Calls in processes of this machine, each with an end in time and memory."""

import multiprocessing
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from mbscale.search.jobs import LimitError

P = ParamSpec("P")
T = TypeVar("T")

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_SECONDS_BETWEEN_LOOKS = 0.1


@dataclass(frozen=True, slots=True)
class CallLimits:
    """What one call may take: seconds, and GiB that its process holds. None: no limit."""

    seconds: float | None = None
    memory_gib: float | None = None

    @property
    def are_set(self) -> bool:
        """Whether there is any."""
        return self.seconds is not None or self.memory_gib is not None


class ProcessExecutor(Executor):
    """Runs calls in ``n_workers`` spawned processes, each on its own.

    The pool of the standard library ends as a whole when one of its processes dies, and
    does not say whose call it was. Here the one call ends with BrokenExecutor, and a new
    process takes the dead one's place. A call over its limits ends with LimitError, and
    its process with it.
    """

    def __init__(self, n_workers: int, limits: CallLimits = CallLimits()) -> None:
        self._limits = limits
        self._threads = ThreadPoolExecutor(n_workers)
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._workers: set[_Worker] = set()
        self._is_open = True
        for _ in range(n_workers):
            self._add_worker()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """A future of the call; function, arguments and result are pickled."""
        return self._threads.submit(self._call, fn, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002
        """End the processes; calls that run are abandoned when ``cancel_futures`` is set."""
        if not cancel_futures:
            self._threads.shutdown(wait=wait)
        self._is_open = False
        for worker in list(self._workers):
            worker.kill()
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)

    def _add_worker(self) -> None:
        worker = _Worker()
        self._workers.add(worker)
        self._idle.put(worker)

    def _call(self, fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        worker = self._idle.get()
        try:
            return worker.call(fn, args, kwargs, limits=self._limits)
        finally:
            if worker.is_alive():
                self._idle.put(worker)
            else:
                self._workers.discard(worker)
                if self._is_open:
                    self._add_worker()


class _Worker:
    """One process and the line to it."""

    def __init__(self) -> None:
        # Forked children would share torch's thread pool in an unknown state.
        context = multiprocessing.get_context("spawn")
        self._line, other_end = context.Pipe()
        self._process = context.Process(target=_serve, args=(other_end,), daemon=True)
        self._process.start()
        # With this end closed, the line breaks when the process dies.
        other_end.close()

    def call(
        self,
        fn: Callable[..., T],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        limits: CallLimits,
    ) -> T:
        try:
            self._line.send((fn, args, kwargs))
            if limits.are_set:
                self._watch(limits)
            is_result, answer = self._line.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError) as failure:
            self._process.join()
            code = self._process.exitcode
            how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
            msg = f"the worker process died with {how}"
            raise BrokenExecutor(msg) from failure
        if not is_result:
            raise answer
        return cast("T", answer)

    def _watch(self, limits: CallLimits) -> None:
        """Return when there is an answer, or a dead process; end one that goes over a limit."""
        started = time.monotonic()
        while not self._line.poll(_SECONDS_BETWEEN_LOOKS):
            reason = ""
            if limits.seconds is not None and time.monotonic() - started > limits.seconds:
                reason = f"hung: no result after {limits.seconds:g} s"
            elif limits.memory_gib is not None and self._held_gib() > limits.memory_gib:
                reason = f"out of memory: its process held more than {limits.memory_gib:g} GiB"
            if reason:
                self.kill()
                raise LimitError(reason)

    def _held_gib(self) -> float:
        try:
            pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        except (OSError, IndexError):
            # It has just died; its line says so.
            return 0.0
        return int(pages) * _PAGE_BYTES / 2**30

    def is_alive(self) -> bool:
        return self._process.is_alive()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()


def _serve(line: Connection) -> None:
    """Answer calls until the line breaks."""
    # Ctrl-C reaches the whole process group; the driver ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    while True:
        try:
            fn, args, kwargs = line.recv()
        except EOFError:
            return
        try:
            answer = (True, fn(*args, **kwargs))
        except Exception as failure:  # noqa: BLE001 - raised again by the driver
            answer = (False, failure)
        line.send(answer)


def _die_with_parent() -> None:
    # A killed driver closes the line, but a worker in a training would not look at it.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

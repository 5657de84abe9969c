"""Calls in processes of this machine, each with an end in time and memory."""

import multiprocessing
import os
import pickle
import queue
import signal
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ParamSpec, TypeVar, cast

from mbscale.proxy.evaluation import Evaluator
from mbscale.proxy.images.dataset import Dataset
from mbscale.proxy.settings import ProxySettings
from mbscale.search.execution.call_limits import NO_LIMITS, CallLimits, LimitError, wait_within
from mbscale.search.execution.shared_images import SharedEvaluator, StoredImages, store_images

P = ParamSpec("P")
T = TypeVar("T")

# What a process says first of a call; one that has not said it by then is ended.
_BEGUN = "begun"
_SECONDS_TO_BEGIN = 600.0


class ProcessExecutor(Executor):
    """Runs calls in ``n_workers`` spawned processes, each on its own.

    The pool of the standard library ends as a whole when one of its processes dies, and
    does not say whose call it was. Here the one call ends with BrokenExecutor, and a new
    process takes the dead one's place. A call over its limits ends with LimitError, and
    its process with it.
    """

    def __init__(self, n_workers: int, limits: CallLimits = NO_LIMITS) -> None:
        self._limits = limits
        self._threads = ThreadPoolExecutor(n_workers)
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._workers: set[_Worker] = set()
        self._is_open = True
        self._folder: TemporaryDirectory[str] | None = None
        self._shared: tuple[Dataset, StoredImages] | None = None
        for _ in range(n_workers):
            self._add_worker()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """A future of the call; function, arguments and result are pickled."""
        return self._threads.submit(self._call, fn, args, kwargs)

    def share_images(self, settings: ProxySettings, dataset: Dataset) -> Evaluator:
        """An evaluator whose images all processes map from files that end with the executor."""
        if self._shared is None or self._shared[0] is not dataset:
            self._drop_images()
            self._folder = TemporaryDirectory(prefix="mbscale-images-")
            self._shared = dataset, store_images(dataset, Path(self._folder.name))
        return SharedEvaluator(settings, self._shared[1])

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002
        """End the processes; calls that run are abandoned when ``cancel_futures`` is set."""
        if not cancel_futures:
            self._threads.shutdown(wait=wait)
        self._is_open = False
        for worker in list(self._workers):
            worker.kill()
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)
        self._drop_images()

    def _drop_images(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()

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
            self._await_begin()
            if limits.are_set:
                self._keep(limits)
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

    def _await_begin(self) -> None:
        """Return when the call begins: a new process imports first, which no limit counts."""
        if not self._line.poll(_SECONDS_TO_BEGIN):
            self.kill()
        self._line.recv()

    def _keep(self, limits: CallLimits) -> None:
        """Return when there is an answer, or a dead process; end one that breaks a limit."""
        reason = wait_within(limits, pid=self._process.pid or 0, is_done=self._line.poll)
        if reason:
            self.kill()
            raise LimitError(reason)

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
        line.send(_BEGUN)
        try:
            answer = pickle.dumps((True, fn(*args, **kwargs)))
        except Exception as failure:  # noqa: BLE001 - raised again by the driver
            answer = pickle.dumps((False, _make_portable(failure)))
        line.send_bytes(answer)


def _make_portable(failure: Exception) -> Exception:
    """The failure with its traceback in a note; in words where the driver could not read it."""
    where = traceback.format_exc()
    failure.add_note(where)
    try:
        pickle.loads(pickle.dumps(failure))  # noqa: S301 - made in the line before
    except Exception:  # noqa: BLE001 - whatever the class of the failure does
        return RuntimeError(where)
    return failure


def _die_with_parent() -> None:
    # A killed driver closes the line, but a worker in a training would not look at it.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

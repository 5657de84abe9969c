"""Calls on a Ray cluster: ``pip install mbscale[ray]``.

Ray places each call where its CPUs and its share of a GPU are free. A call whose node died
is placed again, on another node; one whose process died alone ends with BrokenExecutor.
"""

import importlib
import math
import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec, TypeVar

from mbscale.errors import ConfigError, RunError
from mbscale.proxy.evaluation import Evaluator
from mbscale.proxy.images.dataset import Dataset
from mbscale.proxy.settings import ProxySettings
from mbscale.search.execution.call_limits import CallLimits, LimitError, wait_within
from mbscale.search.execution.shared_images import SharedEvaluator
from mbscale.search.settings import RaySettings

P = ParamSpec("P")
T = TypeVar("T")

# A call that has outlived so many nodes is given up.
_MOST_NODES = 10
# An answer is sent within this time, before its process ends.
_SECONDS_TO_ANSWER = 2.0
# After so long, also on a busy machine, it is gone and Ray knows.
_SECONDS_TO_LEAVE = 60.0
_SECONDS_TO_KNOCK = 10.0


class RayExecutor(Executor):
    """Runs calls in processes of a cluster, or of a cluster of this machine alone."""

    def __init__(self, settings: RaySettings, limits: CallLimits, *, n_workers: int) -> None:
        self._ray = ray = _import_ray()
        self._limits = limits
        self._is_ours = not ray.is_initialized()
        if self._is_ours:
            _connect(ray, settings, n_workers=n_workers)
        # max_retries: ours, because only the driver knows how often a trial was tried.
        # max_calls: by default a process that was lent a GPU ends after one call.
        make_remote = ray.remote(
            num_cpus=settings.cpus_per_trial,
            num_gpus=settings.gpus_per_trial,
            max_retries=0,
            max_calls=0,
        )
        self._remote = make_remote(_run_remotely)
        self._running: dict[Future[Any], Any] = {}
        # When calls were ended at a limit: each time a process of the cluster leaves.
        self._leavings: deque[float] = deque()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """A future of the call; function, arguments and result are pickled."""
        future: Future[T] = Future()
        self._place(_Call(future, fn, args, kwargs), n_nodes=0)
        return future

    def share_images(self, settings: ProxySettings, dataset: Dataset) -> Evaluator:
        """An evaluator whose images lie in the object store, once for each node."""
        return SharedEvaluator(settings, _ImagesInStore(self._ray.put(dataset)))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002
        """Leave the cluster; calls that run are abandoned when ``cancel_futures`` is set."""
        for future, reference in list(self._running.items()):
            if cancel_futures:
                self._running.pop(future, None)
                self._ray.cancel(reference, force=True)
            elif wait:
                future.exception()
        if self._is_ours:
            self._ray.shutdown()

    def _place(self, call: "_Call", *, n_nodes: int) -> None:
        reference = self._remote.remote(self._limits, call.function, call.args, call.kwargs)
        self._running[call.future] = reference

        def end(done: Future[Any]) -> None:
            if self._running.get(call.future) is reference:
                self._end(call, done, n_nodes=n_nodes)

        reference.future().add_done_callback(end)

    def _end(self, call: "_Call", done: Future[Any], *, n_nodes: int) -> None:
        errors = self._ray.exceptions
        failure = done.exception()
        if isinstance(failure, errors.RayTaskError):
            # What the function raised, without Ray's own layers around it.
            failure = getattr(failure, "cause", None) or failure
        if isinstance(failure, errors.NodeDiedError) and n_nodes < _MOST_NODES:
            self._place(call, n_nodes=n_nodes + 1)
            return
        if isinstance(failure, LimitError):
            self._leavings.append(time.monotonic())
        if isinstance(failure, _EndingError):
            again = partial(self._place, call, n_nodes=n_nodes)
            threading.Timer(1.25 * _SECONDS_TO_ANSWER, again).start()
            return
        if isinstance(failure, errors.WorkerCrashedError) and self._has_left():
            self._place(call, n_nodes=n_nodes)
            return
        self._running.pop(call.future, None)
        if failure is None:
            call.future.set_result(done.result())
        elif not isinstance(failure, _deaths(errors)):
            call.future.set_exception(failure)
        else:
            reason = f"the worker process died: {str(failure).partition('. ')[0]}"
            call.future.set_exception(BrokenExecutor(reason))

    def _has_left(self) -> bool:
        """Whether a call may have died unbegun, sent to a process that was just leaving.

        Ray does not say which process died, nor whether the call had begun there. A process
        that leaves takes one call with it at the most, so each excuses one death.
        """
        while self._leavings:
            if time.monotonic() - self._leavings.popleft() < _SECONDS_TO_LEAVE:
                return True
        return False


def _deaths(errors: Any) -> tuple[type[Exception], ...]:
    """What Ray says when a process ended that ran a call."""
    return (
        errors.WorkerCrashedError,
        errors.NodeDiedError,
        errors.LocalRayletDiedError,
        errors.OutOfMemoryError,
        errors.ObjectLostError,
    )


@dataclass(frozen=True, slots=True)
class _Call:
    future: Future[Any]
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _ImagesInStore:
    """A data set in the object store of the cluster."""

    reference: Any

    def __call__(self) -> Dataset:
        images: Dataset = _import_ray().get(self.reference)
        return images


def _run_remotely(
    limits: CallLimits,
    function: Callable[..., T],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> T:
    """The call in a thread of a process of the cluster; over a limit, the process ends."""
    if _is_ending.is_set():
        raise _EndingError
    if not limits.are_set:
        return function(*args, **kwargs)
    threads = ThreadPoolExecutor(1)
    call = threads.submit(function, *args, **kwargs)
    reason = wait_within(limits, pid=os.getpid(), is_done=partial(_has_ended, call))
    if not reason:
        threads.shutdown()
        return call.result()
    # The thread cannot be ended: its process goes, as soon as the answer is sent.
    _is_ending.set()
    threading.Timer(_SECONDS_TO_ANSWER, os._exit, (1,)).start()
    raise LimitError(reason)


# Set in a process that is about to end itself.
_is_ending = threading.Event()


class _EndingError(Exception):
    """The call was placed in a process that is about to end, and was not begun."""


def _has_ended(call: Future[Any], seconds: float) -> bool:
    return bool(wait([call], timeout=seconds).done)


def _connect(ray: Any, settings: RaySettings, *, n_workers: int) -> None:
    # Ray sends statistics of its use to its makers unless it is told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    where: dict[str, Any] = {"address": settings.address}
    if settings.address is None:
        n_cpus = max(1, math.ceil(n_workers * settings.cpus_per_trial))
        where = {"address": "local", "num_cpus": n_cpus, "include_dashboard": False}
    try:
        _knock(settings.address)
        ray.init(**where, log_to_driver=False, logging_level="ERROR")
    except (OSError, ValueError, RuntimeError) as failure:
        reason = str(failure).partition("\n")[0]
        msg = f"no Ray cluster at {settings.address or 'this machine'}: {reason}"
        raise RunError(msg) from failure


def _knock(address: str | None) -> None:
    """Raise OSError when nothing answers there: Ray would ask again for minutes."""
    host, colon, port = (address or "").removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=_SECONDS_TO_KNOCK).close()


def _import_ray() -> Any:
    try:
        return importlib.import_module("ray")
    except ModuleNotFoundError as failure:
        msg = "executor: ray needs Ray; install it with: pip install 'mbscale[ray]'"
        raise ConfigError(msg) from failure

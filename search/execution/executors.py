"""Where evaluations run: here, in processes of this machine, or on a cluster.

All have the interface of ``concurrent.futures.Executor``, so that there is one driver. A
call whose worker died ends with BrokenExecutor.
"""

from collections.abc import Callable, Generator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from mbscale.proxy.evaluation import Evaluator
from mbscale.proxy.evaluators import make_evaluator
from mbscale.proxy.images.dataset import Dataset
from mbscale.proxy.settings import ProxySettings
from mbscale.search.execution.call_limits import CallLimits
from mbscale.search.execution.ray_executor import RayExecutor
from mbscale.search.execution.worker_processes import ProcessExecutor
from mbscale.search.settings import SearchSettings

P = ParamSpec("P")
T = TypeVar("T")


class InlineExecutor(Executor):
    """Runs each call at once, in this process."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """A future that is already done; an exception is raised here."""
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def share_images(executor: Executor, settings: ProxySettings, dataset: Dataset) -> Evaluator:
    """An evaluator of these images for calls on this executor, which gets them once."""
    if isinstance(executor, RayExecutor | ProcessExecutor):
        return executor.share_images(settings, dataset)
    return make_evaluator(settings, dataset)


@contextmanager
def open_executor(settings: SearchSettings) -> Generator[Executor]:
    """The executor that the settings name; on the way out, calls that run are abandoned."""
    executor = _make_executor(settings)
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


def _make_executor(settings: SearchSettings) -> Executor:
    limits = CallLimits(settings.trial_timeout_seconds, settings.max_memory_gib)
    if settings.executor == "ray":
        return RayExecutor(settings.ray, limits, n_workers=settings.n_workers)
    # A training in this process cannot be ended from outside.
    is_inline = settings.executor == "inline" or (
        settings.executor == "auto" and settings.n_workers == 1 and not limits.are_set
    )
    return InlineExecutor() if is_inline else ProcessExecutor(settings.n_workers, limits)

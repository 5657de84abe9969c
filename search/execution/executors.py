"""Where evaluations run: here, in processes of this machine, or on a cluster.

All have the interface of ``concurrent.futures.Executor``, so that there is one driver. A
call whose worker died ends with BrokenExecutor.
"""

from collections.abc import Callable, Generator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import ParamSpec, TypeVar

from mbscale.proxy.evaluation import Evaluation, Evaluator, OnEpoch, SplitName
from mbscale.proxy.evaluators import make_evaluator
from mbscale.proxy.images.dataset import Dataset
from mbscale.proxy.settings import ProxySettings
from mbscale.search.execution.call_limits import CallLimits
from mbscale.search.execution.ray_executor import RayExecutor
from mbscale.search.execution.worker_processes import ProcessExecutor
from mbscale.search.settings import SearchSettings
from mbscale.space.architecture import Architecture

P = ParamSpec("P")
T = TypeVar("T")


@lru_cache(maxsize=1)
def _load_evaluator(settings: ProxySettings) -> Evaluator:
    return make_evaluator(settings)


@dataclass(frozen=True, slots=True)
class ProxyEvaluator:
    """An evaluator that travels as its settings and loads its images once a process."""

    settings: ProxySettings

    def __call__(
        self,
        architecture: Architecture,
        *,
        seed: int,
        split: SplitName = "selection",
        resolution: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        """What the evaluator named in the settings returns."""
        evaluate = _load_evaluator(self.settings)
        return evaluate(
            architecture, seed=seed, split=split, resolution=resolution, on_epoch=on_epoch
        )


class InlineExecutor(Executor):
    """Runs each call at once, in this process."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """A future that is already done; an exception is raised here."""
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def share_images(executor: Executor, settings: ProxySettings, dataset: Dataset) -> Evaluator:
    """An evaluator for calls on this executor: a cluster is given the images once."""
    if isinstance(executor, RayExecutor):
        return executor.share_images(settings, dataset)
    return ProxyEvaluator(settings)


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

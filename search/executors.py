"""Where evaluations run: here, or in processes of this machine."""

import multiprocessing
from collections.abc import Callable, Generator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import ParamSpec, TypeVar

from mbscale.proxy.evaluation import Evaluation, Evaluator, OnEpoch, SplitName
from mbscale.proxy.evaluators import make_evaluator
from mbscale.proxy.settings import ProxySettings
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


@contextmanager
def open_executor(n_workers: int) -> Generator[Executor]:
    """An executor with this many workers; on the way out, calls not begun are dropped."""
    if n_workers == 1:
        yield InlineExecutor()
        return
    # Forked children would share torch's thread pool in an unknown state.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(max_workers=n_workers, mp_context=context)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)

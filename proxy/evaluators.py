"""Evaluators by name: what judges an architecture."""

from collections.abc import Callable, Mapping

from mbscale.proxy.evaluation import Evaluator
from mbscale.proxy.images.dataset import Dataset
from mbscale.proxy.recorded.table import RecordedTable
from mbscale.proxy.settings import EvaluatorName, ProxySettings
from mbscale.proxy.supernet.evaluator import Supernet
from mbscale.proxy.training.short_training import ShortTraining
from mbscale.proxy.zero_cost.evaluator import ZeroCost

EVALUATORS: Mapping[EvaluatorName, Callable[[ProxySettings, Dataset | None], Evaluator]] = {
    "train": ShortTraining,
    "zero_cost": ZeroCost,
    "supernet": Supernet,
    "table": RecordedTable,
}


def make_evaluator(settings: ProxySettings, dataset: Dataset | None = None) -> Evaluator:
    """The evaluator that ``settings`` names, with its images loaded unless they are given.

    Settings can be pickled, so another process makes its own from them.
    """
    return EVALUATORS[settings.evaluator](settings, dataset)

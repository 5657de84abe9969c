"""Evaluators by name: what judges an architecture."""

from collections.abc import Callable, Mapping

from mbscale.proxy.evaluation import Evaluator
from mbscale.proxy.settings import EvaluatorName, ProxySettings
from mbscale.proxy.short_training import ShortTraining

EVALUATORS: Mapping[EvaluatorName, Callable[[ProxySettings], Evaluator]] = {
    "train": ShortTraining,
}


def make_evaluator(settings: ProxySettings) -> Evaluator:
    """The evaluator that ``settings`` names, with its images loaded.

    Settings can be pickled, so another process makes its own from them.
    """
    return EVALUATORS[settings.evaluator](settings)

"""How long an evaluation takes, without waiting for one."""

from collections.abc import Sequence
from dataclasses import replace

from mbscale.proxy.evaluators import make_evaluator
from mbscale.proxy.images.dataset import load_dataset
from mbscale.proxy.settings import ProxySettings
from mbscale.space.architecture import Architecture

_TIMED_STEPS = 16


def time_evaluations(settings: ProxySettings, architectures: Sequence[Architecture]) -> list[float]:
    """Seconds that ``settings`` need for each architecture, from a few steps of it.

    A small share of the images is trained on and judged, twice: the second time gives the
    pace, the first one more what a network costs once (kernels are chosen and compiled).
    Evaluators that do not train are run as they are.
    """
    if settings.evaluator != "train":
        evaluate = make_evaluator(settings)
        return [evaluate(architecture, seed=0).seconds for architecture in architectures]
    dataset = load_dataset(settings.data)
    n_train, n_selection = len(dataset.train), len(dataset.selection)
    recipe = settings.training
    n_timed = min(n_train, max(_TIMED_STEPS * recipe.batch_size, dataset.num_classes))
    share = n_timed / (n_train * recipe.epochs)
    n_judged = min(n_selection, max(round(share * n_selection), dataset.num_classes))
    data = replace(settings.data, n_train=n_timed, n_selection=n_judged)
    evaluate = make_evaluator(replace(settings, data=data, training=replace(recipe, epochs=1)))
    seconds: list[float] = []
    for architecture in architectures:
        first, second = (evaluate(architecture, seed=0).seconds for _ in range(2))
        seconds.append(second / share + max(first - second, 0.0))
    return seconds

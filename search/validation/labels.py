"""What the accuracy model of a search knows of networks once some others have labels.

A label is a recorded accuracy. It is none of the networks that are judged: those are told
apart by what their architectures have in common with the labeled ones.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray
from mbscale.search.surrogate.accuracy_features import make_features
from mbscale.search.surrogate.accuracy_learner import AccuracyLearner
from mbscale.search.surrogate.accuracy_model import PRIOR_MEAN, AccuracyModel, Sums, fit_model
from mbscale.search.validation.settings import name_labels

# Times that labels are chosen; the taus of two choices differ.
_N_DRAWS = 10
# Of more networks to choose from, labels are not better spread, and choosing takes longer.
_MOST_OFFERED = 500


@dataclass(frozen=True, slots=True, eq=False)
class LabelTask:
    """Networks that labels may be asked of, and others whose order is judged.

    ``pool`` ``(n, choices)`` have the accuracies ``recorded`` ``(n,)``; ``judged``
    ``(m, choices)`` holds none of them.
    """

    space: ChoiceSpace
    pool: IntArray
    recorded: FloatArray
    judged: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Guesses:
    """Expected accuracies ``(judged, draws)`` after ``n_labels``, and what one draw took."""

    name: str
    n_labels: int
    values: FloatArray
    core_seconds: float


def guess_accuracies(task: LabelTask, n_labels: Sequence[int]) -> Iterator[Guesses]:
    """For every number of labels, those chosen by chance and those chosen to be spread.

    A draw spreads them over a random half of the pool, at most 500 unless more are wanted.
    """
    most = max(n_labels, default=0)
    parts = [_draw_part(len(task.pool), most, seed=seed) for seed in range(_N_DRAWS)]
    spread = [part[choose_spread(_restrict(task, part), most)] for part in parts]
    for n in n_labels:
        chance = [choose_by_chance(task, n, seed=seed) for seed in range(_N_DRAWS)]
        yield _guess(name_labels(n, "by chance"), task, chance)
        # The first of many are those that fewer would be.
        yield _guess(name_labels(n, "spread"), task, [chosen[:n] for chosen in spread])


def _draw_part(n_pool: int, least: int, *, seed: int) -> IntArray:
    order = np.random.default_rng(seed).permutation(n_pool).astype(np.int64)
    return order[: max(least, min(n_pool // 2, _MOST_OFFERED))]


def _restrict(task: LabelTask, places: IntArray) -> LabelTask:
    return replace(task, pool=task.pool[places], recorded=task.recorded[places])


def expect_judged(task: LabelTask, chosen: IntArray) -> FloatArray:
    """The accuracies ``(m,)`` that the model expects when the ``chosen`` of the pool are known."""
    features = make_features(task.space)
    learned = AccuracyLearner(features).learn(task.pool[chosen], task.recorded[chosen], {})
    return learned.expect(features.compute(task.judged))


def choose_by_chance(task: LabelTask, n_labels: int, *, seed: int) -> IntArray:
    """Places of distinct members of the pool."""
    rng = np.random.default_rng(seed)
    return rng.choice(len(task.pool), n_labels, replace=False).astype(np.int64)


def choose_spread(task: LabelTask, n_labels: int) -> IntArray:
    """Places in the pool whose labels leave the least variance between the judged networks.

    One after another, by the model as it is before any label; no accuracy is needed for it.
    """
    features, prior = make_features(task.space), _believe_nothing(task.space)
    rows, others = (features.compute(part) @ prior.root for part in (task.pool, task.judged))
    others = others - others.mean(axis=0)
    covariance = np.eye(rows.shape[1])
    chosen: list[int] = []
    for _ in range(n_labels):
        shared = rows @ covariance
        variance = (shared * rows).sum(axis=1) + prior.noise**2
        gained = np.square(shared @ others.T).mean(axis=1) / variance
        gained[chosen] = -1.0
        best = int(gained.argmax())
        covariance = covariance - np.outer(shared[best], shared[best]) / variance[best]
        chosen.append(best)
    return np.array(chosen, dtype=np.int64)


def _believe_nothing(space: ChoiceSpace) -> AccuracyModel:
    """The model without observations: its typical variances, for targets of variance 1."""
    groups = make_features(space).groups
    width = len(groups)
    nothing = Sums(1, np.zeros((width, width)), np.zeros(width), 1.0)
    return fit_model(nothing, groups, PRIOR_MEAN)


def _guess(name: str, task: LabelTask, choices: Sequence[IntArray]) -> Guesses:
    start = time.process_time()
    values = np.stack([expect_judged(task, chosen) for chosen in choices], axis=1)
    return Guesses(name, len(choices[0]), values, (time.process_time() - start) / len(choices))

"""Searches among the recorded networks of one MAC band, one training after another."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, IntDistribution
from optuna.trial import create_trial
from scipy.stats import rankdata
from stage_score import Floats, Table

from mbscale.search.choice_space import ChoiceSpace, IntArray
from mbscale.search.settings import ObjectiveSettings
from mbscale.search.surrogate.accuracy_features import make_features
from mbscale.search.surrogate.accuracy_learner import AccuracyLearner
from mbscale.search.surrogate.cheap_scores import CheapScores, GuessedFeatures
from mbscale.search.surrogate.proposal import SurrogateOptions
from mbscale.search.surrogate.sampler import SurrogateSampler

# Every network of the band may win: its MACs cost nothing.
_OBJECTIVE = ObjectiveSettings(kind="hard", target_macs=1e12)


@dataclass(frozen=True, slots=True)
class Pool:
    """What a search may propose: ``place`` in the table, and what is known without training."""

    table: Table
    space: ChoiceSpace
    vectors: IntArray
    stages: Floats
    place: IntArray

    @property
    def cheap(self) -> CheapScores:
        """The score ``stages`` of the pool."""
        return CheapScores("stages", self.vectors[self.place], self.stages[self.place])

    def measure_regret(self, chosen: int) -> float:
        """ImageNet points that a network loses on the best of the pool."""
        accuracy = self.table.accuracy
        return 100 * float(accuracy[self.place].max() - accuracy[chosen])


class Search:
    """Trained networks in order, with their qualities; what comes next is decided outside."""

    def __init__(self, pool: Pool, known: Sequence[int], qualities: Sequence[float]) -> None:
        self.pool = pool
        self.trained = list(known)
        self.qualities = list(qualities)

    def propose(self) -> int:
        """The place of the next network."""
        raise NotImplementedError

    def tell(self, place: int, quality: float) -> None:
        """Take in a trained network."""
        self.trained.append(place)
        self.qualities.append(quality)


class InOrder(Search):
    """The members of the pool in an order that is known before."""

    def __init__(
        self, pool: Pool, known: Sequence[int], qualities: Sequence[float], order: Sequence[int]
    ) -> None:
        super().__init__(pool, known, qualities)
        self._left = [place for place in order if place in {*pool.place.tolist()}]

    def propose(self) -> int:
        """The first that is not trained."""
        return next(place for place in self._left if place not in self.trained)


class Surrogate(Search):
    """The sampler of the product, over the pool; ``stages`` is a column of its model."""

    def __init__(
        self,
        pool: Pool,
        known: Sequence[int],
        qualities: Sequence[float],
        *,
        seed: int,
        is_scored: bool,
    ) -> None:
        super().__init__(pool, known, qualities)
        self._by_vector = {pool.vectors[place].tobytes(): place for place in pool.place.tolist()}
        self._choices: dict[str, BaseDistribution] = {
            choice.name: IntDistribution(0, len(choice.options) - 1)
            for choice in pool.space.choices
            if len(choice.options) > 1
        }
        options = SurrogateOptions(
            pool=pool.vectors[pool.place], cheap_scores=(pool.cheap,) if is_scored else ()
        )
        sampler = SurrogateSampler(
            space=pool.space, seed=seed, objective=_OBJECTIVE, options=options
        )
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        for place, quality in zip(known, qualities, strict=True):
            self._note(place, quality)

    def _name(self, vector: IntArray) -> dict[str, int]:
        named = zip(self.pool.space.choices, vector.tolist(), strict=True)
        return {one.name: value for one, value in named if one.name in self._choices}

    def _note(self, place: int, quality: float) -> None:
        params = self._name(self.pool.vectors[place])
        self._study.add_trial(
            create_trial(params=params, distributions=self._choices, value=quality)
        )

    def propose(self) -> int:
        """The sampler's proposal; asked again it is the same."""
        trial = self._study.ask(self._choices)
        vector = [trial.params.get(choice.name, 0) for choice in self.pool.space.choices]
        return self._by_vector[np.array(vector, dtype=np.int64).tobytes()]

    def tell(self, place: int, quality: float) -> None:
        """Take in a trained network."""
        super().tell(place, quality)
        self._study.tell(len(self._study.trials) - 1, quality)


def pick_trained(search: Search) -> int:
    """The trained member of the pool with the highest quality."""
    return _best(search, np.array(search.qualities))


def pick_expected(search: Search) -> int:
    """The trained member whose quality the accuracy model, with ``stages``, expects highest."""
    pool = search.pool
    features = GuessedFeatures(make_features(pool.space), (pool.cheap,))
    vectors = pool.vectors[np.array(search.trained)]
    learned = AccuracyLearner(features).learn(vectors, np.array(search.qualities), {})
    return _best(search, learned.expect(features.compute(vectors)))


def pick_scored(search: Search) -> int:
    """The trained member of highest ``stages``: what training found does not count."""
    return _best(search, search.pool.stages[np.array(search.trained)])


def pick_by_both(search: Search) -> int:
    """The trained member with the best sum of ranks, by ``stages`` and by quality."""
    scores = search.pool.stages[np.array(search.trained)]
    return _best(search, rankdata(scores) + rankdata(search.qualities))


PICKS: dict[str, Callable[[Search], int]] = {
    "highest trained": pick_trained,
    "highest expected": pick_expected,
    "sum of ranks": pick_by_both,
    "highest `stages`": pick_scored,
}


def _best(search: Search, worth: Floats) -> int:
    is_inside = np.isin(search.trained, search.pool.place)
    return search.trained[int(np.where(is_inside, worth, -math.inf).argmax())]

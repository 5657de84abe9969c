"""From observations to the next network."""

from collections.abc import Container
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray, list_keys
from mbscale.search.objective import Objective
from mbscale.search.settings import ObjectiveSettings, PriorName
from mbscale.search.surrogate.accuracy_features import Features, make_features
from mbscale.search.surrogate.accuracy_learner import AccuracyLearner, Learned
from mbscale.search.surrogate.cheap_scores import CheapScores, GuessedFeatures
from mbscale.search.surrogate.goals import FrontGoal, Goal, RewardGoal
from mbscale.search.surrogate.local_search import (
    Candidates,
    LocalSearch,
    describe_vectors,
    gather,
    price_vectors,
)
from mbscale.search.surrogate.observations import Observations
from mbscale.search.surrogate.shortlist import Measured, Shortlist
from mbscale.search.tables.accel_nasbench import load_shipped

# Half of the climbs by expectation start from the best measured networks, half from random ones.
_N_CLIMBS = 4
# Candidates whose uncertainty is looked at, the best by expectation.
_N_JUDGED = 100
# They are looked for among so many at a time.
_N_LOOKED_AT = 512
# Climbs by the worth itself start from those of them with the most worth, and from random
# networks: where the model knows little, worth and expectation do not rise together.
_N_CLIMBED_AGAIN = 3
# None of them while little is measured, and half of them where many are: a proposal has its time.
_N_EXPLORED, _N_LITTLE, _N_MANY = 16, 20, 500
_N_RANDOM = 64
# Multiples of it, modulo 1, are spread evenly however many there are (the golden ratio).
_GOLDEN = 0.6180339887498949


@dataclass(frozen=True, slots=True, eq=False)
class SurrogateOptions:
    """How a surrogate search goes about."""

    # Measurements before the model is asked: random networks, spread evenly over MACs.
    n_startup: int = 4
    # Whether a network may be proposed again where the trial that would be picked is in
    # doubt. Ends by itself when a repeat has the very result of the first.
    may_repeat: bool = True
    # The user attribute of a trial that holds its accuracy. None, or a trial without it:
    # the accuracy is what the objective must have made the value of.
    accuracy_attribute: str | None = "accuracy"
    # Only these vectors ``(n, choices)`` are proposed, each once.
    pool: IntArray | None = None
    # imagenet: public records of ImageNet say what to expect (search/tables/imagenet_prior.py).
    prior: PriorName = "none"
    # Scores of some networks that were cheaper than trainings; each enters as a guess.
    cheap_scores: tuple[CheapScores, ...] = ()


class Proposer:
    """Proposes vectors; what it keeps between calls changes nothing but their speed.

    Of ``settings``, target and largest MACs place the front of a search for two objectives.
    """

    def __init__(
        self,
        space: ChoiceSpace,
        objective: Objective,
        options: SurrogateOptions,
        settings: ObjectiveSettings,
    ) -> None:
        self._space = space
        self._objective = objective
        self._settings = settings
        self._options = options
        prior = load_shipped().prior if options.prior == "imagenet" else None
        base = make_features(space, prior)
        cheap = options.cheap_scores
        self._features: Features = GuessedFeatures(base, cheap) if cheap else base
        self._learner = AccuracyLearner(self._features)
        self._shortlist = Shortlist(space, self._features, objective)
        self._search = LocalSearch(space, self._features, objective)
        pool = options.pool
        self._pool = (
            None if pool is None else describe_vectors(space, self._features, objective, pool)
        )

    def propose(self, known: Observations, *, seed: tuple[int, int], has_front: bool) -> IntArray:
        """The vector for the next trial; ``seed`` is the run's and the trial's number."""
        rng = np.random.default_rng(seed)
        taken = known.taken
        if len(known.vectors) < max(1, self._options.n_startup):
            return self._draw(seed[1], taken, rng)
        learned = self._learner.learn(
            known.vectors, known.qualities, known.running, history=known.history
        )
        kept = self._shortlist.update(
            known.vectors, known.qualities, history=known.history, has_front=has_front
        )
        measured = kept.candidates
        goal = self._set_goal(learned, kept, has_front=has_front)
        fresh = self._find_fresh(goal, learned, measured, taken, rng)
        worths = [goal.judge(fresh, learned)]
        vectors = [fresh.vectors]
        if self._pool is None:
            best = fresh.vectors[np.argsort(-worths[0], kind="stable")[:_N_CLIMBED_AGAIN]]
            random = self._space.sample(rng, _count_explored(len(known.vectors)))
            starts = np.concatenate([best, random])
            met, worth = self._climb_by_worth(goal, learned, starts, rng)
            top = self._select_fresh(met, worth, taken, n_most=1)
            worths.append(worth[top])
            vectors.append(met[top])
        if self._options.may_repeat and not known.has_echo and self._pool is None:
            worths.append(goal.judge_again(measured, learned))
            vectors.append(measured.vectors)
        worth = np.concatenate(worths)
        if not np.isfinite(worth).any():
            return self._draw(seed[1], taken, rng)
        return np.asarray(np.concatenate(vectors)[int(worth.argmax())])

    def _draw(self, number: int, taken: Container[bytes], rng: np.random.Generator) -> IntArray:
        """A random network, at a place by MACs that is another for every trial."""
        if self._pool is None:
            drawn = self._space.sample(rng, _N_RANDOM)
        else:
            drawn = rng.permutation(self._pool.vectors)
        is_new = ~self._are_taken(drawn, taken)
        drawn = (drawn[is_new] if is_new.any() else drawn)[:_N_RANDOM]
        prices = price_vectors(self._space, self._objective, drawn)
        inside = np.flatnonzero(prices.excess <= prices.excess.min())
        order = inside[np.argsort(prices.macs[inside], kind="stable")]
        place = order[int((0.5 + number * _GOLDEN) % 1.0 * len(order))]
        return np.asarray(drawn[place])

    def _are_taken(self, vectors: IntArray, taken: Container[bytes]) -> NDArray[np.bool_]:
        keys = list_keys(self._space.canonicalize(vectors))
        return np.array([key in taken for key in keys], dtype=np.bool_)

    def _set_goal(self, learned: Learned, kept: Measured, *, has_front: bool) -> Goal:
        if has_front:
            return FrontGoal(
                learned,
                kept.candidates,
                largest_macs=self._settings.max_macs or self._features.largest_macs,
                usual_macs=self._settings.target_macs,
            )
        return RewardGoal(self._objective, learned, kept)

    def _find_fresh(
        self,
        goal: Goal,
        learned: Learned,
        measured: Candidates,
        taken: Container[bytes],
        rng: np.random.Generator,
    ) -> Candidates:
        """The best by expectation that are not taken, of what climbs by expectation meet."""
        found = [self._pool] if self._pool else self._climb(goal, learned, measured, rng)
        screened = [goal.screen(learned.expect(part.features), part.prices) for part in found]
        met = np.concatenate([part.vectors for part in found])
        worth = np.concatenate(screened)
        return gather(found, self._select_fresh(met, worth, taken, n_most=_N_JUDGED))

    def _select_fresh(
        self, vectors: IntArray, worth: FloatArray, taken: Container[bytes], *, n_most: int
    ) -> IntArray:
        """Places of the best distinct networks that are not taken, at most so many."""
        chosen: dict[bytes, int] = {}
        order = np.argsort(-worth, kind="stable")
        # Most of the vectors are never looked at.
        for start in range(0, len(order), _N_LOOKED_AT):
            places = order[start : start + _N_LOOKED_AT]
            keys = list_keys(self._space.canonicalize(vectors[places]))
            for place, key in zip(places.tolist(), keys, strict=True):
                if key not in taken:
                    chosen.setdefault(key, place)
            if len(chosen) >= n_most:
                break
        return np.array(list(chosen.values())[:n_most], dtype=np.int64)

    def _climb(
        self, goal: Goal, learned: Learned, measured: Candidates, rng: np.random.Generator
    ) -> list[Candidates]:
        starts = measured.vectors[goal.choose_starts(_N_CLIMBS, rng)]
        n_random = _N_CLIMBS // 2
        starts = np.concatenate([starts[: _N_CLIMBS - n_random], self._space.sample(rng, n_random)])

        def judge(around: Candidates, climbs: IntArray) -> FloatArray:
            qualities = learned.expect(around.features).reshape(len(climbs), -1)
            return goal.judge_climb(qualities, around.prices.reshape(qualities.shape), climbs)

        return self._search.climb(starts, judge, rng)

    def _climb_by_worth(
        self, goal: Goal, learned: Learned, starts: IntArray, rng: np.random.Generator
    ) -> tuple[IntArray, FloatArray]:
        """All vectors that these climbs meet, with the worth of measuring them."""
        worths = [np.empty(0)]

        def judge(around: Candidates, climbs: IntArray) -> FloatArray:
            del climbs
            worths.append(goal.judge(around, learned))
            return worths[-1]

        met = self._search.climb(starts, judge, rng)
        vectors = [part.vectors for part in met]
        return np.concatenate([starts[:0], *vectors]), np.concatenate(worths)


def _count_explored(n_measured: int) -> int:
    """How many climbs by the worth start from random networks."""
    if n_measured < _N_LITTLE:
        return 0
    return _N_EXPLORED if n_measured <= _N_MANY else _N_EXPLORED // 2

"""What a search is after, as the worth of candidates: one reward, or a whole front."""

import math
from abc import ABC, abstractmethod

import numpy as np

from mbscale.search.choice_space import FloatArray, IntArray
from mbscale.search.objective import compute_reward
from mbscale.search.settings import ObjectiveSettings
from mbscale.search.surrogate.accuracy_learner import Learned
from mbscale.search.surrogate.acquisition import (
    Belief,
    build_staircase,
    expected_area_gain,
    expected_pick_gain,
)
from mbscale.search.surrogate.local_search import Candidates
from mbscale.search.surrogate.shortlist import Measured

# A network outside the limits is worth less than any inside, and the less the further.
_OUTSIDE = -1e3
# Uncertainty is multiplied by this: what a measurement teaches serves later trials too, and
# the worth of one does not see them.
CAUTION = 2.0
# Measured networks whose uncertainty is looked at.
_N_JUDGED = 100
# Exponents of MACs that climbs to a front follow.
_FLAT, _STEEP = 0.005, 0.5


class Goal(ABC):
    """Worth of candidates, given what was learned of the measured networks."""

    @abstractmethod
    def choose_starts(self, n_climbs: int, rng: np.random.Generator) -> IntArray:
        """Places among the measured networks from which to climb, one a climb."""

    @abstractmethod
    def judge_climb(self, qualities: FloatArray, macs: FloatArray, climbs: IntArray) -> FloatArray:
        """The worth of ``(climbs, n)`` candidates whose qualities are taken for certain.

        ``climbs`` says which climbs these are, of those that starts were chosen for.
        """

    @abstractmethod
    def screen(self, qualities: FloatArray, macs: FloatArray) -> FloatArray:
        """A rough worth ``(n,)`` from expected qualities, to see which deserve ``judge``."""

    @abstractmethod
    def judge(self, candidates: Candidates, learned: Learned) -> FloatArray:
        """The worth ``(n,)`` of measuring each candidate that was not measured before."""

    def judge_again(self, candidates: Candidates, learned: Learned) -> FloatArray:
        """The worth ``(n,)`` of measuring networks again."""
        del learned
        return np.full(len(candidates.macs), -np.inf)


class RewardGoal(Goal):
    """The best reward, within the limits."""

    def __init__(
        self,
        objective: ObjectiveSettings,
        learned: Learned,
        measured: Measured,
    ) -> None:
        self._objective = objective
        candidates = measured.candidates
        self._means = self.screen(learned.expect(candidates.features), candidates.macs)
        rewards = self.screen(measured.qualities, candidates.macs)
        picked = int(np.argmax(rewards))
        self._picked_reward, self._picked_mean = float(rewards[picked]), float(self._means[picked])

    def choose_starts(self, n_climbs: int, rng: np.random.Generator) -> IntArray:
        """The networks with the best expected rewards, over and over."""
        del rng
        best = np.argsort(-self._means, kind="stable")[: max(1, n_climbs // 2)]
        return np.resize(best, n_climbs)

    def judge_climb(self, qualities: FloatArray, macs: FloatArray, climbs: IntArray) -> FloatArray:
        """Rewards."""
        del climbs
        return self.screen(qualities, macs)

    def screen(self, qualities: FloatArray, macs: FloatArray) -> FloatArray:
        """Expected rewards."""
        outside = measure_excess(macs, self._objective)
        rewards = compute_reward(qualities, macs, self._objective)
        return np.where(outside > 0, _OUTSIDE * (1 + outside), rewards)

    def judge(self, candidates: Candidates, learned: Learned) -> FloatArray:
        """The gain of the pick."""
        outside = measure_excess(candidates.macs, self._objective)
        gain = self._gain_of_pick(self._believe(candidates, learned))
        return np.where(outside > 0, _OUTSIDE * (1 + outside), gain)

    def judge_again(self, candidates: Candidates, learned: Learned) -> FloatArray:
        """The gain of the pick, of the best by expectation: nothing new is found."""
        worth = np.full(len(candidates.macs), -np.inf)
        best = np.argsort(-self._means, kind="stable")[:_N_JUDGED]
        worth[best] = self._gain_of_pick(self._believe(candidates.take(best), learned))
        return worth

    def _gain_of_pick(self, belief: Belief) -> FloatArray:
        return expected_pick_gain(
            belief, picked_reward=self._picked_reward, picked_mean=self._picked_mean
        )

    def _believe(self, candidates: Candidates, learned: Learned) -> Belief:
        quality, deviation, noise = learned.predict(candidates.features)
        zero = compute_reward(np.zeros_like(quality), candidates.macs, self._objective)
        slope = compute_reward(np.ones_like(quality), candidates.macs, self._objective) - zero
        mean = self.screen(quality, candidates.macs)
        return Belief(mean, CAUTION * deviation * slope, noise * slope)


class FrontGoal(Goal):
    """The largest area under the front of quality against MACs, within the limits."""

    def __init__(
        self,
        objective: ObjectiveSettings,
        learned: Learned,
        measured: Candidates,
        *,
        largest_macs: float,
    ) -> None:
        self._objective = objective
        self._macs = macs = measured.macs
        self._expected = learned.expect(measured.features)
        is_inside = measure_excess(macs, objective) <= 0
        reference = (float(self._expected.min()), objective.max_macs or largest_macs)
        self._stairs = build_staircase(self._expected[is_inside], macs[is_inside], reference)
        some = measured.features[:: 1 + len(macs) // _N_JUDGED]
        self._hope = float(np.median(learned.predict(some)[1]))
        self._exponents = np.zeros(0)

    def choose_starts(self, n_climbs: int, rng: np.random.Generator) -> IntArray:
        """The best measured network for one exponent of the MACs a climb."""
        low, high = math.log(_FLAT), math.log(_STEEP)
        # Spread evenly from flat to steep, with a common shift by chance.
        shares = (np.arange(n_climbs) + rng.random()) / n_climbs
        self._exponents = -np.exp(low + shares * (high - low))
        shape = (n_climbs, len(self._macs))
        qualities = np.broadcast_to(self._expected, shape)
        macs = np.broadcast_to(self._macs, shape)
        worth = self.judge_climb(qualities, macs, np.arange(n_climbs))
        return np.asarray(worth.argmax(axis=1))

    def judge_climb(self, qualities: FloatArray, macs: FloatArray, climbs: IntArray) -> FloatArray:
        """The quality times a power of the MACs, another for every climb."""
        outside = measure_excess(macs, self._objective)
        scale = self._objective.target_macs
        # Half a point keeps qualities that are expected below 0 in order.
        worth = np.log(np.maximum(qualities, 0) + 0.005)
        worth = worth + self._exponents[climbs, None] * np.log(macs / scale)
        return np.where(outside > 0, _OUTSIDE * (1 + outside), worth)

    def screen(self, qualities: FloatArray, macs: FloatArray) -> FloatArray:
        """The area that is gained if a candidate is somewhat better than expected."""
        nothing = np.zeros_like(qualities)
        return self._gain(qualities + self._hope, nothing, macs)

    def judge(self, candidates: Candidates, learned: Learned) -> FloatArray:
        """The expected growth of the area."""
        quality, deviation, _ = learned.predict(candidates.features)
        return self._gain(quality, CAUTION * deviation, candidates.macs)

    def _gain(self, mean: FloatArray, deviation: FloatArray, macs: FloatArray) -> FloatArray:
        outside = measure_excess(macs, self._objective)
        gain = expected_area_gain(mean, deviation, macs, self._stairs)
        return np.where(outside > 0, _OUTSIDE * (1 + outside), gain)


def measure_excess(macs: FloatArray, objective: ObjectiveSettings) -> FloatArray:
    """How far MACs are outside the limits, as a logarithm; 0 within."""
    excess = np.zeros(np.shape(macs))
    if objective.min_macs is not None:
        excess = np.maximum(excess, math.log(objective.min_macs) - np.log(macs))
    if objective.max_macs is not None:
        excess = np.maximum(excess, np.log(macs) - math.log(objective.max_macs))
    return excess

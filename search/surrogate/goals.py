"""What a search is after, as the worth of candidates: one reward, or a whole front."""

import math
from abc import ABC, abstractmethod

import numpy as np

from mbscale.search.choice_space import FloatArray, IntArray
from mbscale.search.objective import Objective, measure_slope
from mbscale.search.surrogate.accuracy_learner import Learned
from mbscale.search.surrogate.acquisition import (
    Belief,
    build_staircase,
    expected_area_gain,
    expected_pick_gain,
)
from mbscale.search.surrogate.local_search import Candidates, Prices
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
    def judge_climb(self, qualities: FloatArray, prices: Prices, climbs: IntArray) -> FloatArray:
        """The worth of ``(climbs, n)`` candidates whose qualities are taken for certain.

        ``climbs`` says which climbs these are, of those that starts were chosen for.
        """

    @abstractmethod
    def screen(self, qualities: FloatArray, prices: Prices) -> FloatArray:
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
        objective: Objective,
        learned: Learned,
        measured: Measured,
    ) -> None:
        self._objective = objective
        candidates = measured.candidates
        self._means = self.screen(learned.expect(candidates.features), candidates.prices)
        rewards = self.screen(measured.qualities, candidates.prices)
        picked = int(np.argmax(rewards))
        self._picked_reward, self._picked_mean = float(rewards[picked]), float(self._means[picked])

    def choose_starts(self, n_climbs: int, rng: np.random.Generator) -> IntArray:
        """The networks with the best expected rewards, over and over."""
        del rng
        best = np.argsort(-self._means, kind="stable")[: max(1, n_climbs // 2)]
        return np.resize(best, n_climbs)

    def judge_climb(self, qualities: FloatArray, prices: Prices, climbs: IntArray) -> FloatArray:
        """Rewards."""
        del climbs
        return self.screen(qualities, prices)

    def screen(self, qualities: FloatArray, prices: Prices) -> FloatArray:
        """Expected rewards."""
        return _put_outside(self._objective.reward(qualities, prices.macs), prices)

    def judge(self, candidates: Candidates, learned: Learned) -> FloatArray:
        """The gain of the pick."""
        gain = self._gain_of_pick(self._believe(candidates, learned))
        return _put_outside(gain, candidates.prices)

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
        slope = measure_slope(self._objective, candidates.macs)
        mean = self.screen(quality, candidates.prices)
        return Belief(mean, CAUTION * deviation * slope, noise * slope)


class FrontGoal(Goal):
    """The largest area under the front of quality against MACs, within the limits.

    The area ends at ``largest_macs``. ``usual_macs`` are any of the order that networks have.
    """

    def __init__(
        self,
        learned: Learned,
        measured: Candidates,
        *,
        largest_macs: float,
        usual_macs: float,
    ) -> None:
        self._prices, self._usual_macs = measured.prices, usual_macs
        self._expected = learned.expect(measured.features)
        is_inside = measured.prices.excess <= 0
        reference = (float(self._expected.min()), largest_macs)
        macs = measured.macs[is_inside]
        self._stairs = build_staircase(self._expected[is_inside], macs, reference)
        some = measured.features[:: 1 + len(measured.macs) // _N_JUDGED]
        self._hope = float(np.median(learned.predict(some)[1]))
        self._exponents = np.zeros(0)

    def choose_starts(self, n_climbs: int, rng: np.random.Generator) -> IntArray:
        """The best measured network for one exponent of the MACs a climb."""
        low, high = math.log(_FLAT), math.log(_STEEP)
        # Spread evenly from flat to steep, with a common shift by chance.
        shares = (np.arange(n_climbs) + rng.random()) / n_climbs
        self._exponents = -np.exp(low + shares * (high - low))
        prices = self._prices.repeat(n_climbs)
        qualities = np.broadcast_to(self._expected, prices.macs.shape)
        worth = self.judge_climb(qualities, prices, np.arange(n_climbs))
        return np.asarray(worth.argmax(axis=1))

    def judge_climb(self, qualities: FloatArray, prices: Prices, climbs: IntArray) -> FloatArray:
        """The quality times a power of the MACs, another for every climb."""
        # Half a point keeps qualities that are expected below 0 in order.
        worth = np.log(np.maximum(qualities, 0) + 0.005)
        worth = worth + self._exponents[climbs, None] * np.log(prices.macs / self._usual_macs)
        return _put_outside(worth, prices)

    def screen(self, qualities: FloatArray, prices: Prices) -> FloatArray:
        """The area that is gained if a candidate is somewhat better than expected."""
        nothing = np.zeros_like(qualities)
        return self._gain(qualities + self._hope, nothing, prices)

    def judge(self, candidates: Candidates, learned: Learned) -> FloatArray:
        """The expected growth of the area."""
        quality, deviation, _ = learned.predict(candidates.features)
        return self._gain(quality, CAUTION * deviation, candidates.prices)

    def _gain(self, mean: FloatArray, deviation: FloatArray, prices: Prices) -> FloatArray:
        gain = expected_area_gain(mean, deviation, prices.macs, self._stairs)
        return _put_outside(gain, prices)


def _put_outside(worth: FloatArray, prices: Prices) -> FloatArray:
    """The worth, and less than any of it for what is outside the limits."""
    return np.where(prices.excess > 0, _OUTSIDE * (1 + prices.excess), worth)

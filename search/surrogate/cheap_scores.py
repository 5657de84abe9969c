"""What cheap scores of some networks say of all of them.

A score that costs half a second is too dear for the thousands of candidates of a proposal.
So it is measured for a sample of the space, fitted by the model that accuracies are fitted
by, and enters the model of accuracy as one more column: the fitted guess. Its coefficient,
sign included, is learned from trained networks, so a score that misleads is left out, and
trainings correct what it gets wrong.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from mbscale.search.choice_space import FloatArray, IntArray
from mbscale.search.surrogate.accuracy_features import GROUPS, Features
from mbscale.search.surrogate.accuracy_model import fit_model, fit_variances, sum_observations


@dataclass(frozen=True, slots=True, eq=False)
class CheapScores:
    """One score of several networks: ``vectors`` ``(n, choices)``, ``scores`` ``(n,)``.

    Finite, of any scale; their order alone is used.
    """

    name: str
    vectors: IntArray
    scores: FloatArray


class GuessedFeatures:
    """The features of ``base``, and one guess for each of ``cheap`` beside them."""

    def __init__(self, base: Features, cheap: tuple[CheapScores, ...]) -> None:
        self._base = base
        fits = [_fit_guess(base, one) for one in cheap]
        self._weights = np.stack([weights for weights, _ in fits], axis=1)
        self._deviations = np.array([deviation for _, deviation in fits])
        self.groups = np.append(base.groups, np.full(len(cheap), GROUPS.index("prior")))
        self.largest_macs = base.largest_macs

    def compute(self, vectors: IntArray) -> FloatArray:
        """Features ``(n, features)``; the first is 1."""
        features = self._base.compute(vectors)
        return np.concatenate([features, features @ self._weights / self._deviations], axis=1)


def _fit_guess(base: Features, cheap: CheapScores) -> tuple[FloatArray, float]:
    """Weights ``(m,)`` of the guess, and its standard deviation over what was scored."""
    features = base.compute(cheap.vectors)
    # Scores have heavy tails; their normal quantiles have none.
    targets = ndtri((rankdata(cheap.scores) - 0.5) / len(cheap.scores))
    sums = sum_observations(features, targets)
    variances = fit_variances(sums, base.groups)
    model = fit_model(sums, base.groups, variances)
    return model.weights, max(float(model.predict_mean(features).std()), 1e-6)

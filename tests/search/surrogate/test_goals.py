"""What a candidate is worth to a search for the best reward."""

import numpy as np
import pytest

from mbscale.search.choice_space import describe_space
from mbscale.search.objective import make_objective
from mbscale.search.settings import ObjectiveKind, ObjectiveSettings
from mbscale.search.surrogate.accuracy_features import make_features
from mbscale.search.surrogate.accuracy_learner import AccuracyLearner
from mbscale.search.surrogate.goals import RewardGoal
from mbscale.search.surrogate.local_search import describe_vectors
from mbscale.search.surrogate.shortlist import Measured
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space


@pytest.mark.parametrize("kind", ["soft", "hard"])
def test_a_network_outside_the_limits_is_worth_less_than_any_inside(kind: ObjectiveKind) -> None:
    space = describe_space(load_search_space("small"), Target(28, 10))
    features, limit = make_features(space), 3e6
    vectors = space.sample(np.random.default_rng(0), 400)
    settings = ObjectiveSettings(kind=kind, target_macs=limit, max_macs=limit)
    objective = make_objective(settings)
    candidates = describe_vectors(space, features, objective, vectors)
    # The model can say this exactly: it expects no gain of any network inside.
    qualities = 1 - 5 * space.count(vectors).params.astype(np.float64) ** -0.2
    is_inside = candidates.macs <= limit
    learned = AccuracyLearner(features).learn(vectors[is_inside], qualities[is_inside], {})
    measured = Measured(candidates.take(np.flatnonzero(is_inside)), qualities[is_inside])

    worth = RewardGoal(objective, learned, measured).judge(candidates, learned)

    assert worth[~is_inside].max() < worth[is_inside].min()

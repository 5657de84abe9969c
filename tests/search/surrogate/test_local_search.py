"""Climbs from vectors by the best change of one choice."""

import numpy as np

from mbscale.search.choice_space import FloatArray, IntArray, describe_space
from mbscale.search.objective import make_objective
from mbscale.search.settings import ObjectiveSettings
from mbscale.search.surrogate.accuracy_features import make_features
from mbscale.search.surrogate.local_search import Candidates, LocalSearch
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space

SPACE = describe_space(load_search_space("small"), Target(28, 10))


def test_climbs_meet_networks_in_their_canonical_wording() -> None:
    rng = np.random.default_rng(0)

    def judge(around: Candidates, climbs: IntArray) -> FloatArray:
        return around.macs.reshape(len(climbs), -1)

    search = LocalSearch(SPACE, make_features(SPACE), make_objective(ObjectiveSettings()))
    met = search.climb(SPACE.sample(rng, 4), judge, rng)
    vectors = np.concatenate([part.vectors for part in met])

    assert (vectors == SPACE.canonicalize(vectors)).all()

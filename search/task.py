"""What stage 1 is asked to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mbscale.proxy.fingerprint import Recipe
from mbscale.search.settings import SearchSettings
from mbscale.search.surrogate.cheap_scores import CheapScores
from mbscale.space.network import Target
from mbscale.space.search_space import SearchSpace


@dataclass(frozen=True, slots=True)
class SearchTask:
    """A space, where its networks will be used, how it is searched, and the run's seed.

    ``cheap_scores`` are what is known of some networks before any is trained; they follow
    from the rest and the proxy. ``recipe`` says by which settings and images networks are
    evaluated; None where that is not known, as of a function of the user's own.
    """

    space: SearchSpace
    target: Target
    settings: SearchSettings
    seed: int
    # Where networks are looked up: those that can be, as vectors by canonical key. Empty: all.
    pool: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    cheap_scores: tuple[CheapScores, ...] = ()
    recipe: Recipe | None = None

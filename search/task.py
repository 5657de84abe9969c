"""What stage 1 is asked to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mbscale.errors import ConfigError
from mbscale.proxy.fingerprint import Recipe
from mbscale.search.limits import list_limits
from mbscale.search.objective import Objective, make_objective
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
    ``objective`` replaces the objective of the settings and its limits; metric, target and
    ``multi_objective`` still come from the settings. The journal records its class and refuses
    to resume with another. Raises ConfigError where the settings hold limits that such an
    objective would not see.
    """

    space: SearchSpace
    target: Target
    settings: SearchSettings
    seed: int
    # Where networks are looked up: those that can be, as vectors by canonical key. Empty: all.
    pool: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    cheap_scores: tuple[CheapScores, ...] = ()
    recipe: Recipe | None = None
    objective: Objective | None = None

    def __post_init__(self) -> None:
        limits = list_limits(self.settings.objective)
        if self.objective is not None and limits:
            msg = (
                f"search.objective.{limits[0].name} is not seen by an objective of your own; "
                "return the limit from its violations method and remove the setting"
            )
            raise ConfigError(msg)

    @property
    def followed(self) -> Objective:
        """The objective given as an object, or else that of the settings."""
        return self.objective or make_objective(self.settings.objective)

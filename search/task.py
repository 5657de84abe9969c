"""What stage 1 is asked to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from optuna.samplers import BaseSampler

from mbscale.errors import ConfigError
from mbscale.proxy.fingerprint import Recipe
from mbscale.search.choice_space import ChoiceSpace
from mbscale.search.designs import Space, to_choice_space
from mbscale.search.limits import list_limits
from mbscale.search.objective import Objective, make_objective
from mbscale.search.settings import SearchSettings
from mbscale.search.surrogate.cheap_scores import CheapScores
from mbscale.space.network import Target

OwnSampler = BaseSampler | Callable[[ChoiceSpace, int], BaseSampler]


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

    space: Space
    target: Target
    settings: SearchSettings
    seed: int
    # Where networks are looked up: those that can be, as vectors by canonical key. Empty: all.
    pool: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    cheap_scores: tuple[CheapScores, ...] = ()
    recipe: Recipe | None = None
    objective: Objective | None = None
    # A sampler, or what makes one of the choices and a seed, in place of that of the settings.
    sampler: OwnSampler | None = None

    def __post_init__(self) -> None:
        limits = list_limits(self.settings.objective)
        counted = {*self.choice_space.counters}
        unknown = [limit.name for limit in limits if limit.cost not in counted]
        if unknown:
            msg = (
                f"search.objective.{unknown[0]} limits a cost that the space {self.space.name} "
                f"does not count; it counts {', '.join(sorted(counted))}"
            )
            raise ConfigError(msg)
        if self.objective is not None and limits:
            msg = (
                f"search.objective.{limits[0].name} is not seen by an objective of your own; "
                "return the limit from its violations method and remove the setting"
            )
            raise ConfigError(msg)

    @property
    def choice_space(self) -> ChoiceSpace:
        """What a sampler sees of the space."""
        return to_choice_space(self.space, self.target)

    @property
    def followed(self) -> Objective:
        """The objective given as an object, or else that of the settings."""
        return self.objective or make_objective(self.settings.objective)

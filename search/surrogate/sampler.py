"""The sampler that models accuracy alone, because cost is known exactly."""

from typing import Any
from weakref import ref

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial
from threadpoolctl import get_cached_controller

from mbscale.search.choice_space import ChoiceSpace, IntArray, describe_space
from mbscale.search.objective import Objective, make_objective
from mbscale.search.settings import ObjectiveSettings
from mbscale.search.surrogate.observations import TrialReader, option_value
from mbscale.search.surrogate.proposal import Proposer, SurrogateOptions
from mbscale.space.network import Target
from mbscale.space.search_space import SearchSpace
from mbscale.space.stage_space import Option

_IMAGENET = Target(resolution=224, num_classes=1000)


class SurrogateSampler(BaseSampler):
    """Proposes networks by a Bayesian linear model of accuracy and the exact cost.

    The study maximizes the reward of ``objective``, whose cost is counted at ``target``;
    or, with two directions, quality up and MACs down. A study that is minimized is read
    with the sign changed. Parameters have the names of the space's choices; each is an
    integer that counts the options from 0, or one of the options. Other parameters are
    drawn at random.

    A proposal follows from ``seed``, the trial's number and the study's other trials, so
    that a study that is resumed goes on as if it had not stopped. Not for several threads.
    """

    def __init__(
        self,
        *,
        space: SearchSpace | ChoiceSpace,
        seed: int | None = None,
        target: Target = _IMAGENET,
        objective: ObjectiveSettings | Objective | None = None,
        options: SurrogateOptions | None = None,
    ) -> None:
        chosen = options or SurrogateOptions()
        settings = objective if isinstance(objective, ObjectiveSettings) else ObjectiveSettings()
        own = None if isinstance(objective, ObjectiveSettings) else objective
        followed = own or make_objective(settings)
        self._space = describe_space(space, target) if isinstance(space, SearchSpace) else space
        self._seed = _draw_seed() if seed is None else seed
        self._random = RandomSampler(seed=seed)
        self._places = {choice.name: place for place, choice in enumerate(self._space.choices)}
        self._proposer = Proposer(self._space, followed, chosen, settings)
        self._reader = TrialReader(self._space, followed, attribute=chosen.accuracy_attribute)
        self._proposed: tuple[int, IntArray] | None = None
        self._suggested: tuple[ref[Study], dict[str, BaseDistribution]] | None = None

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Forget the last proposal: another study may have a trial of this number."""
        del study, trial
        self._proposed = None

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """The choices as the first trial that has them all suggested them."""
        if self._suggested is not None and self._suggested[0]() is study:
            return dict(self._suggested[1])
        for other in study.get_trials(deepcopy=False):
            if other.number != trial.number and self._reader.read_vector(other) is not None:
                found = sorted(other.distributions.items())
                suggested = {name: one for name, one in found if name in self._places}
                self._suggested = ref(study), suggested
                return suggested
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The proposal in the study's terms."""
        values = {
            name: self._propose_value(study, trial, name, distribution)
            for name, distribution in search_space.items()
        }
        return {name: value for name, value in values.items() if value is not None}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """The proposal's value of one choice; a random one of any other parameter."""
        if param_name in self._places:
            value = self._propose_value(study, trial, param_name, param_distribution)
            if value is not None:
                return value
        return self._random.sample_independent(study, trial, param_name, param_distribution)

    def reseed_rng(self) -> None:
        """Take a fresh seed from the system, as Optuna asks of parallel copies."""
        self._seed = _draw_seed()
        self._random.reseed_rng()

    def _propose_value(
        self, study: Study, trial: FrozenTrial, name: str, distribution: BaseDistribution
    ) -> Option | None:
        if self._proposed is None or self._proposed[0] != trial.number:
            known = self._reader.read(study, number=trial.number)
            seed = self._seed, trial.number
            # More threads make products of so small matrices slower.
            with get_cached_controller().limit(limits=1, user_api="blas"):
                vector = self._proposer.propose(
                    known, seed=seed, has_front=len(study.directions) > 1
                )
            self._proposed = (trial.number, vector)
        place = self._places[name]
        return option_value(self._space.choices[place], int(self._proposed[1][place]), distribution)


def _draw_seed() -> int:
    return int(np.random.SeedSequence().generate_state(1)[0])

"""What a user brings as objects in place of what the settings name."""

import inspect
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

from mbscale.config import RunConfig
from mbscale.errors import ConfigError
from mbscale.proxy.evaluation import Evaluation, OnEpoch, SplitName
from mbscale.proxy.fingerprint import Recipe
from mbscale.proxy.images.labeled_images import LabeledImages
from mbscale.search.choice_space import ChoiceSpace, count_nothing
from mbscale.search.designs import Space
from mbscale.search.objective import Objective
from mbscale.search.task import OwnSampler

# Gets a network and keywords; returns an Evaluation, or an accuracy from 0 to 1.
Evaluate = Callable[..., Evaluation | float]


@dataclass(frozen=True, slots=True)
class OwnParts:
    """A user's own space, images, evaluator, sampler and objective; None: the settings name it.

    Results of ``evaluate`` are identified by the function's name: a run resumes with what it
    holds, though the function was changed. Give the changed one another name, or another folder.
    """

    space: Space | None = None
    images: LabeledImages | None = None
    evaluate: Evaluate | None = None
    sampler: OwnSampler | None = None
    objective: Objective | None = None

    def __post_init__(self) -> None:
        if isinstance(self.space, ChoiceSpace) and self.evaluate is None:
            msg = (
                f"the space {self.space.name} holds no networks that mbscale can train; "
                "give the function that evaluates its members as evaluate="
            )
            raise ConfigError(msg)
        if self.evaluate is not None and self.images is not None:
            msg = "images= are for mbscale's own training; with evaluate= leave them out"
            raise ConfigError(msg)

    @property
    def recipe(self) -> Recipe | None:
        """What identifies the results of the own evaluator: its name; None without one."""
        if self.evaluate is None:
            return None
        name = _name_function(self.evaluate)
        return Recipe({"evaluate": name}, content="", source=name)

    def adapt(self, config: RunConfig) -> RunConfig:
        """The settings, with the name of an own space; without a cost the reward is the quality."""
        if self.space is None:
            return config
        adapted = replace(config, space=f"own:{self.space.name}")
        if not isinstance(self.space, ChoiceSpace) or self.space.count is not count_nothing:
            return adapted
        objective = replace(config.search.objective, target_macs=1.0)
        return replace(adapted, search=replace(config.search, objective=objective))


@dataclass(frozen=True, slots=True)
class OwnEvaluator:
    """A user's function as an evaluator; a number that it returns is an accuracy.

    It gets the network (an Architecture, or a mapping of the chosen options) and those of the
    keywords ``seed``, ``split``, ``resolution`` and ``on_epoch`` that it takes.
    """

    evaluate: Evaluate

    def __call__(
        self,
        architecture: Any,
        *,
        seed: int,
        split: SplitName = "selection",
        resolution: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        """What the function returned. Raises ConfigError where that is no result."""
        given = {"seed": seed, "split": split, "resolution": resolution, "on_epoch": on_epoch}
        started = time.perf_counter()
        found: object = self.evaluate(architecture, **_choose(given, self.evaluate))
        if isinstance(found, Evaluation):
            return found
        if not isinstance(found, Real) or not 0 <= float(found) <= 1 or math.isnan(float(found)):
            msg = (
                f"evaluate must return an Evaluation or an accuracy from 0 to 1; got {found!r:.60}"
            )
            raise ConfigError(msg)
        seconds = time.perf_counter() - started
        return Evaluation("complete", float(found), None, seconds, 0, seed, 0)


def _choose(given: dict[str, Any], function: Callable[..., object]) -> dict[str, Any]:
    """Those of the keywords that a function takes."""
    parameters = inspect.signature(function).parameters
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values()):
        return given
    return {name: value for name, value in given.items() if name in parameters}


def _name_function(function: Callable[..., object]) -> str:
    """A name that is the same in the next process."""
    owner = function if hasattr(function, "__qualname__") else type(function)
    return f"{owner.__module__}.{owner.__qualname__}"

"""What a study's trials tell an accuracy model."""

import math
from dataclasses import dataclass
from typing import Any
from weakref import ref

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray
from mbscale.search.objective import compute_reward
from mbscale.search.settings import ObjectiveSettings
from mbscale.space.encoding import Choice
from mbscale.space.stage_space import Option


@dataclass(frozen=True, slots=True)
class Observations:
    """Measured vectors ``(n, choices)`` with their qualities ``(n,)``, in trial order.

    ``running`` are the vectors of trials that are under way, and ``barren`` those that
    ended without a quality. ``has_echo`` says that a vector was measured again with the
    same result to the last digit: a repeat teaches nothing.
    """

    vectors: IntArray
    qualities: FloatArray
    running: IntArray
    barren: IntArray
    has_echo: bool

    def parts(self) -> tuple[IntArray, IntArray, IntArray]:
        """All vectors that were proposed: measured, running and barren ones."""
        return self.vectors, self.running, self.barren


def option_index(choice: Choice, value: object, distribution: BaseDistribution) -> int | None:
    """The place of a parameter's value among the options; None where it is not one of them."""
    size = len(choice.options)
    options: tuple[object, ...] = choice.options
    if value in options and not is_position(choice, distribution):
        return options.index(value)
    return value if isinstance(value, int) and 0 <= value < size else None


def is_position(choice: Choice, distribution: BaseDistribution) -> bool:
    """Whether a parameter counts the options from 0, rather than being one of them."""
    last = len(choice.options) - 1
    return isinstance(distribution, IntDistribution) and (
        (distribution.low, distribution.high) == (0, last)
    )


def option_value(choice: Choice, index: int, distribution: BaseDistribution) -> Option | None:
    """A parameter's value for an option; None where the parameter cannot have it."""
    if is_position(choice, distribution):
        return index
    option = choice.options[index]
    if isinstance(distribution, CategoricalDistribution):
        return next((one for one in (option, index) if one in distribution.choices), None)
    if isinstance(distribution, IntDistribution) and isinstance(option, int):
        is_allowed = option in range(distribution.low, distribution.high + 1, distribution.step)
        return option if is_allowed else None
    return None


class TrialReader:
    """Reads trials once each; a finished trial never changes.

    A trial's quality is its user attribute ``attribute`` where that is a number, and
    otherwise what the objective must have made the value of. A repeat that has the very
    result of an earlier one is left out: it was looked up, not measured.
    """

    def __init__(
        self, space: ChoiceSpace, objective: ObjectiveSettings, *, attribute: str | None
    ) -> None:
        self._space = space
        self._objective = objective
        self._attribute = attribute
        self._forget()

    def _forget(self) -> None:
        self._study: ref[Study] | None = None
        self._seen: set[int] = set()
        # So many trials from the first on are all seen.
        self._n_first = 0
        self._rows: dict[int, IntArray] = {}
        self._qualities: dict[int, float] = {}
        self._results: set[tuple[bytes, float]] = set()
        self._barren: dict[int, IntArray] = {}
        self._has_echo = False
        self._stacked = (0, self._stack([]), np.empty(0))

    def read(self, study: Study, *, number: int) -> Observations:
        """Everything but the trial ``number``, for which a proposal is made."""
        if self._study is None or self._study() is not study:
            self._forget()
            self._study = ref(study)
        running: list[IntArray] = []
        trials = study.get_trials(deepcopy=False)
        for trial in trials[self._n_first :]:
            if trial.number in self._seen or trial.number == number:
                continue
            if trial.state.is_finished():
                self._take_in(study, trial)
            elif (vector := self.read_vector(trial)) is not None:
                running.append(vector)
        while self._n_first < len(trials) and trials[self._n_first].number in self._seen:
            self._n_first += 1
        vectors, qualities = self._stack_measured()
        return Observations(
            vectors, qualities, self._stack(running), self._stack([*self._barren.values()]),
            self._has_echo,
        )  # fmt: skip

    def read_vector(self, trial: FrozenTrial) -> IntArray | None:
        """The vector of a trial; None where a choice is missing or is not of the space."""
        vector = np.zeros(len(self._space.choices), dtype=np.int64)
        for place, choice in enumerate(self._space.choices):
            if choice.name in trial.params:
                value, distribution = trial.params[choice.name], trial.distributions[choice.name]
                index = option_index(choice, value, distribution)
            else:
                index = 0 if len(choice.options) == 1 else None
            if index is None:
                return None
            vector[place] = index
        return vector

    def _take_in(self, study: Study, trial: FrozenTrial) -> None:
        self._seen.add(trial.number)
        vector = self.read_vector(trial)
        if vector is None:
            return
        quality = self._read_quality(study, trial, vector)
        if quality is None:
            self._barren[trial.number] = vector
            return
        result = (vector.tobytes(), quality)
        if result in self._results:
            self._has_echo = True
            return
        self._results.add(result)
        self._rows[trial.number], self._qualities[trial.number] = vector, quality

    def _read_quality(self, study: Study, trial: FrozenTrial, vector: IntArray) -> float | None:
        is_feasible = all(violation <= 0 for violation in trial.constraints.values())
        if trial.state != TrialState.COMPLETE or not is_feasible:
            return None
        told: Any = trial.user_attrs.get(self._attribute) if self._attribute else None
        if isinstance(told, int | float) and math.isfinite(told):
            return float(told)
        value = trial.values[0]
        if study.directions[0] == StudyDirection.MINIMIZE:
            value = -value
        if len(study.directions) == 1:
            value = self._invert(value, vector)
        return value if math.isfinite(value) else None

    def _invert(self, reward: float, vector: IntArray) -> float:
        """The quality that makes this reward; rewards are linear in the quality."""
        macs = float(self._space.count(vector[None]).macs[0])
        offset = compute_reward(0.0, macs, self._objective)
        slope = compute_reward(1.0, macs, self._objective) - offset
        return (reward - offset) / slope

    def _stack_measured(self) -> tuple[IntArray, FloatArray]:
        n_known, vectors, qualities = self._stacked
        if n_known != len(self._rows):
            numbers = sorted(self._rows)
            vectors = self._stack([self._rows[number] for number in numbers])
            qualities = np.array([self._qualities[number] for number in numbers])
            self._stacked = (len(numbers), vectors, qualities)
        return vectors, qualities

    def _stack(self, vectors: list[IntArray]) -> IntArray:
        shape = (len(vectors), len(self._space.choices))
        return np.array(vectors, dtype=np.int64).reshape(shape)

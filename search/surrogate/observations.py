"""What a study's trials tell an accuracy model."""

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import ref

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray
from mbscale.search.objective import Objective
from mbscale.space.encoding import Choice
from mbscale.space.stage_space import Option

# Observations that there is room for at first.
_ROOM = 64


@dataclass(frozen=True, slots=True)
class Observations:
    """Measured vectors ``(n, choices)`` with their qualities ``(n,)``, in the order of reading.

    Vectors are canonical. ``running`` are those of trials that are under way, by number;
    ``taken`` the keys of all that were proposed (``list_keys``). ``has_echo`` says that a
    network was measured again with the same result to the last digit: a repeat teaches
    nothing. Of one ``history``, later observations begin with all earlier ones.
    """

    vectors: IntArray
    qualities: FloatArray
    running: Mapping[int, IntArray]
    taken: Container[bytes]
    has_echo: bool
    history: int


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

    def __init__(self, space: ChoiceSpace, objective: Objective, *, attribute: str | None) -> None:
        self._space = space
        self._objective = objective
        self._attribute = attribute
        self._history = 0
        self._positions: Mapping[str, BaseDistribution] | None = None
        self._forget()

    def _forget(self) -> None:
        self._study: ref[Study] | None = None
        self._history += 1
        self._n_seen = 0
        # Trials that were seen before their end, with their vectors once they are complete.
        self._open: dict[int, IntArray | None] = {}
        self._vectors = np.empty((_ROOM, len(self._space.choices)), dtype=np.int64)
        self._qualities = np.empty(_ROOM)
        self._n_measured = 0
        self._taken: set[bytes] = set()
        self._results: set[tuple[bytes, float]] = set()
        self._has_echo = False

    def read(self, study: Study, *, number: int) -> Observations:
        """Everything but the trial ``number``, for which a proposal is made."""
        if self._study is None or self._study() is not study:
            self._forget()
            self._study = ref(study)
        trials = study.get_trials(deepcopy=False)
        self._open.update((trial.number, None) for trial in trials[self._n_seen :])
        self._n_seen = len(trials)
        ended = [trials[one] for one in self._open if trials[one].state.is_finished()]
        self._read_unread(ended)
        for trial in ended:
            self._take_in(study, trial, self._open.pop(trial.number))
        n = self._n_measured
        return Observations(
            self._vectors[:n],
            self._qualities[:n],
            self._read_running(trials, but=number),
            self._taken,
            self._has_echo,
            self._history,
        )

    def _read_running(self, trials: Sequence[FrozenTrial], *, but: int) -> dict[int, IntArray]:
        self._read_unread([trials[one] for one in self._open if one != but])
        running = {one: vector for one, vector in self._open.items() if vector is not None}
        self._taken.update(vector.tobytes() for vector in running.values())
        return running

    def _read_unread(self, trials: Sequence[FrozenTrial]) -> None:
        """Note the canonical vectors of those trials that have one now."""
        unread = [one for one in trials if self._open[one.number] is None]
        found = {one.number: self.read_vector(one) for one in unread}
        read = {number: vector for number, vector in found.items() if vector is not None}
        if read:
            canonical = self._space.canonicalize(np.stack(list(read.values())))
            self._open.update(zip(read, canonical, strict=True))

    def read_vector(self, trial: FrozenTrial) -> IntArray | None:
        """The vector of a trial; None where a choice is missing or is not of the space."""
        # Trials of one search share their distributions.
        if trial.distributions is self._positions:
            return np.array([trial.params[one.name] for one in self._space.choices], np.int64)
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
        self._note_positions(trial)
        return vector

    def _note_positions(self, trial: FrozenTrial) -> None:
        found = trial.distributions
        if all(c.name in found and is_position(c, found[c.name]) for c in self._space.choices):
            self._positions = found

    def _take_in(self, study: Study, trial: FrozenTrial, vector: IntArray | None) -> None:
        if vector is None:
            return
        key, quality = vector.tobytes(), self._read_quality(study, trial, vector)
        self._taken.add(key)
        if quality is None:
            return
        if (key, quality) in self._results:
            self._has_echo = True
            return
        self._results.add((key, quality))
        self._append(vector, quality)

    def _append(self, vector: IntArray, quality: float) -> None:
        if self._n_measured == len(self._qualities):
            # Earlier observations are handed out, and are not written to again.
            self._vectors = np.concatenate([self._vectors, np.empty_like(self._vectors)])
            self._qualities = np.concatenate([self._qualities, np.empty_like(self._qualities)])
        self._vectors[self._n_measured] = vector
        self._qualities[self._n_measured] = quality
        self._n_measured += 1

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
            macs = float(self._space.count(vector[None]).macs[0])
            value = self._objective.quality_for(value, macs)
        return value if math.isfinite(value) else None

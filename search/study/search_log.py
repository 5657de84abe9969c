"""A search in the journal: its trials, those that run, and what it was begun with."""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from optuna.trial import FrozenTrial, TrialState, create_trial

from mbscale.errors import ConfigError, RunError
from mbscale.free_settings import list_deciding, list_free
from mbscale.proxy.fingerprint import Recipe
from mbscale.results.record import Record
from mbscale.search.designs import describe_space_settings, list_choices
from mbscale.search.execution.jobs import Course
from mbscale.search.samplers import space_distributions
from mbscale.search.settings import SearchSettings
from mbscale.search.study.journal import Journal
from mbscale.search.study.running_trials import RunningTrial, name_slot, read_running
from mbscale.search.study.study_in_memory import StudyInMemory, make_study
from mbscale.search.study.trials import (
    decode_kept,
    read_record,
    record_attributes,
    study_directions,
)
from mbscale.search.task import SearchTask

_SCHEMA_VERSION = 1
_STUDY = "search"
# The fact that says by which proxy, and on which images, the trials were evaluated.
_RECIPE = "recipe"
# What a pruner noted of a training.
_NOTES = "pruner_notes"


@dataclass(frozen=True, slots=True)
class FinishedTrial:
    """A trial of the journal: its record, how its training went, and what a sampler sees."""

    record: Record
    course: Course
    told: FrozenTrial


class SearchLog:
    """The study ``search`` of a journal.

    Raises ConfigError when it was begun with settings that would change what its trials
    mean.
    """

    def __init__(self, journal: Journal, task: SearchTask) -> None:
        self._task = task
        self._path = journal.path
        self._distributions = space_distributions(task.space)
        self._shared = _Shared(self._distributions)
        self._study = journal.open_study(_STUDY, study_directions(task.settings.objective))
        now = _describe(task)
        begun_with = self._study.read_facts().get("begun_with")
        if begun_with is None:
            self._study.set_fact("begun_with", now)
        else:
            self._check_unchanged(begun_with, now)
        if task.recipe is not None:
            self._check_recipe(task.recipe)

    def append(
        self,
        trial: FrozenTrial,
        record: Record,
        course: Course,
        *,
        state: TrialState,
        values: list[float] | None,
    ) -> FrozenTrial:
        """Write a running trial with its end; returns it as it now stands in the journal."""
        finished = create_trial(
            state=state,
            values=values,
            params=trial.params,
            distributions=trial.distributions,
            system_attrs=trial.system_attrs,
            user_attrs=record_attributes(record) | _describe_notes(course),
            intermediate_values=dict(enumerate(course.curve, start=1)),
        )
        finished.datetime_start = trial.datetime_start
        self._study.append(finished)
        return finished

    def note_running(self, trial: RunningTrial, *, slot: int) -> None:
        """Write that a trial starts in a slot, where it replaces the one before it."""
        self._study.set_fact(name_slot(slot), asdict(trial))

    def read_finished(self) -> list[FinishedTrial]:
        """The finished trials, in the order of their numbers."""
        finished = [
            FinishedTrial(
                read_record(self._task, one, path=self._path),
                read_course(one),
                _as_told(one, self._shared),
            )
            for one in self._study.read_trials()
        ]
        return sorted(finished, key=lambda one: one.record.number)

    def read_running(self, finished: set[int]) -> dict[int, RunningTrial]:
        """By slot, the trials that were started and are not in ``finished``."""
        running = read_running(self._study.read_facts(), finished, path=self._path)
        for trial in running.values():
            decode_kept(self._task, trial.vector, where=f"{self._path}, trial {trial.number}")
        return running

    def restore_study(
        self, finished: Sequence[FinishedTrial], running: dict[int, RunningTrial]
    ) -> StudyInMemory:
        """A study with all trials at their numbers, for the sampler."""
        by_number = {one.record.number: one.told for one in finished}
        by_number |= {one.number: self._revive(one) for one in running.values()}
        for number in range(len(by_number)):
            if number not in by_number:
                msg = (
                    f"{self._path} holds no trial {number}, and later ones; restore it from a copy"
                )
                raise RunError(msg)
        directions = study_directions(self._task.settings.objective)
        return make_study(directions, (by_number[number] for number in range(len(by_number))))

    def _revive(self, trial: RunningTrial) -> FrozenTrial:
        names = [choice.name for choice in list_choices(self._task.space)]
        return create_trial(
            state=TrialState.RUNNING,
            params=dict(zip(names, trial.vector, strict=True)),
            distributions=self._distributions,
            system_attrs=dict(trial.system_attrs),
        )

    def _check_recipe(self, recipe: Recipe) -> None:
        before = self._study.read_facts().get(_RECIPE)
        now = {"settings": _make_plain(recipe.settings), "content": recipe.content}
        if before is None:
            # The journal is new, or of an earlier version that kept none.
            self._study.set_fact(_RECIPE, now)
            return
        _check_content(before, recipe, path=self._path)
        old, new = _flatten(before["settings"], "proxy"), _flatten(now["settings"], "proxy")
        changed = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
        if changed:
            key = changed[0]
            msg = (
                f"{self._path} was started with {key} = {old.get(key, 'its default')} and cannot "
                f"resume with {new.get(key, 'its default')}; name another --out"
            )
            raise ConfigError(msg)

    def _check_unchanged(self, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        old, new = _flatten(before), _flatten(now)
        # An earlier version kept a few settings that are free now.
        free = {f"search.{name}" for name in list_free(SearchSettings)}
        decides = sorted({*old, *new} - free)
        changed = [key for key in decides if old.get(key) != new.get(key)]
        if changed:
            key = changed[0]
            msg = (
                f"{self._path} was started with {key} = {old.get(key)!r} and cannot resume with "
                f"{new.get(key)!r}; of the search, only {', '.join(list_free(SearchSettings))} "
                "may change"
            )
            raise ConfigError(msg)


def read_search(journal: Journal, task: SearchTask) -> tuple[Record, ...]:
    """The records of the search in a journal, in the order of their numbers.

    Settings are not compared with those that it was begun with. Raises ConfigError where the
    images are others.
    """
    study = journal.open_study(_STUDY, study_directions(task.settings.objective))
    before = study.read_facts().get(_RECIPE)
    if before is not None and task.recipe is not None:
        _check_content(before, task.recipe, path=journal.path)
    records = [read_record(task, trial, path=journal.path) for trial in study.read_trials()]
    return tuple(sorted(records, key=lambda record: record.number))


def read_course(trial: FrozenTrial) -> Course:
    """How the training of a trial went, as ``append`` has written it."""
    curve = tuple(value for _, value in sorted(trial.intermediate_values.items()))
    return Course(curve, trial.user_attrs.get(_NOTES, {}))


def _check_content(before: Mapping[str, Any], recipe: Recipe, *, path: Path) -> None:
    if before["content"] != recipe.content:
        msg = (
            f"{recipe.source} does not hold what it held when {path} was started; put the old "
            "content back, or name another --out"
        )
        raise ConfigError(msg)


def _describe_notes(course: Course) -> dict[str, Any]:
    return {_NOTES: dict(course.notes)} if course.notes else {}


class _Shared(dict[str, Any]):
    """What nothing changes: copying it took most of the time to make a study."""

    __slots__ = ()

    def __deepcopy__(self, _memo: object) -> "_Shared":
        return self


def _as_told(trial: FrozenTrial, distributions: _Shared) -> FrozenTrial:
    # Trials that are told to a sampler carry neither curve nor record, and a restored one
    # must be no different.
    told = copy.copy(trial)
    told.intermediate_values = {}
    told.user_attrs = {}
    told.distributions = distributions
    told.params = _Shared(trial.params)
    return told


def _describe(task: SearchTask) -> dict[str, Any]:
    described = {
        "schema_version": _SCHEMA_VERSION,
        "space": describe_space_settings(task.space),
        "target": asdict(task.target),
        "search": list_deciding(task.settings),
        "seed": task.seed,
        "objective": _name_type(task.objective),
        "sampler": _name_type(task.sampler),
    }
    return _make_plain(described)


def _make_plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """As the journal gives it back: tuples are lists there."""
    return cast("dict[str, Any]", json.loads(json.dumps(value)))


def _name_type(own: object | None) -> str | None:
    return None if own is None else f"{type(own).__module__}.{type(own).__qualname__}"


def _flatten(value: object, name: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        pairs = [(f"{name}.{key}" if name else key, one) for key, one in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{name}[{i}]", one) for i, one in enumerate(value)]
    else:
        return {name: value}
    return {key: leaf for path, one in pairs for key, leaf in _flatten(one, path).items()}

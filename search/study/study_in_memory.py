"""The study that a search's sampler sees."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import optuna
from optuna.storages import InMemoryStorage
from optuna.study import Study
from optuna.trial import FrozenTrial

from mbscale.search.study.journal import Direction


@dataclass(frozen=True, slots=True)
class StudyInMemory:
    """A study with its storage, which finds a trial without copying the list of all."""

    study: Study
    _storage: InMemoryStorage

    def find_trial(self, number: int) -> FrozenTrial:
        """The trial as it stands now."""
        study_id = self._storage.get_study_id_from_name(self.study.study_name)
        trial_id = self._storage.get_trial_id_from_study_id_trial_number(study_id, number)
        return self._storage.get_trial(trial_id)


def make_study(directions: Sequence[Direction], trials: Iterable[FrozenTrial]) -> StudyInMemory:
    """A study with these trials, numbered from 0 in the order given."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = InMemoryStorage()
    study = optuna.create_study(directions=directions, storage=storage)
    for trial in trials:
        study.add_trial(trial)
    return StudyInMemory(study, storage)

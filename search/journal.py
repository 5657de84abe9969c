"""The trials on disk: Optuna's journal format, one synced write a finished trial."""

import warnings
from pathlib import Path

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial

from mbscale.errors import RunError

STUDY_NAME = "search"


class Journal:
    """An append-only file that optuna-dashboard opens; what is in it counts."""

    def __init__(self, path: Path) -> None:
        self.was_torn = path.exists() and drop_torn_tail(path)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ExperimentalWarning)
                storage = JournalStorage(JournalFileBackend(str(path)))
            self._study = optuna.create_study(
                storage=storage, study_name=STUDY_NAME, direction="maximize", load_if_exists=True
            )
        except OSError as failure:
            msg = f"{path} cannot be written: {failure.strerror}"
            raise RunError(msg) from failure

    def append(self, trial: FrozenTrial) -> None:
        """Write a finished trial; it is on disk when this returns."""
        self._study.add_trial(trial)

    def read(self) -> list[FrozenTrial]:
        """Every trial, in the order of their numbers."""
        return self._study.get_trials(deepcopy=False)


def drop_torn_tail(path: Path) -> bool:
    """Cut what a killed process left of a last line; True when there was something."""
    data = path.read_bytes()
    end = data.rfind(b"\n") + 1
    if end == len(data):
        return False
    with path.open("r+b") as file:
        file.truncate(end)
    return True

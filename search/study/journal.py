"""The trials on disk: Optuna's journal format, one synced write for each fact.

``optuna-dashboard study.journal`` opens the file. Whatever is in it counts; all other
files of a run are derived from it.
"""

import json
import mmap
import os
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial

from mbscale.errors import RunError
from mbscale.search.study.lock import lock_folder

Direction = Literal["maximize", "minimize"]

JOURNAL_NAME = "study.journal"
# Optuna holds its own lock for about 3 ms a write.
_STALE_WRITE_SECONDS = 1.0


class Journal:
    """An open journal; ``messages`` say what had to be mended on opening it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.messages: list[str] = []
        n_bytes = cut_torn_tail(path) if path.exists() else 0
        if n_bytes:
            self.messages.append(
                f"the last {n_bytes} bytes of {path} were a line torn by a crash, and were cut; "
                "everything before them counts"
            )
        _remove_stale_lock(path.with_name(path.name + ".lock"))
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with _translate_errors(path):
            self._storage = JournalStorage(JournalFileBackend(str(path)))

    def open_study(self, name: str, directions: Sequence[Direction]) -> "StudyLog":
        """The study of this name, made where the journal has none."""
        with _translate_errors(self.path):
            study = optuna.create_study(
                storage=self._storage,
                study_name=name,
                directions=list(directions),
                load_if_exists=True,
            )
        return StudyLog(study, self.path)


class StudyLog:
    """One study of a journal: finished trials, and facts by name."""

    def __init__(self, study: optuna.Study, path: Path) -> None:
        self._study = study
        self._path = path

    def append(self, trial: FrozenTrial) -> None:
        """Write a finished trial; it is on disk when this returns."""
        with _translate_errors(self._path):
            self._study.add_trial(trial)

    def read_trials(self) -> list[FrozenTrial]:
        """The finished trials, in the order in which they were written."""
        with _translate_errors(self._path):
            return self._study.get_trials(deepcopy=False)

    def set_fact(self, name: str, value: object) -> None:
        """Write a named value that JSON can hold; the last one of a name counts."""
        with _translate_errors(self._path):
            self._study.set_user_attr(name, value)

    def read_facts(self) -> Mapping[str, Any]:
        """The named values."""
        with _translate_errors(self._path):
            return self._study.user_attrs


@contextmanager
def open_journal(folder: Path) -> Generator[Journal]:
    """The journal of a run folder, locked against other processes; see ``lock_folder``."""
    with lock_folder(folder) as message:
        journal = Journal(folder / JOURNAL_NAME)
        journal.messages += [message] if message else []
        yield journal


def cut_torn_tail(path: Path) -> int:
    """Cut what a crash left of the last lines; returns the number of bytes cut.

    A line is whole when it ends and is JSON: after a power cut, the end of a file may
    hold zeros. Raises RunError for a file that is no journal.
    """
    size = path.stat().st_size
    if not size:
        return 0
    with _translate_errors(path), path.open("r+b") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            if view[:1] not in (b"{", b"\0"):
                msg = f"{path} is not a journal of Optuna; move it away, or name another --out"
                raise RunError(msg)
            end = _end_of_whole_lines(view)
        if end < size:
            file.truncate(end)
    return size - end


def _end_of_whole_lines(view: mmap.mmap) -> int:
    end = len(view)
    while end:
        start = view.rfind(b"\n", 0, end - 1) + 1
        if view[end - 1 : end] == b"\n" and _is_json(view[start:end]):
            break
        end = start
    return end


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _remove_stale_lock(path: Path) -> None:
    """Remove what a process killed within a write left: Optuna would wait 30 s for it."""
    deadline = time.monotonic() + _STALE_WRITE_SECONDS
    while os.path.lexists(path):
        # Until then it may be optuna-dashboard that writes.
        if time.monotonic() > deadline:
            path.unlink(missing_ok=True)
            return
        time.sleep(0.05)


@contextmanager
def _translate_errors(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as failure:
        msg = f"{path} cannot be written: {failure.strerror}; mend that and add --resume"
        raise RunError(msg) from failure
    except json.JSONDecodeError as failure:
        msg = f"{path} is damaged in its middle: {failure}; restore it from a copy"
        raise RunError(msg) from failure

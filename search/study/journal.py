"""The trials on disk: Optuna's journal format, one synced write for each fact.

``optuna-dashboard study.journal`` opens the file. Whatever is in it counts; all other
files of a run are derived from it.

Optuna's backend locks and syncs, but its JournalStorage is not used: it holds every trial
of the file for as long as it is open, each with names and distributions of its own. The
driver needs them once, and then has its own. With 100,000 trials of 25 choices that was
1.64 GiB and is 0.96.
"""

import json
import mmap
import os
import time
import uuid
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial

from mbscale.errors import RunError
from mbscale.results.run_folder import RunFolder
from mbscale.search.study.journal_checks import check_trial, make_error, parse_line
from mbscale.search.study.journal_lines import Line, StudyLines, TrialLines, write_trial
from mbscale.search.study.lock import lock_folder

Direction = Literal["maximize", "minimize"]

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
        self._worker = str(uuid.uuid4())
        self._studies = StudyLines()
        self._end = self._n_lines = 0
        with _translate_errors(path):
            self._backend = JournalFileBackend(str(path))
        self._follow()

    def open_study(self, name: str, directions: Sequence[Direction]) -> "StudyLog":
        """The study of this name, made where the journal has none."""
        if name not in self._studies.ids:
            numbers = [int(StudyDirection[one.upper()]) for one in directions]
            self.write(Line.CREATE_STUDY, {"study_name": name, "directions": numbers})
        return StudyLog(self, self._studies.ids[name])

    def write(self, kind: Line, fields: Mapping[str, Any]) -> None:
        """Append a line; it is on disk when this returns."""
        line = {"op_code": int(kind), "worker_id": self._worker, **fields}
        with _translate_errors(self.path):
            self._backend.append_logs([line])
        # A dashboard may have written before: the numbers of studies count its lines, too.
        self._follow()

    def read_facts(self, study_id: int) -> Mapping[str, Any]:
        """The named values of a study."""
        return self._studies.facts[study_id]

    def read_trials(self, study_id: int) -> Iterator[FrozenTrial]:
        """The finished trials of a study, in the order in which they were written."""
        reader = TrialLines()
        lines = enumerate(self._read_lines(0, n_before=0), start=1)
        for number, (_, line) in lines:
            if line["op_code"] == Line.CREATE_TRIAL and line["study_id"] == study_id:
                check_trial(line, path=self.path, number=number)
                yield self._read_trial(reader, line, number)

    def _read_trial(self, reader: TrialLines, line: dict[str, Any], number: int) -> FrozenTrial:
        try:
            return reader.read(line)
        except (KeyError, TypeError, ValueError, OverflowError) as failure:
            flaw = f"its trial cannot be read ({failure})"
            raise make_error(self.path, number, flaw) from failure

    def _follow(self) -> None:
        for end, line in self._read_lines(self._end, n_before=self._n_lines):
            self._studies.take(line)
            self._end = end
            self._n_lines += 1

    def _read_lines(self, start: int, *, n_before: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """The whole lines from a byte on, each with the byte at which it ends."""
        with _translate_errors(self.path), self.path.open("rb") as file:
            file.seek(start)
            for number, text in enumerate(file, start=n_before + 1):
                # What another process is writing at this moment.
                if not text.endswith(b"\n"):
                    return
                start += len(text)
                yield start, parse_line(text, path=self.path, number=number)


class StudyLog:
    """One study of a journal: finished trials, and facts by name."""

    def __init__(self, journal: Journal, study_id: int) -> None:
        self._journal = journal
        self._id = study_id

    def append(self, trial: FrozenTrial) -> None:
        """Write a finished trial; it is on disk when this returns."""
        self._journal.write(Line.CREATE_TRIAL, {"study_id": self._id, **write_trial(trial)})

    def read_trials(self) -> Iterator[FrozenTrial]:
        """The finished trials, in the order in which they were written."""
        return self._journal.read_trials(self._id)

    def set_fact(self, name: str, value: object) -> None:
        """Write a named value that JSON can hold; the last one of a name counts."""
        self._journal.write(Line.SET_STUDY_ATTR, {"study_id": self._id, "user_attr": {name: value}})

    def read_facts(self) -> Mapping[str, Any]:
        """The named values."""
        return self._journal.read_facts(self._id)


@contextmanager
def open_journal(folder: Path) -> Generator[Journal]:
    """The journal of a run folder, locked against other processes; see ``lock_folder``."""
    with lock_folder(folder) as message:
        journal = Journal(RunFolder(folder).journal)
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
            end = find_whole_lines(view, path=path)
        if end < size:
            file.truncate(end)
    return size - end


def find_whole_lines(view: bytes | mmap.mmap, *, path: Path) -> int:
    """Where the lines end that a crash has not torn. Raises RunError for what is no journal."""
    if view[:1] not in (b"", b"{", b"\0"):
        msg = f"{path} is not a journal of Optuna; move it away, or name another --out"
        raise RunError(msg)
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
    except (ValueError, RecursionError):
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

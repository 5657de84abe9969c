"""A search seen from another process, or another machine: its journal is read, never locked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from mbscale.errors import RunError
from mbscale.results.record import Record
from mbscale.results.run_folder import RunFolder
from mbscale.search.study.journal import find_whole_lines
from mbscale.search.study.journal_checks import check_trial, parse_line
from mbscale.search.study.journal_lines import Line, StudyLines
from mbscale.search.study.lock import Owner, find_owner
from mbscale.search.study.running_trials import read_running
from mbscale.search.study.trials import read_attributes

# Of the last so many trials the throughput is taken.
_WINDOW = 50


@dataclass(frozen=True, slots=True)
class RunningView:
    """A trial that was started, and when."""

    number: int
    started: datetime | None


@dataclass(frozen=True, slots=True)
class LiveView:
    """Records in the order of their ends, without architecture and choices.

    ``driver`` is None when no process holds the folder; what is ``running`` is then
    trained when the run is resumed. ``trials_per_hour`` is the recent throughput.
    """

    records: tuple[Record, ...]
    running: tuple[RunningView, ...]
    driver: Owner | None
    trials_per_hour: float | None


class LiveReader:
    """Follows the journal of a run folder; each look reads only what is new."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = RunFolder(folder).journal
        self._offset = self._n_lines = 0
        self._studies = StudyLines()
        self._records: list[Record] = []
        self._ends: list[datetime] = []

    def look(self) -> LiveView:
        """The search as it stands. Raises RunError naming the line of a damaged journal."""
        for line in self._new_lines():
            self._take(line)
        finished = {record.number for record in self._records}
        facts = self._studies.facts.get(self._studies.ids.get("search", -1), {})
        running = [
            RunningView(trial.number, _parse_time(trial.started or None))
            for trial in read_running(facts, finished, path=self._path).values()
        ]
        return LiveView(
            tuple(self._records),
            tuple(sorted(running, key=lambda one: one.number)),
            find_owner(self._folder),
            measure_throughput(self._ends[-_WINDOW:]),
        )

    def _new_lines(self) -> Iterator[Mapping[str, Any]]:
        data = _read_from(self._path, self._offset) if self._path.exists() else b""
        # The last line may be half written, or torn by a crash.
        whole = data[: find_whole_lines(data, path=self._path)]
        self._offset += len(whole)
        for text in whole.split(b"\n")[:-1]:
            self._n_lines += 1
            yield parse_line(text, path=self._path, number=self._n_lines)

    def _take(self, entry: Mapping[str, Any]) -> None:
        self._studies.take(entry)
        study_id = self._studies.ids.get("search")
        if entry["op_code"] == Line.CREATE_TRIAL and entry["study_id"] == study_id:
            check_trial(entry, path=self._path, number=self._n_lines)
            kept = read_attributes(entry["user_attrs"], path=self._path)
            record = Record(**kept, architecture="", choices=())
            self._records.append(record)
            ended = _parse_time(entry["datetime_complete"])
            if ended is not None and record.is_evaluated:
                self._ends.append(ended)


def measure_throughput(ends: Sequence[datetime]) -> float | None:
    """Trials an hour from when they ended; pauses ten times longer than usual do not count.

    None for fewer than two.
    """
    gaps = sorted((after - before).total_seconds() for before, after in pairwise(ends))
    if not gaps:
        return None
    usual = gaps[len(gaps) // 2]
    counted = [gap for gap in gaps if gap <= 10 * usual]
    seconds = sum(counted)
    return 3600 * len(counted) / seconds if seconds > 0 else None


def _read_from(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read()
    except OSError as failure:
        msg = f"{path} cannot be read: {failure.strerror}"
        raise RunError(msg) from failure


def _parse_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)

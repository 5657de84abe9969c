"""A search seen from another process, or another machine: its journal is read, never locked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from mbscale.results.record import Record
from mbscale.search.study.journal import JOURNAL_NAME
from mbscale.search.study.journal_lines import Line, StudyLines
from mbscale.search.study.lock import Owner, find_owner
from mbscale.search.study.trials import RECORD_ATTRIBUTES, is_evaluated

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
        self._offset = 0
        self._studies = StudyLines()
        self._records: list[Record] = []
        self._ends: list[datetime] = []

    def look(self) -> LiveView:
        """The search as it stands."""
        for line in self._new_lines():
            self._take(json.loads(line))
        finished = {record.number for record in self._records}
        facts = self._studies.facts.get(self._studies.ids.get("search", -1), {})
        running = [
            RunningView(fact["number"], _parse_time(fact.get("started")))
            for name, fact in sorted(facts.items())
            if name.startswith("running_") and fact["number"] not in finished
        ]
        return LiveView(
            tuple(self._records),
            tuple(sorted(running, key=lambda one: one.number)),
            find_owner(self._folder),
            measure_throughput(self._ends[-_WINDOW:]),
        )

    def _new_lines(self) -> Sequence[bytes]:
        path = self._folder / JOURNAL_NAME
        if not path.exists():
            return []
        with path.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        # The last line may be half written, or torn by a crash.
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole.splitlines()

    def _take(self, entry: Mapping[str, Any]) -> None:
        self._studies.take(entry)
        study_id = self._studies.ids.get("search")
        if entry["op_code"] == Line.CREATE_TRIAL and entry["study_id"] == study_id:
            kept = {name: entry["user_attrs"].get(name) for name in RECORD_ATTRIBUTES}
            record = Record(**kept, architecture="", choices=())
            self._records.append(record)
            ended = _parse_time(entry["datetime_complete"])
            if ended is not None and is_evaluated(record):
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


def _parse_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)

import json
import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_search import SyntheticEvaluator, make_task, search

from mbscale.results.record import Record
from mbscale.results.run_folder import JOURNAL_NAME
from mbscale.search.study.live_view import LiveReader, LiveView, measure_throughput
from mbscale.search.study.lock import LOCK_NAME, Owner

START = datetime(2026, 1, 1, tzinfo=UTC)


def numbers(view: LiveView) -> list[int]:
    return [record.number for record in view.records]


def test_a_reader_sees_each_record_as_soon_as_it_counts(tmp_path: Path) -> None:
    reader, seen = LiveReader(tmp_path), list[LiveView]()

    def look(_record: Record, _records: Sequence[Record]) -> None:
        seen.append(reader.look())

    outcome = search(make_task(n_trials=5), tmp_path, on_record=look)

    assert [numbers(view)[-1] for view in seen] == numbers(seen[-1])
    assert numbers(seen[-1]) == [record.number for record in outcome.records]
    assert [one.reward for one in seen[-1].records] == [one.reward for one in outcome.records]


def test_the_driver_is_named_while_it_runs_and_not_after(tmp_path: Path) -> None:
    reader, seen = LiveReader(tmp_path), list[LiveView]()

    def look(_record: Record, _records: Sequence[Record]) -> None:
        seen.append(reader.look())

    search(make_task(n_trials=1), tmp_path, on_record=look)

    assert seen[0].driver == Owner(socket.gethostname(), os.getpid())
    assert reader.look().driver is None


def test_a_driver_that_stopped_touching_its_lock_is_gone(tmp_path: Path) -> None:
    lock = tmp_path / LOCK_NAME
    lock.write_text('{"host": "elsewhere", "pid": 1}')
    assert LiveReader(tmp_path).look().driver == Owner("elsewhere", 1)

    before = lock.stat().st_mtime - 120
    os.utime(lock, (before, before))

    assert LiveReader(tmp_path).look().driver is None


def test_a_trial_that_was_running_is_shown_with_its_start(tmp_path: Path) -> None:
    evaluator = SyntheticEvaluator(log=tmp_path / "calls", interrupt_at=3)
    outcome = search(make_task(), tmp_path, evaluator)

    view = LiveReader(tmp_path).look()

    assert outcome.status == "interrupted"
    assert [one.number for one in view.running] == [2]
    assert view.running[0].started is not None
    assert abs(view.running[0].started - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_line_that_is_being_written_waits_for_its_end(tmp_path: Path) -> None:
    search(make_task(n_trials=2), tmp_path)
    path = tmp_path / JOURNAL_NAME
    whole = path.read_bytes()
    reader = LiveReader(tmp_path)
    path.write_bytes(whole[:-10])
    before = numbers(reader.look())
    path.write_bytes(whole)

    assert before == [0]
    assert numbers(reader.look()) == [0, 1]
    assert json.loads(whole.splitlines()[-1])["user_attrs"]["number"] == 1


def test_a_folder_without_a_journal_holds_nothing(tmp_path: Path) -> None:
    view = LiveReader(tmp_path).look()

    assert (view.records, view.running, view.trials_per_hour) == ((), (), None)


@given(st.integers(2, 50), st.floats(0.1, 1000))
def test_equal_gaps_give_their_rate(n_ends: int, seconds: float) -> None:
    ends = [START + timedelta(seconds=seconds * i) for i in range(n_ends)]

    assert measure_throughput(ends) == pytest.approx(3600 / seconds, rel=1e-3)


def test_a_pause_between_two_sessions_does_not_count() -> None:
    ends = [START + timedelta(seconds=10 * i) for i in range(6)]
    resumed = [one + timedelta(days=1) for one in ends]

    assert measure_throughput([*ends, *resumed]) == pytest.approx(360)


def test_one_end_has_no_rate() -> None:
    assert measure_throughput([START]) is None

import os
import resource
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState, create_trial
from synthetic_search import make_task, search

from mbscale.errors import RunError
from mbscale.results.run_folder import JOURNAL_NAME
from mbscale.search.study.journal import (
    Direction,
    Journal,
    cut_torn_tail,
    open_journal,
)

LINES = b'{"a": 1}\n{"b": [2, 3]}\n'


@pytest.mark.parametrize("n_cut", range(len(LINES)))
def test_a_journal_cut_at_any_byte_keeps_its_whole_lines(tmp_path: Path, n_cut: int) -> None:
    path = tmp_path / "journal"
    torn = LINES[: len(LINES) - n_cut]
    path.write_bytes(torn)
    whole = LINES[: torn.rfind(b"\n") + 1]

    assert cut_torn_tail(path) == len(torn) - len(whole)
    assert path.read_bytes() == whole


@given(st.binary(max_size=40))
def test_whatever_a_crash_leaves_after_whole_lines_those_are_kept(
    tmp_path_factory: pytest.TempPathFactory, rest: bytes
) -> None:
    path = tmp_path_factory.mktemp("torn") / "journal"
    path.write_bytes(LINES + rest)

    cut_torn_tail(path)

    assert path.read_bytes().startswith(LINES)
    assert cut_torn_tail(path) == 0


def test_zeros_after_a_power_cut_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(LINES + b"\0" * 5000 + b"\n" + b"\0" * 100)

    assert cut_torn_tail(path) == 5101


def test_a_file_that_is_no_journal_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL_NAME
    path.write_bytes(b"my thesis")

    with pytest.raises(RunError, match="is not a journal of Optuna"):
        Journal(path)
    assert path.read_bytes() == b"my thesis"


def test_damage_in_the_middle_is_not_cut_but_told(tmp_path: Path) -> None:
    search(make_task(n_trials=2), tmp_path)
    path = tmp_path / JOURNAL_NAME
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b"{damage}\n", *lines[2:]]))

    with pytest.raises(RunError, match="is damaged in line 3: it is not JSON"):
        Journal(path)


def test_optuna_opens_the_journal_with_all_trials(tmp_path: Path) -> None:
    outcome = search(make_task(n_trials=5), tmp_path)
    storage = JournalStorage(JournalFileBackend(str(tmp_path / JOURNAL_NAME)))
    study = optuna.load_study(study_name="search", storage=storage)

    assert len(study.trials) == len(outcome.records)
    assert outcome.best is not None
    assert study.best_value == outcome.best.reward
    assert study.best_trial.user_attrs["macs"] == outcome.best.macs


@pytest.mark.parametrize("directions", [["maximize"], ["maximize", "minimize"]])
def test_trials_are_read_and_written_as_by_optuna(
    tmp_path: Path, directions: list[Direction]
) -> None:
    path = tmp_path / JOURNAL_NAME
    trial = create_trial(
        values=[0.25, 7.0][: len(directions)],
        params={"a": 3, "b": "x"},
        distributions={"a": IntDistribution(0, 5), "b": CategoricalDistribution(["x", "y"])},
        user_attrs={"key": [1, None]},
        system_attrs={"noted": True},
        intermediate_values={1: 0.5, 2: 0.75},
        constraints={"max_macs": -0.5},
    )
    failed = create_trial(state=TrialState.FAIL)
    storage = JournalStorage(JournalFileBackend(str(path)))
    theirs = optuna.create_study(storage=storage, study_name="search", directions=directions)
    theirs.add_trials([trial, failed])
    ours = Journal(path).open_study("search", directions)
    ours.append(trial)
    ours.append(failed)
    ours.set_fact("begun", {"seed": 1})

    read = optuna.load_study(
        study_name="search", storage=JournalStorage(JournalFileBackend(str(path)))
    )
    assert [describe(one) for one in read.trials] == 2 * [describe(trial), describe(failed)]
    assert [describe(one) for one in ours.read_trials()] == [describe(one) for one in read.trials]
    assert read.user_attrs == ours.read_facts() == {"begun": {"seed": 1}}
    assert [one.name.lower() for one in read.directions] == directions


def test_studies_that_others_make_and_delete_meanwhile_change_no_number(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL_NAME
    ours = Journal(path)
    others = JournalStorage(JournalFileBackend(str(path)))
    optuna.create_study(storage=others, study_name="a")
    optuna.create_study(storage=others, study_name="search").set_user_attr("old", 1)
    optuna.delete_study(storage=others, study_name="search")

    study = ours.open_study("search", ["maximize"])
    study.append(create_trial(value=0.5))
    study.set_fact("new", 2)

    read = optuna.load_study(study_name="search", storage=others)
    assert [one.value for one in read.trials] == [0.5]
    assert read.user_attrs == {"new": 2}
    again = Journal(path).open_study("search", ["maximize"])
    assert again.read_facts() == study.read_facts() == {"new": 2}
    assert [one.value for one in again.read_trials()] == [0.5]


def test_a_trial_of_another_program_is_told(tmp_path: Path) -> None:
    search(make_task(n_trials=2), tmp_path)
    others = JournalStorage(JournalFileBackend(str(tmp_path / JOURNAL_NAME)))
    optuna.load_study(study_name="search", storage=others).ask()

    with pytest.raises(RunError, match="holds a trial of another program"):
        search(make_task(n_trials=3), tmp_path)


def describe(trial: FrozenTrial) -> dict[str, Any]:
    return {
        name: getattr(trial, name)
        for name in (
            "state", "values", "params", "distributions", "user_attrs", "system_attrs",
            "intermediate_values", "datetime_start", "datetime_complete", "constraints",
        )
    }  # fmt: skip


def test_a_write_lock_left_by_a_killed_process_does_not_stop_the_next(tmp_path: Path) -> None:
    search(make_task(n_trials=2), tmp_path)
    lock = tmp_path / f"{JOURNAL_NAME}.lock"
    lock.symlink_to(tmp_path / JOURNAL_NAME)

    with open_journal(tmp_path):
        assert not os.path.lexists(lock)


def test_a_torn_tail_is_told(tmp_path: Path) -> None:
    search(make_task(n_trials=2), tmp_path)
    with (tmp_path / JOURNAL_NAME).open("ab") as file:
        file.write(b'{"op_co')

    outcome = search(make_task(n_trials=2), tmp_path)

    assert "the last 7 bytes of" in outcome.messages[0]


@contextmanager
def limit_file_size(n_bytes: int) -> Generator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_ends_with_a_sentence_and_what_was_saved_counts(tmp_path: Path) -> None:
    task = make_task(n_trials=20)
    whole = search(task, tmp_path / "whole")
    folder = tmp_path / "full"
    size = (tmp_path / "whole" / JOURNAL_NAME).stat().st_size

    with limit_file_size(size // 2), pytest.raises(RunError, match="cannot be written: File too"):
        search(task, folder)

    assert search(task, folder).records == whole.records


def test_a_folder_that_cannot_be_written_ends_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be written"), open_journal(tmp_path / "missing"):
        pass

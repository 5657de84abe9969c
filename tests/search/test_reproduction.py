from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from synthetic_search import OBJECTIVE, SyntheticEvaluator, make_task, search

from mbscale.errors import ConfigError, RunError
from mbscale.results.tables import COLUMNS, read_records
from mbscale.search.reproduction import check_record, reproduce_trial


def test_every_trained_trial_comes_out_the_same(tmp_path: Path) -> None:
    task = make_task("random", n_trials=8)
    evaluator = SyntheticEvaluator(fails_above=60_000)
    records = search(task, tmp_path, evaluator).records

    for record in records:
        assert all(one.is_same for one in reproduce_trial(task, record, evaluator))


def test_a_number_that_was_changed_is_found(tmp_path: Path) -> None:
    task = make_task(n_trials=1)
    record = search(task, tmp_path).records[0]
    assert record.accuracy is not None
    changed = replace(record, accuracy=record.accuracy + 1e-12)

    found = reproduce_trial(task, changed, SyntheticEvaluator())

    assert [one.name for one in found if not one.is_same] == ["accuracy"]


def test_a_trial_that_was_not_trained_cannot_be_reproduced(tmp_path: Path) -> None:
    task = make_task("random", objective=replace(OBJECTIVE, max_macs=1.0))
    record = search(task, tmp_path).records[0]

    with pytest.raises(ConfigError, match=r"trial 0 is infeasible .* was not trained"):
        reproduce_trial(task, record, SyntheticEvaluator())


def drop_last(text: str) -> str:
    return "".join(f"{line.rpartition(',')[0]}\n" for line in text.splitlines())


def rename(text: str) -> str:
    return text.replace("stage1", "stage9")


def add_column(text: str) -> str:
    header, *rest = text.splitlines()
    return "\n".join([f"{header},more", *(f"{line},7" for line in rest)])


def put(column: str, value: str) -> Callable[[str], str]:
    """The table with another value in the first trial."""

    def damage(text: str) -> str:
        header, first, *rest = text.splitlines()
        cells = dict(zip(header.split(","), first.split(","), strict=True)) | {column: value}
        return "\n".join([header, ",".join(cells.values()), *rest])

    return damage


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (put("stage2_kernel_size", "9"), "stage2_kernel_size must be one of 3, 5; got 9"),
        (put("stage2_kernel_size", ""), "stage2_kernel_size is missing"),
        (drop_last, "stage3_depth is missing"),
        (put("seed", "9" * 26), "seed must be from 0 to 4294967295; got 9999"),
        (put("seed", "-1"), "seed must be from 0 to 4294967295; got -1"),
        (rename, "stage1_operator is missing"),
        (add_column, "the space small does not choose more"),
    ],
    ids=["no option", "emptied", "no last column", "huge", "negative", "renamed", "one more"],
)
def test_a_record_that_the_search_cannot_give_is_one_sentence(
    tmp_path: Path, damage: Callable[[str], str], sentence: str
) -> None:
    task, path = make_task("random", n_trials=1), tmp_path / "trials.csv"
    search(task, tmp_path)
    path.write_text(damage(path.read_text("utf-8")), "utf-8")
    [record] = read_records(path)

    with pytest.raises(RunError, match=f"^here: {sentence}"):
        check_record(task, record, where="here")


def test_choices_are_found_by_name_wherever_their_column_stands(tmp_path: Path) -> None:
    task, path = make_task("random", n_trials=1), tmp_path / "trials.csv"
    search(task, tmp_path)
    rows = [line.split(",") for line in path.read_text("utf-8").splitlines()]
    n_fixed = len(COLUMNS)
    turned = [[*row[:n_fixed], *reversed(row[n_fixed:])] for row in rows]
    path.write_text("\n".join(map(",".join, turned)), "utf-8")
    [record] = read_records(path)

    check_record(task, record, where="here")
    assert all(one.is_same for one in reproduce_trial(task, record, SyntheticEvaluator()))

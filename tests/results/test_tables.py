import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbscale.errors import RunError
from mbscale.results.record import Record
from mbscale.results.tables import COLUMNS, read_records, write_pareto, write_trials

finite = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 2**62)
text = st.text(st.characters(codec="utf-8"), max_size=20)
labels = st.sampled_from(["ds", "mbconv3", "identity", "none", "=ds", "'=ds", "a,b", 'a"b'])

RECORD = Record(
    number=3, state="complete", key="00ab", architecture="ds_r1_k3_s1_e1_c16|ir_r2_k3_s2_e6_c24",
    choices=(("stage1_operator", "ds"), ("stage1_width", 16), ("stage1_se_ratio", 0.25)),
    macs=385_814_752, params=5_288_548, activations=6_700_000, accuracy=0.875, log_loss=0.25,
    reward=0.8, seconds=12.5, epochs=3, seed=7, reason="",
)  # fmt: skip
FAILED = replace(
    RECORD, number=4, state="failed", accuracy=None, log_loss=None, reward=None, seconds=None,
    epochs=None, reason="loss is NaN after epoch 1",
)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> tuple[Record, ...]:
    names = draw(
        st.lists(st.text(string.ascii_uppercase, min_size=1, max_size=4), unique=True, max_size=4)
    )
    choices = st.tuples(*[st.tuples(st.just(name), counts | finite | labels) for name in names])
    special: dict[str, st.SearchStrategy[Any]] = {
        "key": text, "architecture": text, "reason": text, "choices": choices | st.just(()),
    }  # fmt: skip
    record = st.builds(
        Record,
        **special,
        accuracy=st.none() | finite, log_loss=st.none() | finite, reward=st.none() | finite,
        seconds=st.none() | finite, epochs=st.none() | counts,
        number=counts, macs=counts, params=counts, activations=counts, seed=counts,
    )  # fmt: skip
    return tuple(draw(st.lists(record, max_size=5)))


@given(tables())
def test_reading_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, records: tuple[Record, ...]
) -> None:
    path = tmp_path_factory.getbasetemp() / "law.csv"
    write_trials(path, records)

    assert read_records(path) == records


def test_a_table_from_before_peak_memory_was_counted_is_read(tmp_path: Path) -> None:
    path = tmp_path / "trials.csv"
    write_trials(path, [replace(RECORD, peak_memory=1_505_280)])
    assert read_records(path)[0].peak_memory == 1_505_280
    frame = pd.read_csv(path).drop(columns="peak_memory")
    frame.to_csv(path, index=False)

    assert read_records(path) == (RECORD,)


def test_every_choice_is_a_column_after_the_named_ones(tmp_path: Path) -> None:
    write_trials(tmp_path / "trials.csv", [RECORD, FAILED])
    table = pd.read_csv(tmp_path / "trials.csv")

    assert list(table) == [*COLUMNS, "stage1_operator", "stage1_width", "stage1_se_ratio"]
    assert list(table["stage1_operator"]) == ["ds", "ds"]


def test_pandas_sees_ints_as_ints_and_missing_as_missing(tmp_path: Path) -> None:
    write_trials(tmp_path / "trials.csv", [RECORD, FAILED])
    table = pd.read_csv(tmp_path / "trials.csv", dtype_backend="numpy_nullable")

    ints = ["number", "macs", "params", "activations", "epochs", "seed", "stage1_width"]
    assert {str(table[name].dtype) for name in ints} == {"Int64"}
    assert list(table["macs"]) == [385_814_752] * 2
    assert table["accuracy"].isna().tolist() == [False, True]
    assert table["epochs"].isna().tolist() == [False, True]
    assert table["reason"].isna().tolist() == [True, False]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "'="])
def test_no_text_begins_as_a_formula(tmp_path: Path, start: str) -> None:
    failed = replace(FAILED, reason=f"{start}HYPERLINK(1)")
    write_trials(tmp_path / "trials.csv", [failed])
    cell = pd.read_csv(tmp_path / "trials.csv")["reason"][0]

    assert cell.startswith("'")
    assert read_records(tmp_path / "trials.csv") == (failed,)


def test_a_negative_number_stays_a_number(tmp_path: Path) -> None:
    write_trials(tmp_path / "trials.csv", [replace(RECORD, reward=-0.5)])

    assert pd.read_csv(tmp_path / "trials.csv")["reward"][0] == -0.5


def test_text_that_is_no_unicode_is_written_readably(tmp_path: Path) -> None:
    write_trials(tmp_path / "trials.csv", [replace(FAILED, reason="cannot open \udcff.png")])

    assert read_records(tmp_path / "trials.csv")[0].reason == "cannot open \\udcff.png"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_nan_and_infinity_are_refused_by_column(tmp_path: Path, value: float) -> None:
    with pytest.raises(ValueError, match="column reward: a cell holds a finite number"):
        write_trials(tmp_path / "trials.csv", [replace(RECORD, reward=value)])
    assert not (tmp_path / "trials.csv").exists()


@pytest.mark.parametrize("value", ["", "3", "0.5", " 7 "])
def test_a_label_that_would_come_back_as_another_value_is_refused(
    tmp_path: Path, value: str
) -> None:
    with pytest.raises(ValueError, match="choice width: a text must not"):
        write_trials(tmp_path / "trials.csv", [replace(RECORD, choices=(("width", value),))])


def test_choices_of_two_spaces_are_refused(tmp_path: Path) -> None:
    other = replace(RECORD, choices=(("width", 1),))

    with pytest.raises(ValueError, match="two search spaces"):
        write_trials(tmp_path / "trials.csv", [RECORD, other])


@pytest.mark.parametrize("names", [("macs",), ("width", "width")])
def test_a_choice_that_takes_the_name_of_a_column_is_refused(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    record = replace(RECORD, choices=tuple((name, 1) for name in names))

    with pytest.raises(ValueError, match="a choice needs a name of its own"):
        write_trials(tmp_path / "trials.csv", [record])


def test_the_front_stands_best_accuracy_first(tmp_path: Path) -> None:
    small = replace(RECORD, number=5, accuracy=0.5, macs=1)
    beaten = replace(RECORD, number=6, accuracy=0.4, macs=2)
    write_pareto(tmp_path / "pareto.csv", [FAILED, small, beaten, RECORD])

    assert read_records(tmp_path / "pareto.csv") == (RECORD, small)


def test_a_table_without_trials_has_its_columns(tmp_path: Path) -> None:
    write_trials(tmp_path / "trials.csv", [])

    assert read_records(tmp_path / "trials.csv") == ()
    assert list(pd.read_csv(tmp_path / "trials.csv")) == list(COLUMNS)


def spoil(path: Path, old: str, new: str) -> None:
    write_trials(path, [RECORD])
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("385814752", "many", "line 2, column macs: 'many' is not a whole number"),
        ("complete", "done", "line 2, column state: 'done' is none of complete, failed"),
        ("0.875", "nan", "line 2, column accuracy: 'nan' is not a finite number"),
        ("12.5,", "12.5;", "line 2 has 18 cells under 19 column names"),
        ("accuracy", "acc", "must begin with the columns number, state"),
        ("ds_r1", '"ds_r1', "cannot be read: "),
        ("stage1_se_ratio", "stage1_width", "has two columns of one name"),
    ],
)
def test_a_spoilt_table_is_one_sentence(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    spoil(tmp_path / "trials.csv", old, new)

    with pytest.raises(RunError, match=sentence):
        read_records(tmp_path / "trials.csv")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"PK\x03\x04"])
def test_a_file_that_is_no_table_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "trials.csv").write_bytes(content)

    with pytest.raises(RunError, match=r"trials\.csv"):
        read_records(tmp_path / "trials.csv")


def test_a_missing_table_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"trials\.csv cannot be read: No such file or directory"):
        read_records(tmp_path / "trials.csv")


def test_what_a_spreadsheet_has_saved_again_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "trials.csv"
    write_trials(path, [RECORD, FAILED])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))

    assert read_records(path) == (RECORD, FAILED)

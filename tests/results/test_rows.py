from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mbscale.errors import RunError
from mbscale.results.rows import read_rows, write_rows


@dataclass(frozen=True, slots=True)
class Candidate:
    name: str
    alpha: float
    macs: int
    accuracy: float | None
    is_control: bool
    kind: Literal["grid", "control"] = "grid"


@dataclass(frozen=True, slots=True)
class Single:
    value: int | None


@dataclass(frozen=True, slots=True)
class Nested:
    widths: tuple[int, ...]


finite = st.floats(allow_nan=False, allow_infinity=False)
candidates = st.builds(
    Candidate,
    name=st.text(st.characters(codec="utf-8")),
    alpha=finite,
    accuracy=st.none() | finite,
    macs=st.integers(),
)
B1 = Candidate(name="b1", alpha=1.2, macs=5, accuracy=None, is_control=False)


@given(st.lists(candidates, max_size=5))
@example([replace(B1, name="a\rb"), replace(B1, name='a,"b"\n')])
def test_reading_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Candidate]
) -> None:
    path = tmp_path_factory.getbasetemp() / "rows.csv"
    write_rows(path, rows, Candidate)

    assert read_rows(path, Candidate) == tuple(rows)


def test_columns_are_the_fields_in_their_order(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.csv", [B1], Candidate)
    table = pd.read_csv(tmp_path / "rows.csv")

    assert list(table) == ["name", "alpha", "macs", "accuracy", "is_control", "kind"]
    assert table["is_control"].dtype == bool


def test_a_missing_value_in_an_only_column_is_a_row(tmp_path: Path) -> None:
    rows = (Single(1), Single(None), Single(3))
    write_rows(tmp_path / "rows.csv", rows, Single)

    assert read_rows(tmp_path / "rows.csv", Single) == rows


def test_columns_of_another_kind_are_refused(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.csv", [B1], Candidate)

    with pytest.raises(RunError, match="must have the columns value; it has name, alpha"):
        read_rows(tmp_path / "rows.csv", Single)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("False", "no", "column is_control: 'no' is neither True nor False"),
        ("1.2", "inf", "column alpha: 'inf' is not a finite number"),
        ("grid", "mesh", "column kind: 'mesh' is none of grid, control"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    path = tmp_path / "rows.csv"
    write_rows(path, [B1], Candidate)
    path.write_text(path.read_text().replace(old, new))

    with pytest.raises(RunError, match=f"line 2, {sentence}"):
        read_rows(path, Candidate)


def test_a_field_that_is_no_cell_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="column widths: a cell holds"):
        write_rows(tmp_path / "rows.csv", [Nested((1, 2))], Nested)

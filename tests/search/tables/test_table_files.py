"""Tables that users bring: every cell is right, or one sentence says where it is not."""

from pathlib import Path

import pytest
from synthetic_tables import (
    ACCEL_HEADER,
    MACRO_HEADER,
    list_accel_lines,
    list_macro_lines,
    write_csv,
)

from mbscale.errors import ConfigError, DataError
from mbscale.search.tables.recorded_tables import read_table

WRONG_ACCURACIES = ["inf", "nan", "", "high", "100.1", "-0.1"]
WRONG_BLOCKS = ["7", "-1", "1.5", "", "none"]
WRONG_COUNTS = ["0", "-5", "nan", "inf", "", "1e18", "1.5"]


def write_accel(folder: Path, *, line: int, column: str, text: str) -> Path:
    lines = list_accel_lines(8)
    lines[line - 2][ACCEL_HEADER.index(column)] = text
    return write_csv(folder / "table.csv", ACCEL_HEADER, lines)


def write_macro(folder: Path, *, line: int, column: str, text: str) -> Path:
    lines = list_macro_lines()
    lines[line - 2][MACRO_HEADER.index(column)] = text
    return write_csv(folder / "table.csv", MACRO_HEADER, lines)


@pytest.mark.parametrize("text", WRONG_ACCURACIES)
def test_a_wrong_accuracy_is_named_with_its_line_and_column(tmp_path: Path, text: str) -> None:
    accel = write_accel(tmp_path, line=4, column="val_top1", text=text)

    with pytest.raises(ConfigError, match=f"line 4, column val_top1: .* got '{text}'"):
        read_table(accel, truth="recorded")

    macro = write_csv(
        tmp_path / "macro.csv", MACRO_HEADER, [[*"00000000", "1", "1", "9", text, "9"]]
    )
    with pytest.raises(ConfigError, match=f"line 2, column acc1: .* got '{text}'"):
        read_table(macro, truth="recorded")


@pytest.mark.parametrize("text", WRONG_BLOCKS)
def test_a_wrong_block_is_named_with_its_line_and_column(tmp_path: Path, text: str) -> None:
    accel = write_accel(tmp_path, line=9, column="block3_e", text=text)

    with pytest.raises(ConfigError, match=f"line 9, column block3_e: .*1, 4, 6; got '{text}'"):
        read_table(accel, truth="recorded")

    blocks = [*"0000", text, *"000"]
    macro = write_csv(tmp_path / "macro.csv", MACRO_HEADER, [[*blocks, "1", "1", "9", "9", "9"]])
    with pytest.raises(ConfigError, match=f"line 2, column b4: .*0, 1, 2; got '{text}'"):
        read_table(macro, truth="recorded")


@pytest.mark.parametrize("column", ["params", "flops"])
@pytest.mark.parametrize("text", WRONG_COUNTS)
def test_a_wrong_count_is_named_with_its_line_and_column(
    tmp_path: Path, column: str, text: str
) -> None:
    cells = dict.fromkeys(MACRO_HEADER, "1") | {column: text}
    macro = write_csv(tmp_path / "macro.csv", MACRO_HEADER, [list(cells.values())])

    with pytest.raises(ConfigError, match=f"line 2, column {column}: .* got '{text}'"):
        read_table(macro, truth="recorded")


@pytest.mark.parametrize("line", [2, 3, 700])
def test_a_count_that_contradicts_all_others_is_named(tmp_path: Path, line: int) -> None:
    macro = write_macro(tmp_path, line=line, column="params", text="99999")

    with pytest.raises(DataError, match=f"line {line}, column params: .* got 99999"):
        read_table(macro, truth="recorded")


def test_blocks_that_take_parameters_away_are_refused(tmp_path: Path) -> None:
    lines = list_macro_lines()
    for cells in lines:
        cells[MACRO_HEADER.index("params")] = str(500 - sum(map(int, cells[:8])))
    macro = write_csv(tmp_path / "table.csv", MACRO_HEADER, lines)

    with pytest.raises(DataError, match=r"line 3, column params: must be at least 500"):
        read_table(macro, truth="recorded")


def test_a_macro_table_that_ends_too_early_says_how_many_are_missing(tmp_path: Path) -> None:
    macro = write_csv(tmp_path / "table.csv", MACRO_HEADER, list_macro_lines()[:6000])

    with pytest.raises(DataError, match="561 are missing"):
        read_table(macro, truth="recorded")


def test_a_file_that_was_cut_within_a_line_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "table.csv", MACRO_HEADER, list_macro_lines()[:9])
    path.write_text(path.read_text()[:-8])

    with pytest.raises(ConfigError, match="line 10 has 11 cells under 13 column names"):
        read_table(path, truth="recorded")


def test_a_table_needs_two_networks(tmp_path: Path) -> None:
    lines = list_accel_lines(1) * 3
    path = write_csv(tmp_path / "table.csv", ACCEL_HEADER, lines)

    with pytest.raises(DataError, match=r"too few distinct networks: 1 .* at least 2"):
        read_table(path, truth="recorded")


def test_of_a_network_that_is_recorded_twice_the_first_record_counts(tmp_path: Path) -> None:
    accel, macro = list_accel_lines(8), list_macro_lines()
    again = (
        [[*cells[:-1], "1"] for cells in accel],
        [[*cells[:-3], "1", "1", "1"] for cells in macro],
    )
    once = write_csv(tmp_path / "a.csv", ACCEL_HEADER, accel)
    twice = write_csv(tmp_path / "b.csv", ACCEL_HEADER, [*accel, *again[0]])
    macro_once = write_csv(tmp_path / "c.csv", MACRO_HEADER, macro)
    macro_twice = write_csv(tmp_path / "d.csv", MACRO_HEADER, [*macro, *again[1]])

    for first, second in ((once, twice), (macro_once, macro_twice)):
        left, right = (read_table(path, truth="recorded") for path in (first, second))
        assert (left.recorded == right.recorded).all()
        assert (left.true_accuracy(left.recorded) == right.true_accuracy(left.recorded)).all()

"""Frozen dataclasses as the rows of a CSV file, and back."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from mbscale.errors import RunError
from mbscale.results.cells import Cell, format_cell, parse_cell
from mbscale.results.files import replace_file

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = TypeVar("Row", bound="DataclassInstance")


def write_rows(path: Path, rows: Sequence[Row], kind: type[Row]) -> None:
    """Write one line a row below the field names of ``kind``; fields are numbers or text."""
    names = [field.name for field in fields(kind)]
    write_table(path, names, [[getattr(row, name) for name in names] for row in rows])


def read_rows(path: Path, kind: type[Row]) -> tuple[Row, ...]:
    """The rows that ``write_rows`` has written. Raises RunError naming the line and the column."""
    header, lines = read_table(path)
    names = [field.name for field in fields(kind)]
    if header != names:
        msg = f"{path} must have the columns {', '.join(names)}; it has {', '.join(header)}"
        raise RunError(msg)
    kinds = get_type_hints(kind)
    rows: list[Row] = []
    for line, cells in lines:
        values = {
            name: parse_named(path, line, name, text, kinds[name])
            for name, text in zip(names, cells, strict=True)
        }
        rows.append(kind(**values))
    return tuple(rows)


def parse_named(path: Path, line: int, column: str, text: str, kind: Any) -> Any:
    """The value in a cell. Raises RunError naming file, line and column."""
    try:
        return parse_cell(text, kind)
    except ValueError as failure:
        msg = f"{path} line {line}, column {column}: {failure}"
        raise RunError(msg) from failure


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Replace a CSV file whole. Raises ValueError naming the column of a value that is no cell."""
    lines = [header, *([_format(*pair) for pair in zip(header, row, strict=True)] for row in rows)]
    # An empty line would be no row.
    text = [",".join(map(_quote, line)) or '""' for line in lines]
    replace_file(path, "\n".join(text) + "\n")


def read_table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The column names and, with its line number, each row of a CSV file.

    Raises RunError where the file cannot be read or a row is too long or too short.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        table = [(reader.line_num, row) for row in reader if row]
    except (OSError, UnicodeDecodeError, csv.Error) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else failure
        msg = f"{path} cannot be read: {reason}"
        raise RunError(msg) from failure
    header = table[0][1] if table else []
    for line, row in table:
        if len(row) != len(header):
            msg = f"{path} line {line} has {len(row)} cells under {len(header)} column names"
            raise RunError(msg)
    return header, table[1:]


def _format(column: str, value: Cell) -> str:
    try:
        return format_cell(value)
    except ValueError as failure:
        msg = f"column {column}: {failure}"
        raise ValueError(msg) from failure


def _quote(text: str) -> str:
    # Unlike csv.writer, quotes a carriage return too, which csv.reader takes for the end of a row.
    needs_quotes = any(mark in text for mark in ',"\r\n')
    return '"' + text.replace('"', '""') + '"' if needs_quotes else text

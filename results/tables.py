"""trials.csv and pareto.csv: one row a trial, one column a choice."""

from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any, get_type_hints

from mbscale.errors import RunError
from mbscale.results.cells import Cell, parse_number_or_text
from mbscale.results.pareto import pareto_records
from mbscale.results.record import Record
from mbscale.results.rows import parse_named, read_table, write_table

# What a reader looks for first stands first; the choices follow.
COLUMNS = (
    "number", "state", "architecture", "accuracy", "log_loss", "score", "reward", "macs",
    "params", "activations", "peak_memory", "seconds", "epochs", "seed", "key", "reason",
)  # fmt: skip

# A table from before peak memory was counted can still be read.
_EARLIER = tuple(column for column in COLUMNS if column != "peak_memory")

assert {*COLUMNS, "choices"} == {field.name for field in fields(Record)}


def write_trials(path: Path, records: Sequence[Record]) -> None:
    """Write every record, in the order given.

    Raises ValueError where records do not share their choices, and on what no cell can hold.
    """
    names = _choice_names(records)
    rows = [_row(record, names) for record in records]
    write_table(path, [*COLUMNS, *names], rows)


def write_pareto(path: Path, records: Sequence[Record]) -> None:
    """Write the records that no other beats on merit and MACs, best accuracy first."""
    write_trials(path, pareto_records(records))


def read_records(path: Path) -> tuple[Record, ...]:
    """The records that ``write_trials`` has written. Raises RunError naming line and column."""
    header, lines = read_table(path)
    found = [columns for columns in (COLUMNS, _EARLIER) if tuple(header[: len(columns)]) == columns]
    if not found:
        msg = f"{path} must begin with the columns {', '.join(COLUMNS)}"
        raise RunError(msg)
    [columns] = found
    names = header[len(columns) :]
    if len({*header}) < len(header):
        msg = f"{path} has two columns of one name: {', '.join(header)}"
        raise RunError(msg)
    return tuple(_record(path, line, row, columns, names) for line, row in lines)


def _choice_names(records: Sequence[Record]) -> tuple[str, ...]:
    """The names that all records share; a record without choices is allowed."""
    found = {tuple(name for name, _ in record.choices) for record in records if record.choices}
    if len(found) > 1:
        msg = "records of two search spaces cannot stand in one table: their choices differ"
        raise ValueError(msg)
    names = found.pop() if found else ()
    if len({*names, *COLUMNS}) < len(names) + len(COLUMNS):
        msg = f"a choice needs a name of its own, other than {', '.join(COLUMNS)}; got {names}"
        raise ValueError(msg)
    return names


def _row(record: Record, names: Sequence[str]) -> list[Cell]:
    fixed = [getattr(record, column) for column in COLUMNS]
    choices = [_choice_cell(name, value) for name, value in record.choices]
    missing = [None] * (len(names) - len(choices))
    return [*fixed, *choices, *missing]


def _choice_cell(name: str, value: float | str) -> float | str:
    if isinstance(value, str) and not _is_plain_text(value):
        msg = f"choice {name}: a text must not be empty or look like a number; got {value!r}"
        raise ValueError(msg)
    return value


@lru_cache(maxsize=1024)
def _is_plain_text(value: str) -> bool:
    # The column has no type of its own, so the text "3" would come back as the number.
    return bool(value) and isinstance(parse_number_or_text(value), str)


_KINDS: dict[str, Any] = get_type_hints(Record)


def _record(
    path: Path, line: int, row: Sequence[str], columns: Sequence[str], names: Sequence[str]
) -> Record:
    fixed = {
        column: parse_named(path, line, column, text, _KINDS[column])
        for column, text in zip(columns, row, strict=False)
    }
    choices = zip(names, row[len(columns) :], strict=True)
    return Record(
        **fixed,
        choices=tuple((name, parse_number_or_text(text)) for name, text in choices if text),
    )

"""Rows of a CSV table that others have recorded, and what stands in their cells."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mbscale.errors import ConfigError

# More than any network has; sums of a few stay exact.
_LARGEST_COUNT = 10**15


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """The cells of one line by column; whatever is wrong in one raises ConfigError."""

    path: Path
    line: int
    cells: Mapping[str, str]

    def read_whole(self, column: str) -> int:
        """A whole number, written as 6 or as 6.0."""
        number = self._read(column, "a whole number")
        if not number.is_integer():
            raise self.refuse(column, "a whole number")
        return int(number)

    def read_option(self, column: str, options: Sequence[int]) -> int:
        """One of ``options``."""
        wanted = f"one of {', '.join(map(str, options))}"
        number = self._read(column, wanted)
        if number not in options:
            raise self.refuse(column, wanted)
        return int(number)

    def read_count(self, column: str) -> int:
        """A whole number that is at least 1, such as of parameters."""
        number = self.read_whole(column)
        if not 1 <= number <= _LARGEST_COUNT:
            raise self.refuse(column, f"from 1 to {_LARGEST_COUNT:.0e}")
        return number

    def read_percent(self, column: str) -> float:
        """A percentage from 0 to 100."""
        wanted = "from 0 to 100 percent"
        percent = self._read(column, wanted)
        if not 0 <= percent <= 100:
            raise self.refuse(column, wanted)
        return percent

    def refuse(self, column: str, wanted: str) -> ConfigError:
        """The sentence that names file, line and column, what was given and what would do."""
        given = self.cells[column]
        return ConfigError(
            f"{self.path} line {self.line}, column {column}: must be {wanted}; got {given!r}"
        )

    def _read(self, column: str, wanted: str) -> float:
        try:
            return float(self.cells[column])
        except ValueError as failure:
            raise self.refuse(column, wanted) from failure


def read_rows(path: Path) -> tuple[Sequence[str], tuple[RecordedRow, ...]]:
    """The column names and at least one row, in the order of the file.

    Raises ConfigError where the file cannot be read, a column stands twice, a row is too
    long or too short, or there is none.
    """
    (_, header), *lines = _read_lines(path) or [(1, [])]
    for column in header:
        if header.count(column) > 1:
            msg = f"{path} line 1 has the column {column} more than once"
            raise ConfigError(msg)
    for line, cells in lines:
        if len(cells) != len(header):
            msg = f"{path} line {line} has {len(cells)} cells under {len(header)} column names"
            raise ConfigError(msg)
    if not lines:
        msg = f"{path} has no rows below its column names"
        raise ConfigError(msg)
    return header, tuple(
        RecordedRow(path, line, dict(zip(header, cells, strict=True))) for line, cells in lines
    )


def choose_kind(path: Path, header: Sequence[str], kinds: Mapping[str, Sequence[str]]) -> str:
    """The first kind of table, of names and their columns, whose columns are all there.

    Raises ConfigError naming the columns that are missing of the nearest kind.
    """
    missing = {kind: [one for one in kinds[kind] if one not in header] for kind in kinds}
    nearest = min(kinds, key=lambda kind: len(missing[kind]) / len(kinds[kind]))
    if not missing[nearest]:
        return nearest
    if 2 * len(missing[nearest]) > len(kinds[nearest]):
        wanted = " nor ".join(f"{', '.join(columns)} ({kind})" for kind, columns in kinds.items())
        msg = f"{path} has neither the columns {wanted}"
        raise ConfigError(msg)
    names = ", ".join(missing[nearest])
    msg = f"{path} line 1 has no column {names}, which a table of {nearest} has"
    raise ConfigError(msg)


def _read_lines(path: Path) -> list[tuple[int, list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            return [(reader.line_num, cells) for cells in reader if cells]
    except (OSError, UnicodeDecodeError, csv.Error) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else failure
        msg = f"{path} cannot be read: {reason}"
        raise ConfigError(msg) from failure

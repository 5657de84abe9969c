"""What a person sees: tables and messages, or one JSON document."""

import json
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from mbscale.errors import RunError

Cell = str | int | float | None


class OutputClosedError(Exception):
    """Nobody reads what is printed any longer, as after ``| head``."""


def print_error(message: str) -> None:
    """One line on stderr."""
    print_note(f"mbscale: {message}")


def print_note(message: str) -> None:
    """A remark for a person, on stderr, so that stdout stays readable by programs."""
    sys.stderr.write(f"{escape_controls(message)}\n")


def escape_controls(message: str) -> str:
    r"""The message in one line, though it may quote what a user wrote.

    >>> escape_controls("seed must be a number; got 'a\nb'")
    "seed must be a number; got 'a\\nb'"
    """
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in message
    )


def print_json(document: object) -> None:
    """The one JSON document of a ``--json`` command; NaN and infinity are refused."""
    print_text(json.dumps(document, indent=2, allow_nan=False))


def print_text(text: str) -> None:
    """Text on stdout as it is."""
    with _printing():
        sys.stdout.write(text if text.endswith("\n") else text + "\n")


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """A table on stdout; numbers stand to the right."""
    from rich.console import Console  # noqa: PLC0415 - slow to import, and most verbs print notes
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for index, column in enumerate(columns):
        is_number = any(isinstance(row[index], int | float) for row in rows)
        # Where there is no room, a cell takes two lines: half a number would be another number.
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*[format_cell(cell) for cell in row])
    with _printing():
        Console(soft_wrap=False, highlight=False).print(table)


@contextmanager
def _printing() -> Generator[None]:
    """Stdout is written at once. Raises OutputClosedError, or RunError where there is no room."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError as failure:
        raise OutputClosedError from failure
    except OSError as failure:
        msg = f"the output cannot be written: {failure.strerror}"
        raise RunError(msg) from failure


def format_cell(cell: Cell) -> str:
    """A cell as text: thousands apart, fractions with four digits.

    >>> format_cell(5288548), format_cell(0.91234), format_cell(None)
    ('5,288,548', '0.9123', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int):
        return f"{cell:,}"
    return f"{cell:.4g}" if abs(cell) < 1 else f"{cell:,.2f}"


def format_seconds(seconds: float) -> str:
    """A duration in its two largest units.

    >>> format_seconds(7.2), format_seconds(125), format_seconds(7500)
    ('7 s', '2 min 5 s', '2 h 5 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"

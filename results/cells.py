"""One value as the text of a CSV cell, and back.

Cells are what pandas and a spreadsheet expect: ``12``, ``0.5``, ``True``, text, or nothing.
"""

import math
import re
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

Cell = int | float | str | bool | None

# A spreadsheet takes a cell that begins like this for a formula, and may run it.
_FORMULA = re.compile(r"'*\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def format_cell(value: Cell) -> str:
    """The text of a cell; None is empty.

    Text that a spreadsheet would run as a formula gets a leading apostrophe.
    Raises ValueError on NaN and infinity.
    """
    match value:
        case None:
            return ""
        case bool():
            return str(value)
        case str():
            return _guard(value)
        case int():
            return str(int(value))
        case float() if math.isfinite(value):
            return repr(float(value))
        case _:
            msg = f"a cell holds a finite number, a text or nothing; got {value!r}"
            raise ValueError(msg)


def parse_cell(text: str, kind: Any) -> Any:
    """The value of type ``kind`` that ``format_cell`` has written.

    ``kind`` is int, float, str, bool, a Literal, or one of them ``| None``.
    Raises ValueError where the text is no such value, TypeError on any other ``kind``.
    """
    if get_origin(kind) in (Union, UnionType):
        options = [option for option in get_args(kind) if option is not NoneType]
        if len(options) == 1:
            return parse_cell(text, options[0]) if text else None
    if get_origin(kind) is Literal:
        return _parse_literal(text, get_args(kind))
    if kind not in _PARSERS:
        msg = f"a cell cannot hold {kind}"
        raise TypeError(msg)
    return _PARSERS[kind](text)


def parse_number_or_text(text: str) -> int | float | str:
    """The value of a cell whose type is not known: an int, else a finite float, else text."""
    for parse in (_parse_int, _parse_float):
        try:
            return parse(text)
        except ValueError:
            continue
    return _unguard(text)


def _guard(text: str) -> str:
    # A file name that is no Unicode can be part of a reason; the CSV is UTF-8 throughout.
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return f"'{text}" if _FORMULA.match(text) else text


def _unguard(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _parse_int(text: str) -> int:
    try:
        return int(text)
    except ValueError as failure:
        msg = f"{text!r} is not a whole number"
        raise ValueError(msg) from failure


def _parse_float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        msg = f"{text!r} is not a finite number"
        raise ValueError(msg)
    return value


def _parse_bool(text: str) -> bool:
    # A spreadsheet writes TRUE where the file said True.
    if text.lower() not in ("true", "false"):
        msg = f"{text!r} is neither True nor False"
        raise ValueError(msg)
    return text.lower() == "true"


def _parse_literal(text: str, allowed: tuple[object, ...]) -> object:
    for value in allowed:
        if str(value) == text:
            return value
    msg = f"{text!r} is none of {', '.join(str(value) for value in allowed)}"
    raise ValueError(msg)


_PARSERS: dict[Any, Callable[[str], Cell]] = {
    int: _parse_int,
    float: _parse_float,
    str: _unguard,
    bool: _parse_bool,
}

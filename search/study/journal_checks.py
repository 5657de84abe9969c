"""Whether a line of a journal can be what it says; damage is told by file and line."""

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mbscale.errors import RunError
from mbscale.search.study.journal_lines import Line

Check = Callable[[object], bool]


def parse_line(text: bytes, *, path: Path, number: int) -> dict[str, Any]:
    """The object that a line holds, counted from 1. Raises RunError where it cannot be followed."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError) as failure:
        raise make_error(path, number, "it is not JSON") from failure
    if not isinstance(line, dict) or not _is_whole(line.get("op_code")):
        raise make_error(path, number, "it holds no operation of Optuna")
    _check_fields(line, _FIELDS.get(line["op_code"], {}), path=path, number=number)
    return line


def check_trial(line: Mapping[str, Any], *, path: Path, number: int) -> None:
    """Raise RunError where a line that creates a trial does not create a finished one."""
    if "state" not in line:
        msg = f"{path} holds a trial of another program; name another --out"
        raise RunError(msg)
    _check_fields(line, _FINISHED, path=path, number=number)


def make_error(path: Path, number: int, flaw: str) -> RunError:
    """The error that says what is wrong with a line."""
    return RunError(f"{path} is damaged in line {number}: {flaw}; restore it from a copy")


def _check_fields(
    line: Mapping[str, Any], checks: Mapping[str, Check], *, path: Path, number: int
) -> None:
    for name, is_sound in checks.items():
        if name not in line:
            raise make_error(path, number, f"it has no {name}")
        if not is_sound(line[name]):
            raise make_error(path, number, f"its {name} cannot be right")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_mapping(value: object) -> bool:
    return isinstance(value, dict)


def _is_number(value: object) -> bool:
    return _is_whole(value) or (isinstance(value, float) and math.isfinite(value))


def _are_numbers(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_number, value))


def _is_curve(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_number, value.values()))


def is_time(value: object) -> bool:
    """Whether it is a time in ISO 8601."""
    try:
        return isinstance(value, str) and bool(datetime.fromisoformat(value).astimezone(UTC))
    except (ValueError, OverflowError):
        return False


def _or_none(is_sound: Check) -> Check:
    return lambda value: value is None or is_sound(value)


_FIELDS: Mapping[int, Mapping[str, Check]] = {
    Line.CREATE_STUDY: {"study_name": _is_text},
    Line.DELETE_STUDY: {"study_id": _is_whole},
    Line.SET_STUDY_ATTR: {"study_id": _is_whole, "user_attr": _is_mapping},
    Line.CREATE_TRIAL: {"study_id": _is_whole},
}
_FINISHED: Mapping[str, Check] = {
    "state": _is_whole,
    "value": _or_none(_is_number),
    "values": _or_none(_are_numbers),
    "datetime_start": _or_none(is_time),
    "datetime_complete": _or_none(is_time),
    "distributions": _is_mapping,
    "params": _is_mapping,
    "user_attrs": _is_mapping,
    "system_attrs": _is_mapping,
    "intermediate_values": _is_curve,
}

"""YAML in, frozen dataclasses out, and back; nothing unknown is ignored."""

import json
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import TypeAdapter, ValidationError

from mbscale.errors import MbscaleError
from mbscale.strict_dataclass import STRICT
from mbscale.validation_sentences import describe_failure, name_place, require_strict, shorten
from mbscale.yaml_dialect import LARGEST_INT, MAX_DEPTH, Dumper, Loader

T = TypeVar("T")
Place = tuple[int | str, ...]

_LARGEST_FILE_BYTES = 1_000_000


def read_yaml(path: Path, *, error: type[MbscaleError]) -> dict[str, Any]:
    """The mapping in a YAML file; ``error`` is raised when it cannot be read or holds none."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE_BYTES + 1)
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else "it is not UTF-8 text"
        msg = f"{path} cannot be read: {reason}"
        raise error(msg) from failure
    if len(content) > _LARGEST_FILE_BYTES:
        msg = f"{path} is larger than a megabyte, so it cannot be a file of settings"
        raise error(msg)
    return load_yaml(text, where=str(path), error=error)


def load_yaml(text: str, *, where: str, error: type[MbscaleError]) -> dict[str, Any]:
    """The mapping that a YAML text holds; ``error`` is raised when it holds none."""
    try:
        data = yaml.load(text, Loader=Loader)  # noqa: S506 - derived from SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError) as failure:
        msg = f"{where} is not readable YAML{_describe_yaml(failure)}"
        raise error(msg) from failure
    if not isinstance(data, dict):
        held = "nothing" if data is None else f"{shorten(data)} alone"
        msg = f"{where} must hold a mapping of names to values, and holds {held}"
        raise error(msg)
    return cast("dict[str, Any]", data)


def parse_strict(
    kind: type[T], data: Mapping[str, Any], *, where: str, error: type[MbscaleError]
) -> T:
    """A ``kind`` from plain data; the first thing wrong is raised as one sentence."""
    adapter = _make_adapter(cast("Any", kind))
    try:
        plain = _copy_plain(data, ())
        # Through JSON, where a list may become a tuple although nothing else is converted.
        parsed: T = adapter.validate_json(json.dumps(plain, allow_nan=False))
    except ValidationError as failure:
        msg = f"{where}: {describe_failure(failure, kind, data)}"
        raise error(msg) from failure
    except _NotPlainError as failure:
        msg = f"{where}: {failure}"
        raise error(msg) from failure
    return parsed


def dump_yaml(value: object) -> str:
    """The YAML text of a dataclass that ``load_yaml`` and ``parse_strict`` read back as equal."""
    plain = _make_adapter(cast("Any", type(value))).dump_python(value, mode="json")
    return yaml.dump(plain, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)


@cache
def _make_adapter(kind: type) -> TypeAdapter[Any]:
    require_strict(kind, STRICT)
    return TypeAdapter(kind)


class _NotPlainError(Exception):
    """A value that YAML settings cannot hold."""


def _copy_plain(value: object, place: Place) -> object:
    if len(place) > MAX_DEPTH:
        msg = f"nested more than {MAX_DEPTH} levels deep"
        raise _NotPlainError(msg)
    if isinstance(value, Mapping):
        return {
            _require_text(key, place): _copy_plain(item, (*place, str(key)))
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_copy_plain(item, (*place, index)) for index, item in enumerate(value)]
    return _require_plain(value, place)


def _require_text(key: object, place: Place) -> str:
    if not isinstance(key, str):
        msg = f"{name_place(place)} has the key {shorten(key)}, which is not a text"
        raise _NotPlainError(msg)
    _require_plain(key, place)
    return key


def _require_plain(value: object, place: Place) -> object:
    problem = ""
    match value:
        case None | bool():
            pass
        case str():
            problem = "must be valid Unicode" if _has_surrogate(value) else ""
        case int():
            problem = "" if abs(value) <= LARGEST_INT else "must be within 64 bits"
        case float():
            problem = "" if math.isfinite(value) else "must be a finite number"
        case _:
            problem = "must be a number, a text, a list or a mapping"
    if problem:
        msg = f"{name_place(place)} {problem}; got {shorten(value)}"
        raise _NotPlainError(msg)
    return value


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _describe_yaml(failure: Exception) -> str:
    mark = getattr(failure, "problem_mark", None)
    line = f" at line {mark.line + 1}" if mark else ""
    problem = getattr(failure, "problem", None) or str(failure).partition("\n")[0]
    if problem == "but found another document":
        problem = "it holds more than one document"
    if "'\\t'" in problem:
        problem = "a tab cannot indent; use spaces"
    return f"{line}: {' '.join(problem.split()) or 'nested too deep'}"

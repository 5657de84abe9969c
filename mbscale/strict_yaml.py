"""YAML in, frozen dataclasses out; nothing unknown is ignored."""

import difflib
import json
import math
import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError

from mbscale.errors import MbscaleError

T = TypeVar("T")

# Put on a dataclass as ``__pydantic_config__``: no unknown key, no "3" for 3, no NaN.
STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

_FLOAT = re.compile(
    r"^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$"
)
_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")


class _Loader(yaml.SafeLoader):
    """YAML 1.2 scalars: ``400e6`` is a number, ``no`` is a word, a key stands once."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the base class declares it so
        first: [
            (tag, pattern)
            for tag, pattern in resolvers
            if tag not in {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"}
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        seen: set[str] = set()
        for key_node, _ in node.value:
            if key_node.value in seen:
                msg = f"the key {key_node.value!r} stands twice"
                raise yaml.constructor.ConstructorError(None, None, msg, key_node.start_mark)
            seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


def _construct_number(loader: _Loader, node: yaml.ScalarNode) -> float | int:
    value = loader.construct_yaml_float(node)
    is_whole = "." not in node.value and math.isfinite(value) and value.is_integer()
    return int(value) if is_whole else value


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", _BOOL, list("tTfF"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789."))
_Loader.add_constructor("tag:yaml.org,2002:float", _construct_number)


def load_yaml(text: str, *, where: str, error: type[MbscaleError]) -> dict[str, Any]:
    """The mapping that a YAML text holds; ``error`` is raised when it holds none."""
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as failure:
        mark = getattr(failure, "problem_mark", None)
        line = f" at line {mark.line + 1}" if mark else ""
        problem = getattr(failure, "problem", None) or str(failure) or type(failure).__name__
        msg = f"{where} is not readable YAML{line}: {problem}"
        raise error(msg) from failure
    if not isinstance(data, dict):
        msg = f"{where} must hold a mapping of names to values, and holds {_kind(data)}"
        raise error(msg)
    return cast("dict[str, Any]", data)


def read_yaml(path: Path, *, error: type[MbscaleError]) -> dict[str, Any]:
    """The mapping in a YAML file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else "not UTF-8 text"
        msg = f"{path} cannot be read: {reason}"
        raise error(msg) from failure
    return load_yaml(text, where=str(path), error=error)


def parse_strict(
    kind: type[T], data: Mapping[str, Any], *, where: str, error: type[MbscaleError]
) -> T:
    """A ``kind`` from plain data; the first thing wrong is raised as one sentence."""
    try:
        text = json.dumps(data, allow_nan=True, default=_refuse)
        return TypeAdapter(kind).validate_json(text)
    except ValidationError as failure:
        msg = f"{where}: {_describe(failure, kind)}"
        raise error(msg) from failure
    except (TypeError, ValueError) as failure:
        msg = f"{where}: {failure}"
        raise error(msg) from failure


def _refuse(value: object) -> object:
    msg = f"{value!r} is neither a number, a text, a list nor a mapping"
    raise TypeError(msg)


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def _describe(failure: ValidationError, kind: type) -> str:
    # An unknown key comes first: a misspelt name also makes its right name go missing.
    errors = sorted(
        failure.errors(), key=lambda entry: entry["type"] != "unexpected_keyword_argument"
    )
    first = errors[0]
    place = ".".join(str(part) for part in first["loc"]) or "the whole"
    if first["type"] == "unexpected_keyword_argument":
        return f"unknown setting {place!r}{_nearest(first['loc'], kind)}"
    if first["type"] == "missing_argument" or first["type"] == "missing":
        return f"{place!r} is missing"
    reason = str(first.get("ctx", {}).get("error") or first["msg"])
    if first["type"] == "value_error":
        return reason if place == "the whole" else f"{place}: {reason}"
    reason = reason[0].lower() + reason[1:]
    return f"{place}: {reason}; got {_shorten(first['input'])}"


def _shorten(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _nearest(location: tuple[int | str, ...], kind: type) -> str:
    known = sorted(_known_names(kind, location[:-1]))
    close = difflib.get_close_matches(str(location[-1]), known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known are {', '.join(known)}" if known else ""


def _known_names(kind: type, path: tuple[int | str, ...]) -> set[str]:
    schema = TypeAdapter(kind).json_schema()
    definitions = schema.get("$defs", {})
    nodes = [schema]
    for part in path:
        nodes = [child for node in _resolve(nodes, definitions) for child in _step(node, part)]
    return {name for node in _resolve(nodes, definitions) for name in node.get("properties", {})}


def _resolve(nodes: list[dict[str, Any]], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for node in nodes:
        if "$ref" in node:
            found += _resolve([definitions[node["$ref"].rsplit("/", 1)[-1]]], definitions)
        elif "anyOf" in node:
            found += _resolve(node["anyOf"], definitions)
        else:
            found.append(node)
    return found


def _step(node: dict[str, Any], part: int | str) -> list[dict[str, Any]]:
    if isinstance(part, int):
        return [node["items"]] if isinstance(node.get("items"), dict) else []
    return [node["properties"][part]] if part in node.get("properties", {}) else []

"""What pydantic found wrong, as one sentence in the words of the settings."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, ValidationError

from mbscale.value_range import is_union, read_range, takes_none

Place = tuple[int | str, ...]

_UNKNOWN = "unexpected_keyword_argument"
_BOUNDS = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}
_WORDS = {
    "Input should be": "must be",
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid boolean": "true or false",
    "a valid string": "a text",
    "a valid array": "a list",
    "a valid tuple": "a tuple",
    "an object": "a mapping of names to values",
}


def describe_failure(
    failure: ValidationError, kind: Any, data: object, *, below: Place = ()
) -> str:
    """One sentence on the first thing wrong in ``data``, which was to become a ``kind``.

    ``below`` is the place in ``data`` of what was validated.
    """
    entries = failure.errors(include_url=False)
    found = [(_place(entry, data, below=below), entry) for entry in entries]
    # An unknown key comes first: a misspelt name also makes its right name go missing.
    place, first = min(found, key=lambda pair: pair[1]["type"] != _UNKNOWN)
    if first["type"] == _UNKNOWN:
        return f"unknown setting {name_place(place)!r}{_suggest_name(place, kind)}"
    inside = [pair for pair in found if pair[0][: len(place)] == place]
    # Of the failed members of a union, the one that got furthest was meant.
    place, first = max(inside, key=lambda pair: len(pair[0]))
    alternatives = [entry for other, entry in found if other == place]
    if first["type"] in _BOUNDS:
        return f"{name_place(place)} {_demand_range(kind, place)}; got {shorten(first['input'])}"
    return _describe(place, first, alternatives)


def require_strict(kind: Any, strict: ConfigDict) -> None:
    """Raise TypeError if a dataclass below ``kind`` would let an unknown key pass."""
    for member in _members(kind):
        settings = getattr(member, "__pydantic_config__", {})
        if is_dataclass(member) and not strict.items() <= settings.items():
            msg = f"{member} must be a strict_dataclass"
            raise TypeError(msg)
        for child in (*_fields(member).values(), *get_args(member)):
            require_strict(child, strict)


def name_place(place: Place) -> str:
    """The dotted name of a setting, as in ``stages.0.width``; list items count from 0."""
    return ".".join(_printable(str(part)) for part in place) or "the whole"


def _printable(key: str) -> str:
    return key if key.isprintable() else shorten(key)


def shorten(value: object, limit: int = 60) -> str:
    """How a value is shown in a message: in one line of at most ``limit`` characters."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _place(entry: Any, data: Any, *, below: Place) -> Place:
    """Where in ``data`` the error is: pydantic's location without the names of union members."""
    parts = (*below, *entry["loc"])
    place: list[int | str] = []
    for index, part in enumerate(parts):
        is_missing = index == len(parts) - 1 and entry["type"] == "missing"
        if is_missing or _holds(data, part):
            place.append(part)
        if _holds(data, part):
            data = data[part]
    return tuple(place)


def _holds(data: Any, part: int | str) -> bool:
    if isinstance(data, Mapping):
        return part in data
    return isinstance(data, list | tuple) and isinstance(part, int) and part < len(data)


def _describe(place: Place, first: Any, alternatives: Sequence[Any]) -> str:
    name = name_place(place)
    match first["type"]:
        case "missing" if isinstance(place[-1], int):
            return f"{name_place(place[:-1])} must have at least {place[-1] + 1} items"
        case "missing":
            return f"{name!r} is missing"
        case "value_error":
            reason = str(first["ctx"]["error"])
            return f"{name}: {reason}" if place else reason
        case "literal_error":
            close = _closest(str(first["input"]), first["ctx"]["expected"].replace(" or ", ", "))
            return f"{name} {_reword(first)}; got {shorten(first['input'])}{close}"
        case _:
            wants = dict.fromkeys(_reword(entry) for entry in alternatives)
            sentence = " or ".join(wants).replace(" or must be", " or")
            return f"{name} {sentence}; got {shorten(first['input'])}"


def _demand_range(kind: Any, place: Place) -> str:
    """Both bounds at once: who is told of one would run into the other."""
    *parents, last = place
    hints = [_child(parent, last) for parent in _kinds_at(kind, parents)]
    hint = next(hint for hint in hints if read_range(hint))
    return f"must be {read_range(hint).describe()}{', or null' if takes_none(hint) else ''}"


def _reword(entry: Any) -> str:
    if entry["type"] in ("too_long", "too_short"):
        limit = "at most" if entry["type"] == "too_long" else "at least"
        count = entry["ctx"].get("max_length") or entry["ctx"].get("min_length")
        return f"must have {limit} {count} items"
    text = entry["msg"]
    for old, new in _WORDS.items():
        text = text.replace(old, new)
    return str(text[0].lower() + text[1:])


def _closest(given: str, listed: str) -> str:
    known = [word.strip("'") for word in listed.split(", ")]
    close = difflib.get_close_matches(given, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def _suggest_name(place: Place, kind: Any) -> str:
    *parents, name = place
    known = sorted({key for parent in _kinds_at(kind, parents) for key in _fields(parent)})
    close = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    elsewhere = [path for path in _all_names(kind) if path.rpartition(".")[2] == name]
    if elsewhere:
        return f"; did you mean {elsewhere[0]!r}?"
    return f"; known are {', '.join(known)}" if known else ""


def _kinds_at(kind: Any, place: Sequence[int | str]) -> list[Any]:
    """The types that may stand at ``place`` below a ``kind``."""
    kinds = _members(kind)
    for part in place:
        kinds = [member for parent in kinds for member in _members(_child(parent, part))]
    return kinds


def _members(kind: Any) -> list[Any]:
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    if is_union(kind):
        return [member for option in get_args(kind) for member in _members(option)]
    return [kind]


def _child(kind: Any, part: int | str) -> Any:
    """The type of one field, item or value; NoneType where there is none."""
    arguments = get_args(kind)
    if is_dataclass(kind):
        return _fields(kind).get(str(part), NoneType)
    if not arguments:
        return NoneType
    if isinstance(part, int):
        is_mixed = part < len(arguments) and Ellipsis not in arguments
        return arguments[part] if is_mixed else arguments[0]
    return arguments[-1]


def _fields(kind: Any) -> dict[str, Any]:
    if not is_dataclass(kind):
        return {}
    hints = get_type_hints(kind, include_extras=True)
    return {each.name: hints[each.name] for each in fields(kind)}


def _all_names(kind: Any, prefix: str = "", depth: int = 4) -> Iterator[str]:
    """The dotted names of all settings below a dataclass."""
    for name, hint in _fields(kind).items():
        yield prefix + name
        for member in _members(hint) if depth else []:
            yield from _all_names(member, f"{prefix}{name}.", depth - 1)

"""Every setting of a run: its type, range, default and meaning, read from the declarations.

``python -m mbscale.settings_reference`` writes ``docs/reference/settings.md`` and, for
editors, ``configs/schema.json``.
"""

import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from itertools import groupby
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter

from mbscale.config import RunConfig
from mbscale.errors import ConfigError
from mbscale.free_settings import is_free
from mbscale.results.files import replace_file
from mbscale.value_range import is_union, read_fields, read_range

ROOT = Path(__file__).parents[1]
PAGE, SCHEMA = ROOT / "docs/reference/settings.md", ROOT / "configs/schema.json"

_WORDS = {bool: "true | false", int: "integer", float: "number", str: "text", NoneType: "null"}
_HEADER = """# Settings

Every setting of a run, with what it takes, its default and its meaning. A file given with
`--config` nests the names (`search: {n_trials: 12}`); `--set search.n_trials=12` changes one.
`mbscale settings [PREFIX]` prints the same. A setting that may change on resume decides no
result: a stopped run can go on with another value.

This page is generated: `python -m mbscale.settings_reference`.
"""


@dataclass(frozen=True, slots=True)
class SettingEntry:
    """One setting: its dotted name, what it takes, and what it means.

    ``type`` is in the form of YAML, as in ``integer | null``; ``range`` is empty where numbers
    have no bound. ``is_free`` says that the setting may change on resume.
    """

    name: str
    type: str
    range: str
    default: Any
    description: str
    is_free: bool

    @property
    def terms(self) -> str:
        """What the setting takes and its default, in one line."""
        parts = [self.type, self.range, f"default {format_value(self.default)}"]
        return ", ".join([*filter(None, parts), *["may change on resume"] * self.is_free])


def list_settings() -> list[SettingEntry]:
    """Every setting below ``RunConfig`` as declared; a group comes after the settings beside it."""
    return list(_walk(RunConfig(), "", is_inside_free=False))


def select_settings(prefix: str) -> list[SettingEntry]:
    """The settings whose names begin with ``prefix``. Raises ConfigError where there are none."""
    entries = list_settings()
    found = [entry for entry in entries if entry.name.startswith(prefix)]
    if not found:
        msg = f"no setting begins with {prefix!r}; {_suggest(prefix, entries)}"
        raise ConfigError(msg)
    return found


def describe_type(hint: Any) -> str:
    """What a type hint takes, in the form of YAML.

    >>> describe_type(int | None), describe_type(tuple[Literal["a", "b"], ...])
    ('integer | null', '[a | b, ...]')
    """
    members = get_args(hint)
    if get_origin(hint) is Annotated:
        return describe_type(members[0])
    if get_origin(hint) is Literal:
        return " | ".join(map(format_value, members))
    if is_union(hint):
        return " | ".join(map(describe_type, members))
    if get_origin(hint) is tuple:
        parts = ["..." if member is Ellipsis else describe_type(member) for member in members]
        return f"[{', '.join(parts)}]"
    if is_dataclass(hint):
        parts = [f"{name}: {describe_type(member)}" for name, member in _hints(hint).items()]
        return f"{{{', '.join(parts)}}}"
    return _WORDS[hint]


def format_value(value: Any) -> str:
    """A plain value as it is written in a file.

    >>> format_value(400e6), format_value((0.2, 1.0)), format_value(None)
    ('400_000_000', '[0.2, 1]', 'null')
    """
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {format_value(item)}' for name, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(format_value, value))}]"
    if isinstance(value, bool | None):
        return json.dumps(value)
    if isinstance(value, int | float) and value == int(value):
        return f"{int(value):_}" if abs(value) >= 100_000 else str(int(value))
    return str(value)


def format_page(entries: Sequence[SettingEntry]) -> str:
    """The settings as Markdown, a heading per group."""
    lines = [_HEADER]
    for group, members in groupby(entries, key=lambda entry: entry.name.rpartition(".")[0]):
        lines += [f"## {group or 'The run'}\n"]
        lines += [f"- **`{one.name}`** (`{one.terms}`)  \n  {one.description}" for one in members]
        lines += [""]
    return "\n".join(lines)


def format_schema() -> str:
    """The JSON schema of a settings file, from which editors complete and check."""
    return json.dumps(TypeAdapter(RunConfig).json_schema(), indent=1) + "\n"


def main() -> None:
    """Write the page and the schema."""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    replace_file(PAGE, format_page(list_settings()))
    replace_file(SCHEMA, format_schema())


def _walk(settings: Any, prefix: str, *, is_inside_free: bool) -> Iterator[SettingEntry]:
    # The settings of a group come before its subgroups, so that each group has one heading.
    hints = _hints(type(settings))
    groups = {name for name in hints if is_dataclass(getattr(settings, name))}
    for name in sorted(hints, key=lambda name: name in groups):
        hint, value = hints[name], getattr(settings, name)
        free = is_inside_free or is_free(hint)
        if name in groups:
            yield from _walk(value, f"{prefix}{name}.", is_inside_free=free)
        else:
            yield _make_entry(prefix + name, hint, value, is_free=free)


def _make_entry(name: str, hint: Any, value: Any, *, is_free: bool) -> SettingEntry:
    described = [field.description for field in read_fields(hint) if field.description]
    plain = [asdict(item) for item in value] if _holds_dataclasses(value) else value
    text = " ".join(described)
    return SettingEntry(name, describe_type(hint), _describe_range(hint), plain, text, is_free)


def _holds_dataclasses(value: Any) -> bool:
    return isinstance(value, tuple) and any(map(is_dataclass, value))


def _describe_range(hint: Any) -> str:
    """The range of a number, or of the numbers in a list."""
    if found := read_range(hint):
        return found.describe()
    if get_origin(hint) is tuple:
        return next((f"each {text}" for text in map(_describe_range, get_args(hint)) if text), "")
    nested = get_origin(hint) is Annotated or is_union(hint)
    return next(filter(None, map(_describe_range, get_args(hint))), "") if nested else ""


def _suggest(prefix: str, entries: Sequence[SettingEntry]) -> str:
    parts = [entry.name.split(".") for entry in entries]
    known = list(dict.fromkeys(".".join(part[:n]) for part in parts for n in range(1, 5)))
    last = {name.rpartition(".")[2]: name for name in reversed(known)}
    close = difflib.get_close_matches(prefix, [*known, *last], n=1)
    if close:
        return f"did you mean {last.get(close[0], close[0])}?"
    return f"known are {', '.join(dict.fromkeys(part[0] for part in parts))}"


def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    return {each.name: hints[each.name] for each in fields(kind)}


if __name__ == "__main__":
    main()

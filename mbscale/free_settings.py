"""Which settings decide a result, and which may change whenever a run resumes.

A setting is *free* where its declaration carries ``FREE``: it says where the data lies, where
and how fast trainings run, or when to stop. All others decide what a training measures.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints


class Free:
    """The mark of a setting that decides no result."""


FREE = Free()


@cache
def list_free(kind: type) -> tuple[str, ...]:
    """The dotted names of the free settings of a dataclass, in the order of their declaration.

    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Training:
    ...     epochs: int
    ...     threads: Annotated[int, FREE]
    >>> list_free(Training)
    ('threads',)
    """
    return tuple(_walk_free(kind, ""))


def list_deciding(value: object) -> dict[str, Any]:
    """The settings in a dataclass that decide a result, by name; nested ones as mappings.

    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Training:
    ...     epochs: int
    ...     threads: Annotated[int, FREE]
    >>> list_deciding(Training(epochs=3, threads=2))
    {'epochs': 3}
    """
    kept: dict[str, Any] = {}
    for name, hint in _hints(type(value)).items():
        if not is_free(hint):
            kept[name] = _plain(getattr(value, name))
    return kept


def is_free(hint: object) -> bool:
    """Whether a type hint carries the mark."""
    return get_origin(hint) is Annotated and any(isinstance(one, Free) for one in get_args(hint))


def _plain(value: object) -> Any:
    if is_dataclass(value):
        return list_deciding(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _walk_free(kind: type, prefix: str) -> Iterator[str]:
    for name, hint in _hints(kind).items():
        if is_free(hint):
            yield prefix + name
        elif isinstance(hint, type) and is_dataclass(hint):
            yield from _walk_free(hint, f"{prefix}{name}.")


def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    return {each.name: hints[each.name] for each in fields(kind)}

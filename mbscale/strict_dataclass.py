"""Dataclasses that take nothing unknown from YAML, and settings that are checked however made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from types import MappingProxyType
from typing import (
    Annotated,
    Any,
    TypeVar,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

from pydantic import ConfigDict, InstanceOf, TypeAdapter, ValidationError

from mbscale.errors import ConfigError, MbscaleError
from mbscale.validation_sentences import describe_failure

T = TypeVar("T")

# No unknown key, no "3" for 3, no NaN.
STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def strict_dataclass(kind: type[T]) -> type[T]:
    """A frozen dataclass with slots that ``parse_strict`` may read."""
    kind.__pydantic_config__ = STRICT  # type: ignore[attr-defined]
    return dataclass(frozen=True, slots=True)(kind)


@overload
def settings_dataclass(kind: type[T], /) -> type[T]: ...
@overload
def settings_dataclass(*, error: type[MbscaleError]) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def settings_dataclass(
    kind: type[T] | None = None, /, *, error: type[MbscaleError] = ConfigError
) -> type[T] | Callable[[type[T]], type[T]]:
    """A strict dataclass whose types and ranges hold in Python, too, not from YAML alone.

    What stands in ``Annotated[int, Field(ge=2)]`` is checked before ``__post_init__``, which
    is left with what must hold of several fields together. ``error`` is raised.

    >>> from pydantic import Field
    >>> @settings_dataclass
    ... class Confirm:
    ...     n_seeds: Annotated[int, Field(ge=2)] = 2
    >>> Confirm(n_seeds=1)
    Traceback (most recent call last):
    mbscale.errors.ConfigError: n_seeds must be at least 2; got 1
    """

    def decorate(kind: type[T]) -> type[T]:
        check_together: Callable[[object], None] | None = getattr(kind, "__post_init__", None)

        def check(self: object) -> None:
            _check_fields(self, error=error)
            if check_together is not None:
                check_together(self)

        kind.__post_init__ = check  # type: ignore[attr-defined]
        return strict_dataclass(kind)

    return decorate if kind is None else decorate(kind)


def _check_fields(settings: object, *, error: type[MbscaleError]) -> None:
    kind: Any = type(settings)
    for name, adapter in _make_adapters(kind).items():
        given = getattr(settings, name)
        try:
            value = adapter.validate_python(given)
        except ValidationError as failure:
            raise error(describe_failure(failure, kind, {name: given}, below=(name,))) from failure
        # As from YAML, where 1 becomes 1.0: one setting has one fingerprint.
        object.__setattr__(settings, name, value)


@cache
def _make_adapters(kind: Any) -> Mapping[str, TypeAdapter[Any]]:
    hints = get_type_hints(kind, include_extras=True)
    return MappingProxyType({each.name: _make_adapter(hints[each.name]) for each in fields(kind)})


def _make_adapter(hint: Any) -> TypeAdapter[Any]:
    bare = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if is_dataclass(bare):
        # It was checked when it was made.
        instance_of: Any = InstanceOf
        return TypeAdapter(instance_of[bare])
    return TypeAdapter(hint, config=STRICT)

"""The range that a type hint declares, and how it is put into words."""

from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

Bound = int | float


@dataclass(frozen=True, slots=True)
class ValueRange:
    """Which numbers a setting takes; a bound that is missing is None, an open one excluded."""

    low: Bound | None = None
    high: Bound | None = None
    is_low_open: bool = False
    is_high_open: bool = False

    def __bool__(self) -> bool:
        """Whether there is a bound at all."""
        return self.low is not None or self.high is not None

    def describe(self) -> str:
        """The range in words.

        >>> ValueRange(low=2).describe(), ValueRange(0, 1).describe()
        ('at least 2', 'from 0 to 1')
        >>> ValueRange(0, 1, is_high_open=True).describe()
        'from 0 to below 1'
        """
        low, high = _format(self.low), _format(self.high)
        if low and high and not self.is_low_open:
            return f"from {low} to {'below ' * self.is_high_open}{high}"
        parts = [f"{'above' if self.is_low_open else 'at least'} {low}"] if low else []
        parts += [f"{'below' if self.is_high_open else 'at most'} {high}"] if high else []
        return " and ".join(parts)


def read_range(hint: object) -> ValueRange:
    """The range in the ``Field`` of a type hint; of a union, that of its first member with one.

    >>> from pydantic import Field
    >>> read_range(Annotated[int, Field(ge=2)] | None)
    ValueRange(low=2, high=None, is_low_open=False, is_high_open=False)
    """
    if get_origin(hint) is Annotated:
        found = _read_bounds(get_args(hint)[1:])
        return found or read_range(get_args(hint)[0])
    ranges = [read_range(member) for member in get_args(hint)] if is_union(hint) else []
    return next(filter(None, ranges), ValueRange())


def is_union(hint: object) -> bool:
    """Whether a hint is ``A | B``."""
    return get_origin(hint) in (Union, UnionType)


def takes_none(hint: object) -> bool:
    """Whether a hint allows None, which YAML writes as null."""
    if get_origin(hint) is Annotated:
        return takes_none(get_args(hint)[0])
    return hint in (None, NoneType) or (is_union(hint) and any(map(takes_none, get_args(hint))))


def read_fields(hint: object) -> list[FieldInfo]:
    """What pydantic's ``Field`` says on a hint itself; not what its members say."""
    marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return [mark for mark in marks if isinstance(mark, FieldInfo)]


def _read_bounds(marks: tuple[object, ...]) -> ValueRange:
    bounds: dict[str, Any] = {}
    for info in (mark for mark in marks if isinstance(mark, FieldInfo)):
        for constraint in info.metadata:
            for name in ("ge", "gt", "le", "lt"):
                if hasattr(constraint, name):
                    bounds[name] = getattr(constraint, name)
    return ValueRange(
        low=bounds.get("ge", bounds.get("gt")),
        high=bounds.get("le", bounds.get("lt")),
        is_low_open="gt" in bounds,
        is_high_open="lt" in bounds,
    )


def _format(bound: Bound | None) -> str:
    if bound is None:
        return ""
    return f"{bound:g}" if isinstance(bound, float) else str(bound)

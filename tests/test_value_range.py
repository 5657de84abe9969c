from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from mbscale.value_range import ValueRange, read_range, takes_none


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (Annotated[int, Field(ge=2)], "at least 2"),
        (Annotated[int, Field(gt=0, le=2**32 - 1)], "above 0 and at most 4294967295"),
        (Annotated[float, Field(ge=0, lt=1)], "from 0 to below 1"),
        (Annotated[float, Field(ge=1, le=1e15)], "from 1 to 1e+15"),
        (Annotated[float, Field(lt=0.5)], "below 0.5"),
        (Annotated[int | None, Field(ge=8)], "at least 8"),
        (Annotated[Annotated[int, Field(ge=8)] | None, "a mark"], "at least 8"),
        (Annotated[int, Field(description="How many.")], ""),
        (int | None, ""),
    ],
)
def test_a_range_is_read_from_the_field_and_put_into_words(hint: object, words: str) -> None:
    assert read_range(hint).describe() == words
    assert bool(read_range(hint)) == bool(words)


@pytest.mark.parametrize(
    ("hint", "is_taken"),
    [(int, False), (int | None, True), (Annotated[float | None, Field(gt=0)], True), (None, True)],
)
def test_only_what_says_none_takes_it(hint: object, *, is_taken: bool) -> None:
    assert takes_none(hint) == is_taken


@given(
    low=st.integers(-9, 9),
    high=st.integers(-9, 9),
    value=st.integers(-11, 11),
    is_low_open=st.booleans(),
    is_high_open=st.booleans(),
)
def test_the_range_holds_what_pydantic_takes(
    low: int, high: int, value: int, *, is_low_open: bool, is_high_open: bool
) -> None:
    bounds = {"gt" if is_low_open else "ge": low, "lt" if is_high_open else "le": high}
    hint = Annotated[int, Field(**bounds)]  # type: ignore[arg-type]

    found = read_range(hint)

    assert found == ValueRange(low, high, is_low_open, is_high_open)
    is_within = (low < value if is_low_open else low <= value) and (
        value < high if is_high_open else value <= high
    )
    assert accepts(hint, value) == is_within


def accepts(hint: Any, value: int) -> bool:
    try:
        TypeAdapter(hint).validate_python(value)
    except ValidationError:
        return False
    return True

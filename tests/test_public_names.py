"""``import mbscale`` offers every public name, and costs nothing until one is used."""

import subprocess
import sys

import pytest

import mbscale


def test_the_list_is_sorted_and_complete() -> None:
    assert mbscale.__all__ == sorted(mbscale.__all__)
    assert mbscale.__all__ == list(mbscale._PLACES)  # pyright: ignore[reportPrivateUsage]
    assert dir(mbscale) == mbscale.__all__


@pytest.mark.parametrize("name", mbscale.__all__)
def test_every_name_is_there_and_says_what_it_is(name: str) -> None:
    assert getattr(mbscale, name).__doc__


def test_another_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'serach'"):
        mbscale.serach  # type: ignore[attr-defined]  # noqa: B018


def test_the_import_alone_brings_in_no_package() -> None:
    slow = "{'torch', 'optuna', 'numpy', 'pydantic', 'yaml'}"
    code = f"import sys, mbscale; print(*sorted({slow} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "\n"

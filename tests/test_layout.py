"""The folders at the top of the repository are one package."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
FOLDERS = ("search", "space", "proxy", "results")


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_folder_is_linked_into_the_package(folder: str) -> None:
    assert (ROOT / "mbscale" / folder).resolve() == ROOT / folder


def test_every_package_is_shipped() -> None:
    found = {
        ".".join(("mbscale", *init.parent.relative_to(ROOT).parts))
        for folder in FOLDERS
        for init in (ROOT / folder).rglob("__init__.py")
    }

    assert set(SETUPTOOLS["packages"]) == {"mbscale", "mbscale.cli", "mbscale.steps", *found}

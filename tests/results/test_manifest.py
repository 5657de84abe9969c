import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import torch

from mbscale.errors import RunError
from mbscale.results.manifest import (
    Manifest,
    describe_run,
    hash_text,
    read_manifest,
    write_manifest,
)


def describe() -> Manifest:
    return describe_run(
        command=["mbscale", "run", "--config", "größe.yaml"],
        seed=3,
        device="cpu",
        hashes=(hash_text("seed: 3\n"), hash_text("images")),
        started=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )


def test_reading_gives_back_what_was_written(tmp_path: Path) -> None:
    write_manifest(tmp_path / "manifest.json", describe())

    assert read_manifest(tmp_path / "manifest.json") == describe()


def test_versions_are_those_that_run() -> None:
    packages = describe().packages

    assert packages["numpy"] == np.__version__
    assert packages["torch"] == torch.__version__


def test_the_machine_is_described() -> None:
    machine = describe().machine

    assert machine.cores >= 1
    assert machine.cpu
    assert machine.device == "cpu"


def test_the_hash_of_a_text_is_sha256() -> None:
    # FIPS 180-2, appendix B.1.
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    assert hash_text("abc") == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "must be a mapping of names to values"),
        ("{}", "'mbscale' is missing"),
    ],
)
def test_a_spoilt_manifest_is_one_sentence(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "manifest.json").write_text(content)

    with pytest.raises(RunError, match=reason):
        read_manifest(tmp_path / "manifest.json")


def test_an_unknown_entry_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    write_manifest(path, replace(describe(), seed=4))
    path.write_text(json.dumps({**json.loads(path.read_text()), "sede": 1}))

    with pytest.raises(RunError, match="unknown setting 'sede'; did you mean 'seed'"):
        read_manifest(path)


def test_a_missing_manifest_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"manifest\.json cannot be read: No such file"):
        read_manifest(tmp_path / "manifest.json")


@pytest.mark.parametrize("started", ["yesterday", "2026-01-02T03:04:05", ""])
def test_a_start_that_is_no_time_with_its_zone_is_one_sentence(
    tmp_path: Path, started: str
) -> None:
    path = tmp_path / "manifest.json"
    write_manifest(path, describe())
    path.write_text(path.read_text("utf-8").replace("2026-01-02T03:04:05+00:00", started), "utf-8")

    with pytest.raises(RunError, match=r"manifest\.json: started must be a time in ISO 8601"):
        read_manifest(path)

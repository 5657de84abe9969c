"""Proxies measured from the command line, and what a search makes of their certificates."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mbscale.cli.main import main
from mbscale.config import RunConfig, change_proxy, load_run_config
from mbscale.proxy.fingerprint import fingerprint
from mbscale.search.validation.certificate import Certificate, read_certificate, write_certificate

QUICK = Path("configs/quick.yaml")
SETTINGS = """
proxy: {evaluator: zero_cost, data: {n_train: 200, n_selection: 100}}
search: {n_trials: 2, sampler: random, objective: {kind: hard, target_macs: 1e9}}
target: {resolution: 32, num_classes: 10}
validate_proxy:
  n_networks: 24
  n_seeds: 1
  candidates:
    - {name: synflow, changes: [zero_cost.score=synflow]}
    - {name: naswot, changes: [zero_cost.score=naswot]}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(SETTINGS)
    return path


def _validate(config: Path, folder: Path, table: Path, *flags: str) -> int:
    command = ["validate-proxy", "--config", str(config), "--table", str(table)]
    return main([*command, "--out", str(folder), "--json", *flags])


@pytest.mark.slow
def test_a_table_gives_every_proxy_its_tau_and_every_band_too(
    config: Path,
    tmp_path: Path,
    shared_file: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _validate(config, tmp_path / "out", shared_file("nas_bench_macro.csv")) == 0

    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in found] == [
        *("macs", "parameters", "configured", "synflow", "naswot")
    ]
    for one in [*found, *(band for entry in found for band in entry["bands"])]:
        assert -1 <= one["tau_low"] <= one["tau"] <= one["tau_high"] <= 1
        assert one["n_networks"] >= 8
        assert one["seconds_per_network"] >= 0
    assert all(one["bands"] for one in found)
    # The fourth roots of the stages' parameters, a search space of its own, other labels.
    assert found[2]["tau"] > found[1]["tau"]
    certificate = read_certificate(tmp_path / "out" / "configured.yaml")
    # None of these networks is of the space that would be searched.
    assert certificate.space == "the table nas_bench_macro.csv"
    assert certificate.fingerprint == fingerprint(load_run_config(config).proxy)
    # The configured one was named before, the other picked among three.
    assert certificate.n_proxies == 1
    assert read_certificate(tmp_path / "out" / "proxy.yaml").n_proxies == 3
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert left >= {"proxy.csv", "proxy.png", "proxy.yaml", "scores.csv"}


@pytest.mark.slow
def test_what_labels_tell_stands_apart_from_proxies(
    tmp_path: Path, shared_file: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text("""
proxy: {evaluator: zero_cost, data: {n_train: 200, n_selection: 100}}
target: {resolution: 224, num_classes: 1000}
validate_proxy: {n_networks: 40, n_seeds: 1, threshold: 0.5, labels: [20, 3000]}
""")

    assert _validate(config, tmp_path / "out", shared_file("accel_nasbench.csv")) == 0

    printed = capsys.readouterr()
    found: list[dict[str, Any]] = json.loads(printed.out)
    assert {one["name"]: one["n_labels"] for one in found} == {
        "macs": 0,
        "parameters": 0,
        "configured": 0,
        "stages": 0,
        "20 labels by chance": 20,
        "20 labels spread": 20,
    }
    assert "too few for 3000 labels" in printed.err
    # It is good and costs less than counting, and is no proxy all the same.
    assert found[-1]["tau"] > 0.6
    assert read_certificate(tmp_path / "out" / "proxy.yaml").name in {"configured", "stages"}


@pytest.mark.slow
def test_a_stopped_validation_goes_on_where_it_was(
    config: Path,
    tmp_path: Path,
    shared_file: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    table, folder = shared_file("nas_bench_macro.csv"), tmp_path / "out"
    assert _validate(config, folder, table) == 0
    whole = pd.read_csv(folder / "proxy.csv")
    book = folder / "scores.csv"
    lines = book.read_text().splitlines(keepends=True)
    book.write_text("".join(lines[:-5]))
    (folder / "proxy.csv").unlink()
    capsys.readouterr()

    assert _validate(config, folder, table) == 0

    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("naswot ")]
    assert len(said) == 5
    assert " left" in said[-2]
    assert pd.read_csv(folder / "proxy.csv")["tau"].tolist() == whole["tau"].tolist()


def test_too_few_networks_within_the_limits_are_one_sentence(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Path("tests/proxy/recorded.csv")

    assert _validate(config, tmp_path / "out", table) == 2
    assert "holds 2 distinct networks within the limits" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["macs", "parameters", "reference", "20 labels spread"])
def test_a_candidate_cannot_take_the_name_of_another_row(
    config: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = f"validate_proxy.candidates=[{{name: {name}, changes: [zero_cost.score=zen]}}]"

    assert _validate(config, tmp_path / "out", Path("no.csv"), "--set", changed) == 2
    assert "each candidate needs a name of its own" in capsys.readouterr().err


def test_more_bands_than_networks_are_one_sentence(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many = ("--set", "validate_proxy.n_bands=13")

    assert _validate(config, tmp_path / "out", Path("no.csv"), *many) == 2
    assert "n_bands must leave two of 24 networks a band; got 13" in capsys.readouterr().err


@pytest.mark.slow
def test_a_validation_by_long_training(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("""
proxy: {resolution: 8, data: {n_train: 64, n_selection: 16}, training: {epochs: 1}}
search: {objective: {kind: hard, target_macs: 2e6}}
validate_proxy: {n_networks: 4, n_seeds: 2, n_bands: 1, reference: [training.epochs=2]}
""")
    validate = ["validate-proxy", "--config", str(config), "--out", str(tmp_path / "out")]
    # A certificate says by which command it was made, in one line.
    monkeypatch.setattr("sys.argv", ["mbscale", "--out", "a\nname: other"])

    assert main([*validate, "--json", "-q"]) == 0

    scores = pd.read_csv(tmp_path / "out" / "scores.csv")
    seeds = {name: set(rows["seed"]) for name, rows in scores.groupby("proxy")}
    assert (len(seeds["reference"]), len(seeds["configured"])) == (4, 8)
    assert not seeds["reference"] & seeds["configured"]
    assert read_certificate(tmp_path / "out" / "configured.yaml").name == "configured"


def _certify(config: Path, *, tau_high: float) -> Certificate:
    settings = load_run_config(config)
    known = read_certificate(QUICK.parent / "certificates" / "quick.yaml")
    mark = fingerprint(settings.proxy)
    tau = {"tau_low": 0.3, "tau_high": tau_high, "parameters_tau": 0.5}
    return replace(known, space=settings.space, fingerprint=mark, **tau)


def _search(config: Path, folder: Path, *flags: str) -> int:
    return main(["search", "--config", str(config), "--out", str(folder), "--json", "-q", *flags])


def _load_committed(name: str) -> tuple[RunConfig, Certificate]:
    path = QUICK.parent / name
    return load_run_config(path), read_certificate(path.parent / "certificates" / path.name)


@pytest.mark.parametrize("name", ["quick.yaml", "proxies/imagenet.yaml"])
def test_the_committed_certificate_is_of_the_configured_proxy(name: str) -> None:
    settings, certificate = _load_committed(name)

    assert certificate.is_for(settings.space, settings.proxy)
    assert not certificate.is_for("efficientnet", settings.proxy)
    assert not certificate.is_refuted


@pytest.mark.parametrize("name", ["cifar10.yaml", "proxies/accel_nasbench.yaml"])
def test_the_committed_certificate_is_of_the_images_of_cifar_10(
    name: str, shared_file: Callable[[str], Path], tmp_path: Path
) -> None:
    settings, certificate = _load_committed(name)
    path = str(shared_file(Path(settings.proxy.data.path or "").name))
    data = replace(settings.proxy.data, path=path, cache=str(tmp_path))

    assert certificate.is_for(settings.space, replace(settings.proxy, data=data))
    assert not certificate.is_refuted


def test_a_search_without_a_certificate_says_so(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _search(config, tmp_path / "out") == 0

    assert "this proxy has no certificate" in capsys.readouterr().err


def test_a_search_says_what_the_certificate_beside_its_settings_says_and_keeps_it(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "certificates").mkdir()
    beside = tmp_path / "certificates" / "mine.yaml"
    write_certificate(beside, _certify(config, tau_high=0.9), comment="made by hand")
    words = "(95 % 0.30 to 0.90); parameters alone reach 0.50"

    assert _search(config, tmp_path / "out") == 0
    assert words in capsys.readouterr().err
    resumed = ["search", "--out", str(tmp_path / "out"), "--resume", "--n-trials", "3", "-q"]
    assert main(resumed) == 0
    assert words in capsys.readouterr().err


def test_a_search_says_among_how_many_a_proxy_was_picked(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "picked.yaml"
    picked = replace(_certify(config, tau_high=0.9), n_proxies=5)
    write_certificate(path, picked, comment="made by hand")

    assert _search(config, tmp_path / "out", "--set", f"proxy.certificate={path}") == 0
    assert "it was picked among 5 by these networks" in capsys.readouterr().err


def test_a_proxy_that_loses_to_parameters_needs_trust(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.yaml"
    write_certificate(path, _certify(config, tau_high=0.4), comment="made by hand")
    named = ("--set", f"proxy.certificate={path}")

    assert _search(config, tmp_path / "out", *named) == 2
    assert "add --trust-proxy" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert _search(config, tmp_path / "out", *named, "--trust-proxy") == 0


def test_a_certificate_of_other_settings_is_not_taken(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.yaml"
    write_certificate(path, _certify(config, tau_high=0.9), comment="made by hand")
    other = ("--set", f"proxy.certificate={path}", "--set", "proxy.resolution=20")

    assert _search(config, tmp_path / "out", *other) == 2
    assert "is of another proxy" in capsys.readouterr().err


@pytest.mark.parametrize("path", sorted(Path("configs/proxies").glob("*.yaml")), ids=str)
def test_a_list_of_proxies_can_be_copied_and_used(path: Path) -> None:
    settings = load_run_config(path)

    for candidate in settings.validate_proxy.candidates:
        changed = change_proxy(settings.proxy, candidate.changes, name=candidate.name)
        assert changed != settings.proxy

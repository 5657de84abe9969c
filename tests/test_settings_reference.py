"""The list of settings is complete, and the generated files say what it says."""

import json
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from mbscale.config import RunConfig, load_run_config
from mbscale.errors import ConfigError
from mbscale.free_settings import list_free
from mbscale.settings_reference import (
    PAGE,
    ROOT,
    SCHEMA,
    SettingEntry,
    format_page,
    format_schema,
    format_value,
    list_settings,
    select_settings,
)

ENTRIES = list_settings()
UNCURRENT = "is not current: run `python -m mbscale.settings_reference`"


def by_name(name: str) -> SettingEntry:
    return next(entry for entry in ENTRIES if entry.name == name)


def list_leaves(settings: Any, prefix: str = "") -> list[str]:
    leaves: list[str] = []
    for each in fields(settings):
        value = getattr(settings, each.name)
        name = prefix + each.name
        leaves += list_leaves(value, f"{name}.") if is_dataclass(value) else [name]
    return leaves


def test_every_setting_is_listed_once() -> None:
    assert sorted(entry.name for entry in ENTRIES) == sorted(list_leaves(RunConfig()))


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == format_page(ENTRIES), f"{PAGE} {UNCURRENT}"


def test_the_schema_is_current() -> None:
    held = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert held == json.loads(format_schema()), f"{SCHEMA} {UNCURRENT}"


def test_every_config_names_the_schema() -> None:
    paths = list((ROOT / "configs").glob("*.yaml"))
    assert len(paths) >= 5
    for path in paths:
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert first == "# yaml-language-server: $schema=schema.json", path
        load_run_config(path)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_setting_says_what_it_takes_and_means(entry: SettingEntry) -> None:
    assert entry.description.endswith(".")
    if "integer" in entry.type or "number" in entry.type:
        assert entry.range


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_default_is_written_as_a_file_would_have_it(entry: SettingEntry) -> None:
    written = f"{entry.name}={format_value(entry.default)}"
    assert load_run_config(None, [written]) == RunConfig()


def test_what_may_change_on_resume_is_what_is_marked_as_free() -> None:
    marked = list_free(RunConfig)
    free = [entry.name for entry in ENTRIES if entry.is_free]
    assert {name for name in free if not name.startswith("search.ray.")} == {
        name for name in marked if name != "search.ray"
    }
    assert by_name("search.ray.cpus_per_trial").is_free


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("search.objective.kind", "soft | hard | absolute, default soft"),
        ("search.n_trials", "integer, at least 1, default 40, may change on resume"),
        ("search.objective.target_macs", "number, from 1 to 1e+15, default 400_000_000"),
        ("proxy.stage_strides", "[1 | 2, ...] | null, default null"),
        ("family.dropout", "[number, number], each from 0 to 0.99, default [0.2, 0.5]"),
    ],
)
def test_the_terms_of_a_setting(name: str, terms: str) -> None:
    assert by_name(name).terms == terms


def test_a_prefix_selects_the_settings_of_a_group() -> None:
    assert [entry.name for entry in select_settings("target")] == [
        "target.resolution",
        "target.num_classes",
    ]
    assert select_settings("") == ENTRIES


@pytest.mark.parametrize(
    ("prefix", "hint"),
    [
        ("n_trails", "did you mean search.n_trials?"),
        ("serach.objectve", "did you mean search.objective?"),
        ("zzz", "known are space, seed, target"),
    ],
)
def test_a_prefix_of_nothing_is_refused(prefix: str, hint: str) -> None:
    with pytest.raises(ConfigError, match="no setting begins with") as caught:
        select_settings(prefix)
    assert hint in str(caught.value)

"""YAML 1.2 is written and read in one way: no module has a dialect of its own."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

from mbscale.config import RunConfig, load_run_config, save_run_config
from mbscale.proxy.settings import DataSettings
from mbscale.search.scaling.constants_yaml import ScalingFile, read_scaling
from mbscale.strict_yaml import dump_yaml

ROOT = Path(__file__).parents[1]
CALL = re.compile(r"yaml\.\w*(load|dump)")
# A text that YAML 1.1 and YAML 1.2 read differently, or that looks like another kind of value.
TEXTS = ["1e3", "400e6", "1_000", "no", "null", "0x1f", "12:30", "2024-01-01", ".5", "~", "a: b"]


def list_calls() -> dict[str, bool]:
    """Every call of PyYAML that reads or writes, and whether it names the project's dialect."""
    calls: dict[str, bool] = {}
    for folder in ("mbscale", "space", "proxy", "search", "results"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and CALL.match(ast.unparse(node.func)):
                    words = {ast.unparse(word) for word in node.keywords}
                    place = f"{path.relative_to(ROOT)}:{node.lineno}"
                    calls[place] = bool(words & {"Dumper=Dumper", "Loader=Loader"})
    return calls


def test_every_module_reads_and_writes_the_dialect_of_the_project() -> None:
    calls = list_calls()
    assert any("strict_yaml.py" in place for place in calls)
    assert [place for place, is_ours in calls.items() if not is_ours] == []


@pytest.mark.parametrize("text", TEXTS)
def test_a_name_that_looks_like_a_number_stays_a_name(text: str, tmp_path: Path) -> None:
    config = RunConfig(space=text)
    data = DataSettings(name="npz", path=text)
    config = replace(config, proxy=replace(config.proxy, data=data))
    save_run_config(tmp_path / "config.yaml", config)
    assert load_run_config(tmp_path / "config.yaml") == config


@pytest.mark.parametrize("text", TEXTS)
def test_the_texts_of_a_scaling_file_come_back(text: str, tmp_path: Path) -> None:
    path = tmp_path / "scaling.yaml"
    file = ScalingFile(1, 1.2, 1.1, 1.15, tied=(text,), messages=(text, f"{text} and more"))
    path.write_text(dump_yaml(replace(file, provenance={"baseline": text, "seed": 3})))
    assert read_scaling(path) == replace(file, provenance={"baseline": text, "seed": 3})

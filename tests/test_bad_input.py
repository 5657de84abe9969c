"""Whatever a user writes into a file: exit status 2 and one sentence, or it works."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mbscale.cli.main import main
from mbscale.space.network_yaml import format_network
from mbscale.space.published import load_network
from mbscale.steps.run import flatten

ROOT = Path(__file__).resolve().parent.parent
QUICK: dict[str, Any] = yaml.safe_load((ROOT / "configs" / "quick.yaml").read_text())
NETWORK: dict[str, Any] = yaml.safe_load(format_network(load_network("mobilenet-v2")))
SETTINGS = sorted(flatten(QUICK))
PARTS = sorted(flatten(NETWORK))

# Numbers that are too large, too small, of the wrong kind; words; lists; nothing.
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from(["", "small", "relu", "mbconv", "1e3", "~", "\n", "conv\u2028"])
    | st.text(max_size=8)
)
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(max_size=4), scalars)
tolerant = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def judge(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The command works, or says one sentence and exits with 2."""
    status = main(arguments)
    shown = capsys.readouterr()

    assert status in (0, 2), shown.err
    if status == 2:
        assert shown.out == ""
        assert len(shown.err.strip().splitlines()) == 1
        assert shown.err.startswith("mbscale: ")


def change(data: dict[str, Any], path: list[str], value: object) -> dict[str, Any]:
    """A copy with one value put in, on a path of keys."""
    first, *rest = path
    inner = change(data[first], rest, value) if rest else value
    return data | {first: inner}


@given(st.sampled_from(SETTINGS), values)
@tolerant
def test_any_value_of_any_setting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, value: object
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(change(QUICK, name.split("."), value)), encoding="utf-8")

    judge(
        ["scale", "--architecture", "mnasnet-b1", "--dry-run", "--json", "--config", str(path)],
        capsys,
    )


@given(st.sampled_from(SETTINGS), st.text(max_size=8))
@tolerant
def test_any_text_after_set(capsys: pytest.CaptureFixture[str], name: str, text: str) -> None:
    command = ["scale", "--architecture", "mnasnet-b1", "--dry-run", "--json"]

    judge([*command, "--set", f"{name}={text}"], capsys)


@given(st.sampled_from(PARTS), values)
@tolerant
def test_any_value_of_any_part_of_an_architecture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, value: object
) -> None:
    path = tmp_path / "network.yaml"
    path.write_text(yaml.safe_dump(change(NETWORK, name.split("."), value)), encoding="utf-8")

    judge(["export", "yaml", "--architecture", str(path)], capsys)


@given(st.integers(0, 6), st.sampled_from(["operator", "width", "depth", "stride"]), values)
@tolerant
def test_any_value_in_any_stage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], index: int, name: str, value: object
) -> None:
    stages = [dict(stage) for stage in NETWORK["architecture"]["stages"]]
    stages[index][name] = value
    path = tmp_path / "network.yaml"
    path.write_text(
        yaml.safe_dump(change(NETWORK, ["architecture", "stages"], stages)), encoding="utf-8"
    )

    judge(["export", "yaml", "--architecture", str(path)], capsys)


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("serch", "'serch'"),
        ("search --sett a=b", "--sett"),
        ("search --executor thread", "'process'"),
        ("scale --constraint equal", "'nominal'"),
        ("scale --architecture", "--architecture"),
    ],
)
def test_a_wrong_command_line_is_named_in_one_sentence(
    capsys: pytest.CaptureFixture[str], command: str, named: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(command.split())

    [line] = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert line.startswith("mbscale: ")
    assert named in line


@pytest.mark.parametrize(
    "command",
    [
        ["family", "--architecture", "mobilenet-v2", "--phi", "0"],
        ["bench", "--n-trials", "1", "--seeds", "1"],
        ["validate-proxy"],
        ["search", "-q"],
    ],
)
def test_a_folder_that_cannot_be_made_ends_with_one_sentence_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    (tmp_path / "file").write_text("")

    assert main([*command, "--out", str(tmp_path / "file" / "below")]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("mbscale: ")
    assert "cannot be made: Not a directory" in last


@pytest.mark.parametrize(
    ("command", "step", "words"),
    [
        (["search"], "run_verbs.open_run", "everything that was finished is saved, --resume"),
        (["confirm"], "run_verbs.reopen_run", "is saved, the same command goes on"),
        (["status", "."], "status_verb.summarize_run", "mbscale: interrupted\n"),
    ],
)
def test_an_interrupt_names_a_way_to_go_on_that_the_command_has(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    step: str,
    words: str,
) -> None:
    def interrupt(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"mbscale.cli.{step}", interrupt)

    assert main(command) == 130
    assert words in capsys.readouterr().err

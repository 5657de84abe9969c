import json

import pytest

from mbscale.cli.main import main
from mbscale.settings_reference import list_settings


def test_a_paragraph_per_setting_within_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    assert [paragraph.split()[0] for paragraph in text.split("\n\n")] == [
        entry.name for entry in list_settings()
    ]


def test_one_setting(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "search.objective.exponent"]) == 0
    assert capsys.readouterr().out == (
        "search.objective.exponent  number, from -10 to 0, default -0.07\n"
        "    Price of MACs in soft: at -0.07, twice the MACs cost 5 % of the quality. A\n"
        "    lower exponent finds smaller networks.\n"
    )


def test_json_holds_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "target", "--json"]) == 0
    first, _ = json.loads(capsys.readouterr().out)
    assert first == {
        "name": "target.resolution",
        "type": "integer",
        "range": "from 1 to 65536",
        "default": 224,
        "description": "Side of the input images in pixels.",
        "is_free": False,
    }


def test_a_wrong_prefix_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "serach"]) == 2
    assert "did you mean search" in capsys.readouterr().err

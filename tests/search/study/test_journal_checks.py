import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbscale.errors import RunError
from mbscale.search.study.journal_checks import check_trial, parse_line
from mbscale.search.study.journal_lines import StudyLines, TrialLines

PATH = Path("study.journal")
FINISHED = {
    "op_code": 4, "study_id": 0, "state": 1, "value": 0.5, "values": None,
    "datetime_start": None, "datetime_complete": "2026-01-01T00:00:00+00:00",
    "distributions": {}, "params": {}, "user_attrs": {}, "system_attrs": {},
    "intermediate_values": {"1": 0.5},
}  # fmt: skip
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.text(max_size=4), scalars)
names = st.sampled_from(["op_code", "study_id", "study_name", "user_attr", "other"])
operations = st.fixed_dictionaries({"op_code": st.integers(0, 5), "study_id": st.integers(0, 2)})
lines = st.dictionaries(names, values) | st.builds(
    dict[str, object].__or__, operations, st.dictionaries(names, values)
)


def follow(text: bytes) -> str:
    """What is said of a line; nothing where it could be followed."""
    try:
        line = parse_line(text, path=PATH, number=7)
    except RunError as failure:
        return str(failure)
    StudyLines().take(line)
    return ""


@given(st.binary(max_size=20) | lines.map(json.dumps).map(str.encode))
def test_any_line_is_followed_or_refused_in_one_sentence(text: bytes) -> None:
    assert re.fullmatch(
        "(study.journal is damaged in line 7: its? .*; restore it .*)?", follow(text)
    )


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        (b"garbage", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b"\xff\n", "it is not JSON"),
        (b"{}", "it holds no operation of Optuna"),
        (b"[1]", "it holds no operation of Optuna"),
        (b'{"op_code":4}', "it has no study_id"),
        (b'{"op_code":0,"study_name":[]}', "its study_name cannot be right"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(text: bytes, flaw: str) -> None:
    with pytest.raises(RunError, match=f"in line 3: {flaw}; restore it"):
        parse_line(text, path=PATH, number=3)


@pytest.mark.parametrize("name", sorted(FINISHED.keys() - {"op_code", "study_id", "state"}))
def test_a_finished_trial_lacks_nothing(name: str) -> None:
    line = {key: value for key, value in FINISHED.items() if key != name}

    check_trial(FINISHED, path=PATH, number=3)
    with pytest.raises(RunError, match=f"line 3: it has no {name};"):
        check_trial(line, path=PATH, number=3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("value", float("nan")),
        ("value", "0.5"),
        ("value", True),
        ("values", [0.5, float("inf")]),
        ("datetime_complete", "yesterday"),
        ("datetime_start", "9999-12-31T23:59:59-12:00"),
        ("params", []),
        ("intermediate_values", {"1": None}),
    ],
)
def test_a_value_that_no_finished_trial_has_is_named(name: str, value: object) -> None:
    with pytest.raises(RunError, match=f"line 3: its {name} cannot be right;"):
        check_trial(FINISHED | {name: value}, path=PATH, number=3)


def test_what_passes_can_be_read() -> None:
    check_trial(FINISHED, path=PATH, number=3)

    assert TrialLines().read(FINISHED).value == 0.5

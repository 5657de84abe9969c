import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mbscale.errors import ArchitectureError, ConfigError
from mbscale.strict_dataclass import strict_dataclass
from mbscale.strict_yaml import dump_yaml, load_yaml, parse_strict, read_yaml


@strict_dataclass
class Training:
    epochs: int = 3
    learning_rate: float = 0.1
    schedule: Literal["cosine", "one_cycle"] = "cosine"

    def __post_init__(self) -> None:
        if self.epochs < 1:
            msg = f"epochs must be at least 1; got {self.epochs}"
            raise ArchitectureError(msg)


@strict_dataclass
class Settings:
    name: str
    training: Training = field(default_factory=Training)
    steps: tuple[Training, ...] = ()
    either: int | tuple[int, ...] | None = None
    pair: tuple[int, int] = (1, 2)
    is_fast: bool = False
    note: Annotated[str, "free text"] | None = None
    table: Mapping[str, Training | int] = field(default_factory=dict[str, Training | int])


@dataclass(frozen=True)
class Loose:
    value: int = 1


@strict_dataclass
class LooseInside:
    values: tuple[Loose, ...] = ()


def load(text: str) -> dict[str, Any]:
    return load_yaml(text, where="a.yaml", error=ConfigError)


def parse(**data: Any) -> Settings:
    return parse_strict(Settings, {"name": "a", **data}, where="a.yaml", error=ConfigError)


def sentence(**data: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(**data)
    return str(caught.value)


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("400e6", 400_000_000), ("400_000_000", 400_000_000), ("010", 10), ("-3", -3), ("+3", 3),
        ("1.0", 1.0), ("400.0e6", 4e8), ("1e-3", 0.001), (".5", 0.5), ("1e300", 1e300),
        ("no", "no"), ("on", "on"), ("true", True), ("False", False), ("~", None), ("", None),
        ("2024-01-01", "2024-01-01"), ("1:30", "1:30"), ("0x10", "0x10"), ("1_", "1_"),
        ("=", "="), ("1٢", "1٢"), (".inf", math.inf), ("'3'", "3"),
    ],
)  # fmt: skip
def test_scalars_mean_what_yaml_1_2_says(scalar: str, value: object) -> None:
    found = load(f"a: {scalar}")["a"]

    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "must hold a mapping of names to values, and holds nothing"),
        ("# only a comment", "holds nothing"),
        ("- a\n- b", r"holds \['a', 'b'\] alone"),
        ("a: 1\na: 2", "at line 2: the key 'a' stands twice"),
        ("a: {b: 1, 'b': 2}", "at line 1: the key 'b' stands twice"),
        ("a: 1\n3: 2", "at line 2: a key must be a text; put 3 in quotes"),
        ("null: 2", "a key must be a text; put null in quotes"),
        ("? [1, 2]\n: 3", "a key must be a text$"),
        ("{a: 1}: 3", "a key must be a text$"),
        ("a: &x 1", "anchors and aliases are not supported; write the value out"),
        ("a: *x", "anchors and aliases are not supported"),
        ("a: &x [1]\nb: {<<: *x}", "at line 1: anchors and aliases"),
        ("a: !!python/object:os.system x", "the tag .* is not supported; leave it out"),
        ("a: !!bool x", "the tag .* is not supported"),
        ("!!set {a, b}", "the tag .* is not supported"),
        ("a:\n\t- b", "at line 2: a tab cannot indent; use spaces"),
        ("a: [1, 2", "at line 1: expected ',' or ']'"),
        ("a: 1\n---\nb: 2", "at line 2: it holds more than one document"),
        ("a: \x00", "unacceptable character #x0000"),
        ("a: " + "[" * 51, "nested more than 50 levels deep"),
        ("- " * 5000, "nested more than 50 levels deep"),
        ("a: " + "9" * 5000, "a whole number must be within 64 bits"),
    ],
)
def test_what_is_no_plain_mapping_is_one_sentence(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        load(text)
    assert str(caught.value).startswith("a.yaml ")
    assert "\n" not in str(caught.value)


def is_mapping_or_sentence(text: str) -> bool:
    try:
        keys: list[object] = list(load(text))
    except ConfigError as failure:
        return "\n" not in str(failure)
    return all(isinstance(key, str) for key in keys)


@given(st.text())
def test_any_text_is_a_mapping_or_an_error(text: str) -> None:
    assert is_mapping_or_sentence(text)


# Pieces of the grammar, so that more of it is reached than by arbitrary letters.
PIECES = [
    "a", "b", ": ", ":", "- ", "\n", "  ", "\t", "[", "]", "{", "}", ", ", "? ", "&x ", "*x", "<<",
    "!!int ", "!!bool ", "!!binary ", "!!timestamp ", "!x ", "'", '"', "\\", "|\n", ">\n", "---\n",
    "...\n", "%YAML 1.1\n", "#", "1", "1e3", "0x", ".nan", "~", "=", "null", "@", "\ufeff",
]  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example("!!int ''")
@example("a: !!timestamp x")
def test_any_piece_of_yaml_is_a_mapping_or_an_error(text: str) -> None:
    assert is_mapping_or_sentence(text)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x80\x02}q\x00", "it is not UTF-8 text"),
        (b"PK\x03\x04\xff\xfe", "it is not UTF-8 text"),
        (b"a: 1\n" * 300_000, "is larger than a megabyte"),
        (b"", "holds nothing"),
    ],
)
def test_a_file_that_is_no_yaml_is_one_sentence(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "a.yaml").write_bytes(content)

    with pytest.raises(ConfigError, match=reason):
        read_yaml(tmp_path / "a.yaml", error=ConfigError)


def test_a_missing_file_and_a_folder_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"b\.yaml cannot be read: No such file or directory"):
        read_yaml(tmp_path / "b.yaml", error=ConfigError)
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_yaml(tmp_path, error=ConfigError)


def test_a_file_of_windows_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("\ufeffa: größer\r\nb: 2\r\n".encode())

    assert read_yaml(tmp_path / "a.yaml", error=ConfigError) == {"a": "größer", "b": 2}


def test_lists_become_tuples_and_ints_become_floats() -> None:
    found = parse(either=[1, 2], training={"learning_rate": 1}, steps=[{"epochs": 2}])

    assert found.either == (1, 2)
    assert found.steps == (Training(epochs=2),)
    assert isinstance(found.training.learning_rate, float)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"trianing": {}}, "unknown setting 'trianing'; did you mean 'training'?"),
        (
            {"training": {"epoch": 1}},
            "unknown setting 'training.epoch'; did you mean 'epochs'?",
        ),
        (
            {"steps": [{}, {"epohcs": 1}]},
            "unknown setting 'steps.1.epohcs'; did you mean 'epochs'?",
        ),
        (
            {"table": {"x": {"schedul": 1}}},
            "unknown setting 'table.x.schedul'; did you mean 'schedule'?",
        ),
        ({"schedule": 1}, "unknown setting 'schedule'; did you mean 'training.schedule'?"),
        (
            {"training": {"q": 1}},
            "unknown setting 'training.q'; known are epochs, learning_rate, schedule",
        ),
        ({"training": {"epochs": "3"}}, "training.epochs must be a whole number; got '3'"),
        ({"training": {"epochs": 3.0}}, "training.epochs must be a whole number; got 3.0"),
        ({"training": {"epochs": True}}, "training.epochs must be a whole number; got True"),
        ({"training": 3}, "training must be a mapping of names to values; got 3"),
        ({"training": {"epochs": 0}}, "training: epochs must be at least 1; got 0"),
        ({"steps": [{}, {"epochs": None}]}, "steps.1.epochs must be a whole number; got None"),
        ({"either": "x"}, "either must be a whole number or a list; got 'x'"),
        ({"either": [1, "x"]}, "either.1 must be a whole number; got 'x'"),
        ({"pair": [1]}, "pair must have at least 2 items"),
        ({"pair": [1, 2, 3]}, "pair must have at most 2 items; got [1, 2, 3]"),
        ({"is_fast": 1}, "is_fast must be true or false; got 1"),
        ({"name": 3}, "name must be a text; got 3"),
        (
            {"training": {"schedule": "cosin"}},
            "training.schedule must be 'cosine' or 'one_cycle'; got 'cosin'; "
            "did you mean 'cosine'?",
        ),
        ({"either": 2**63}, "either must be within 64 bits; got 9223372036854775808"),
        ({"table": {"x": math.nan}}, "table.x must be a finite number; got nan"),
        ({"steps": [-math.inf]}, "steps.0 must be a finite number; got -inf"),
        ({"note": "\udc80"}, r"note must be valid Unicode; got '\udc80'"),
        ({"table": {1: 2}}, "table has the key 1, which is not a text"),
        ({"note": b"x"}, "note must be a number, a text, a list or a mapping; got b'x'"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_one_sentence(data: dict[str, Any], expected: str) -> None:
    assert sentence(**data) == f"a.yaml: {expected}"


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^a\.yaml: 'name' is missing$"):
        parse_strict(Settings, {}, where="a.yaml", error=ConfigError)


def test_an_unknown_name_is_said_before_the_missing_one() -> None:
    with pytest.raises(ConfigError, match="unknown setting 'nmae'; did you mean 'name'"):
        parse_strict(Settings, {"nmae": "a"}, where="a.yaml", error=ConfigError)


def test_data_that_holds_itself_is_refused() -> None:
    data: dict[str, Any] = {}
    data["training"] = data

    assert sentence(training=data) == "a.yaml: nested more than 50 levels deep"


@pytest.mark.parametrize("kind", [Loose, LooseInside])
def test_a_dataclass_that_would_ignore_unknown_keys_is_a_bug(kind: type) -> None:
    with pytest.raises(TypeError, match="Loose'> must be a strict_dataclass"):
        parse_strict(kind, {}, where="a.yaml", error=ConfigError)


names = st.sampled_from(["name", "training", "steps", "either", "table", "epochs", "pair", "x"])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | names
oddities = st.binary(max_size=3) | st.dates() | st.just(...) | st.sets(st.integers())
trees: st.SearchStrategy[Any] = st.recursive(
    scalars | oddities,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | scalars, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(names, trees))
def test_any_data_is_parsed_or_refused_with_the_given_error(data: dict[str, Any]) -> None:
    try:
        found: object = parse_strict(Settings, data, where="a.yaml", error=ConfigError)
    except ConfigError as failure:
        found = str(failure)

    assert isinstance(found, Settings) or str(found).isprintable()


trainings = st.builds(
    Training,
    epochs=st.integers(1, 2**63 - 1),
    learning_rate=st.floats(allow_nan=False, allow_infinity=False),
)
texts = st.text(st.characters(codec="utf-8")) | st.sampled_from(
    ["1e5", "010", "1_000", "no", "~", "null", ".inf", "a: b", "- a", "#", "<<", "2024-01-01", "=",
     "\x85", "a\u2028b"]
)  # fmt: skip


@given(
    st.builds(
        Settings,
        name=texts,
        training=trainings,
        steps=st.lists(trainings, max_size=2).map(tuple) | trainings.map(lambda one: (one, one)),
        either=st.none() | st.integers(-(2**63) + 1, 2**63 - 1) | st.tuples(st.integers(0, 9)),
        note=st.none() | texts,
        table=st.dictionaries(texts, trainings | st.integers(0, 9), max_size=2),
    )
)
def test_reading_gives_back_what_was_dumped(value: Settings) -> None:
    text = dump_yaml(value)

    assert parse_strict(Settings, load(text), where="a.yaml", error=ConfigError) == value


def test_a_dump_reads_as_a_person_would_write_it() -> None:
    value = Settings("b0", steps=(Training(epochs=1),), either=(1, 2))

    assert dump_yaml(value) == (
        "name: b0\n"
        "training:\n  epochs: 3\n  learning_rate: 0.1\n  schedule: cosine\n"
        "steps:\n- epochs: 1\n  learning_rate: 0.1\n  schedule: cosine\n"
        "either: [1, 2]\npair: [1, 2]\nis_fast: false\nnote: null\ntable: {}\n"
    )

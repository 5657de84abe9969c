import pickle
from dataclasses import FrozenInstanceError, field, replace
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from mbscale.errors import ArchitectureError, ConfigError
from mbscale.strict_dataclass import settings_dataclass
from mbscale.strict_yaml import dump_yaml, load_yaml, parse_strict

Rate = Annotated[float, Field(ge=0, lt=1, description="A share.")]


@settings_dataclass
class Training:
    epochs: Annotated[int, Field(ge=1, description="Passes over the images.")] = 3
    rate: Annotated[float, Field(gt=0, le=1, description="Step size.")] = 0.5
    side: Annotated[int | None, Field(ge=8, description="Pixels; null keeps them.")] = None
    rates: tuple[Rate, ...] = (0.5,)
    schedule: Literal["cosine", "one_cycle"] = "cosine"

    def __post_init__(self) -> None:
        # Divides: a bad number must be refused before.
        if 1 / self.rate > self.epochs:
            msg = f"rate {self.rate:g} is too low for {self.epochs} epochs"
            raise ConfigError(msg)


@settings_dataclass(error=ArchitectureError)
class Settings:
    training: Training = field(default_factory=Training)
    steps: tuple[Training, ...] = ()


BAD = [
    ({"epochs": 0}, "epochs must be at least 1; got 0"),
    ({"rate": 0.0}, "rate must be above 0 and at most 1; got 0.0"),
    ({"rate": 2}, "rate must be above 0 and at most 1; got 2"),
    ({"side": 7}, "side must be at least 8, or null; got 7"),
    ({"epochs": "3"}, "epochs must be a whole number; got '3'"),
    ({"epochs": True}, "epochs must be a whole number; got True"),
    ({"rate": float("nan")}, "rate must be a finite number; got nan"),
    (
        {"schedule": "cosin"},
        "schedule must be 'cosine' or 'one_cycle'; got 'cosin'; did you mean 'cosine'?",
    ),
]


@pytest.mark.parametrize(("change", "sentence"), BAD)
def test_python_refuses_what_yaml_refuses_in_the_same_words(
    change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError) as built:
        Training(**change)
    with pytest.raises(ConfigError) as replaced:
        replace(Training(), **change)
    with pytest.raises(ConfigError) as parsed:
        parse_strict(Settings, {"training": change}, where="a.yaml", error=ConfigError)

    assert str(built.value) == str(replaced.value) == sentence
    assert str(parsed.value) == f"a.yaml: training.{sentence}"


def test_an_item_of_a_list_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^rates\.1 must be from 0 to below 1; got 1\.0$"):
        Training(rates=(0.5, 1.0))
    data = {"steps": [{}, {"rates": [2]}]}
    with pytest.raises(ConfigError, match=r"^a: steps\.1\.rates\.0 must be from 0 to below 1"):
        parse_strict(Settings, data, where="a", error=ConfigError)


def test_fields_are_checked_before_what_they_must_be_together() -> None:
    with pytest.raises(ConfigError, match=r"^rate 0\.1 is too low for 3 epochs$"):
        Training(rate=0.1)
    with pytest.raises(ConfigError, match=r"^a: training: rate 0\.1 is too low for 3 epochs$"):
        parse_strict(Settings, {"training": {"rate": 0.1}}, where="a", error=ConfigError)


def test_a_part_must_be_made_of_its_class_and_the_error_is_that_of_the_class() -> None:
    with pytest.raises(ArchitectureError, match="training must be an instance of Training; got 3"):
        Settings(training=3)  # type: ignore[arg-type]


def test_a_whole_number_for_a_fraction_is_the_fraction_as_from_yaml() -> None:
    built = Training(rate=1)
    parsed = parse_strict(Training, {"rate": 1}, where="a", error=ConfigError)

    assert repr(built) == repr(parsed)


def test_settings_are_frozen_small_hashable_and_can_be_sent_to_another_process() -> None:
    settings = Settings(steps=(Training(epochs=4),))

    assert pickle.loads(pickle.dumps(settings)) == settings
    assert hash(settings) == hash(replace(settings))
    assert not hasattr(settings, "__dict__")
    with pytest.raises(FrozenInstanceError):
        settings.steps = ()  # type: ignore[misc]


trainings = st.builds(
    Training,
    epochs=st.integers(10, 99),
    rate=st.floats(0.1, 1),
    side=st.none() | st.integers(8, 99),
    rates=st.lists(st.floats(0, 0.99)).map(tuple),
)


@given(trainings)
def test_what_python_takes_yaml_takes(settings: Training) -> None:
    data = load_yaml(dump_yaml(settings), where="a", error=ConfigError)

    assert parse_strict(Training, data, where="a", error=ConfigError) == settings

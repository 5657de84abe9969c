"""Settings that cannot mean anything are refused where they are written."""

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbscale.errors import ConfigError
from mbscale.proxy.settings import ProxySettings
from mbscale.strict_yaml import parse_strict


def _parse(data: dict[str, Any]) -> ProxySettings:
    return parse_strict(ProxySettings, data, where="test.yaml", error=ConfigError)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"evaluator": "guess"}, "train"),
        ({"resolution": 4}, "resolution must be from 8 to 65536"),
        ({"stem_stride": 3}, "1 or 2; got"),
        ({"stage_strides": [1, 4]}, "1 or 2; got"),
        ({"width_factor": 0}, "width_factor must be above 0"),
        ({"device": "tpu"}, "device must be auto, cpu"),
        ({"data": {"name": "mnist"}}, "fashion_mnist"),
        ({"data": {"name": "npz"}}, "needs a path"),
        ({"data": {"path": "a.npz"}}, "takes no path"),
        ({"data": {"image_size": 8}}, "fashion_mnist takes no image_size"),
        ({"resolution": 100_000}, "resolution must be from 8 to 65536, or null"),
        ({"training": {"threads": 5000}}, "threads must be from 1 to 1024"),
        ({"data": {"n_train": 0}}, "n_train must be at least 1"),
        ({"data": {"split_seed": -1}}, "split_seed must be at least 0"),
        ({"data": {"crop_padding": 33}}, "crop_padding must be from 0 to 32"),
        ({"training": {"epochs": 0}}, "epochs must be at least 1"),
        ({"training": {"epochs": 2.5}}, "training.epochs"),
        ({"training": {"batch_size": "64"}}, "training.batch_size"),
        ({"training": {"learning_rate": 0}}, "learning_rate must be above 0"),
        ({"training": {"weight_decay": -1}}, "weight_decay must be at least 0"),
        ({"training": {"label_smoothing": 1}}, "label_smoothing must be from 0"),
        ({"training": {"momentum": -0.1}}, "momentum must be from 0"),
        ({"training": {"warmup": 1.1}}, "warmup must be from 0 to 1"),
        ({"training": {"bn_momentum": 0}}, "bn_momentum must be above 0"),
        ({"training": {"threads": 0}}, "threads must be from 1 to 1024"),
        ({"training": {"epoch": 3}}, "did you mean 'epochs'"),
    ],
)
def test_a_value_out_of_range_is_one_sentence(data: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        _parse(data)

    assert "\n" not in str(caught.value)


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
names = st.sampled_from(
    ("evaluator", "resolution", "stem_stride", "stage_strides", "width_factor", "device")
)


@given(st.dictionaries(names, values | st.lists(values, max_size=3)))
def test_anything_else_in_yaml_is_settings_or_a_sentence(data: dict[str, Any]) -> None:
    try:
        assert isinstance(_parse(data), ProxySettings)
    except ConfigError as failure:
        assert str(failure).startswith("test.yaml")  # noqa: PT017 - either outcome is right


def test_settings_can_be_sent_to_another_process() -> None:
    settings = _parse({"training": {"epochs": 5}, "stage_strides": [1, 2]})

    assert pickle.loads(pickle.dumps(settings)) == settings

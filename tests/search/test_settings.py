from typing import Any

import pytest

from mbscale.errors import ConfigError
from mbscale.search.settings import ConfirmSettings, SearchSettings
from mbscale.strict_yaml import parse_strict


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"n_trials": 0}, "n_trials must be at least 1; got 0"),
        ({"sampler": "tpee"}, "sampler"),
        ({"n_trails": 3}, "unknown setting 'n_trails'; did you mean 'n_trials'?"),
        ({"timeout_seconds": 0}, "timeout_seconds must be above 0, or null; got 0"),
        ({"objective": {"target_macs": -1}}, "target_macs must be above 0; got -1"),
        ({"objective": {"exponent": 0.07}}, "exponent must be from -10 to 0; got 0.07"),
        ({"objective": {"min_macs": 2, "max_macs": 1}}, "min_macs 2 is above max_macs 1"),
        ({"n_workers": 2, "executor": "inline"}, "n_workers 2 needs executor: process"),
        (
            {"sampler": "evolution", "objective": {"multi_objective": True}},
            "sampler 'evolution' follows one objective",
        ),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(data: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_strict(SearchSettings, data, where="search", error=ConfigError)

    assert sentence in str(caught.value)


def test_one_seed_cannot_tell_networks_apart() -> None:
    with pytest.raises(ConfigError, match="n_seeds must be at least 2"):
        ConfirmSettings(n_seeds=1)

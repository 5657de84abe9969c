import math
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
        ({"objective": {"target_macs": -1}}, "target_macs must be from 1 to 1e+15; got -1"),
        ({"objective": {"exponent": 0.07}}, "exponent must be from -10 to 0; got 0.07"),
        ({"objective": {"min_macs": 2, "max_macs": 1}}, "min_macs 2 is above max_macs 1"),
        ({"objective": {"max_params": 0}}, "max_params must be above 0, or null; got 0"),
        ({"objective": {"min_params": 2, "max_params": 1}}, "min_params 2 is above max_params 1"),
        ({"objective": {"min_peak_memory": 2, "max_peak_memory": 1}}, "min_peak_memory 2 is above"),
        ({"n_workers": 2, "executor": "inline"}, "n_workers 2 needs executor: process"),
        ({"pruner_risk": 0}, "pruner_risk must be above 0 and below 0.5; got 0"),
        ({"pruner_risk": 0.5}, "pruner_risk must be above 0 and below 0.5; got 0.5"),
        ({"pruner_risk": -0.1}, "pruner_risk must be above 0 and below 0.5; got -0.1"),
        ({"pruner_risk": math.nan}, "pruner_risk must be a finite number; got nan"),
        ({"pruner_risk": True}, "pruner_risk must be a number; got True"),
        ({"pruner_risk": "0.1"}, "pruner_risk must be a number; got '0.1'"),
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


@pytest.mark.parametrize("risk", [0.0, 0.5, 1.0, math.nan, math.inf])
def test_a_risk_that_is_no_small_chance_is_refused(risk: float) -> None:
    with pytest.raises(
        ConfigError, match=r"pruner_risk must be (above 0 and below 0\.5|a finite number); got"
    ):
        SearchSettings(pruner_risk=risk)


def test_one_seed_cannot_tell_networks_apart() -> None:
    with pytest.raises(ConfigError, match="n_seeds must be at least 2"):
        ConfirmSettings(n_seeds=1)

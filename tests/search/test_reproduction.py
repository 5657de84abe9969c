from dataclasses import replace
from pathlib import Path

import pytest
from synthetic_search import OBJECTIVE, SyntheticEvaluator, make_task, search

from mbscale.errors import ConfigError
from mbscale.search.reproduction import reproduce_trial


def test_every_trained_trial_comes_out_the_same(tmp_path: Path) -> None:
    task = make_task("random", n_trials=8)
    evaluator = SyntheticEvaluator(fails_above=60_000)
    records = search(task, tmp_path, evaluator).records

    for record in records:
        assert all(one.is_same for one in reproduce_trial(task, record, evaluator))


def test_a_number_that_was_changed_is_found(tmp_path: Path) -> None:
    task = make_task(n_trials=1)
    record = search(task, tmp_path).records[0]
    assert record.accuracy is not None
    changed = replace(record, accuracy=record.accuracy + 1e-12)

    found = reproduce_trial(task, changed, SyntheticEvaluator())

    assert [one.name for one in found if not one.is_same] == ["accuracy"]


def test_a_trial_that_was_not_trained_cannot_be_reproduced(tmp_path: Path) -> None:
    task = make_task("random", objective=replace(OBJECTIVE, max_macs=1.0))
    record = search(task, tmp_path).records[0]

    with pytest.raises(ConfigError, match=r"trial 0 is infeasible .* was not trained"):
        reproduce_trial(task, record, SyntheticEvaluator())

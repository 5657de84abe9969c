"""What one finished trial says, and which of many is the best."""

from dataclasses import replace
from typing import get_args

import pytest

from mbscale.results.record import Record, TrialState, find_best

RECORD = Record(
    number=3, state="complete", key="a1", architecture="", choices=(), macs=1, params=1,
    activations=1, accuracy=0.5, log_loss=1.0, reward=0.5, seconds=1.0, epochs=1, seed=0,
    reason="",
)  # fmt: skip


@pytest.mark.parametrize("state", get_args(TrialState))
def test_a_trial_that_was_paid_for_is_evaluated(state: TrialState) -> None:
    is_refused = state in ("infeasible", "duplicate")

    assert replace(RECORD, state=state).is_evaluated == (not is_refused)


def test_the_best_is_complete_and_the_first_of_equals() -> None:
    first = replace(RECORD, number=1)
    pruned = replace(RECORD, number=0, state="pruned", reward=0.9)
    worse = replace(RECORD, number=2, reward=-0.5)

    assert find_best([RECORD, pruned, worse, first]) == first
    assert find_best([worse]) == worse
    assert find_best([pruned]) is None

"""Whether a network meets its target."""

from dataclasses import replace

import pytest

from mbscale.results.record import Record
from mbscale.search.outcome import describe_miss, has_missed_target
from mbscale.search.settings import ObjectiveKind, ObjectiveSettings

RECORD = Record(
    number=0,
    state="complete",
    key="k",
    architecture="ds_r1_k3_s1_e1_c8",
    choices=(),
    macs=100,
    params=1,
    activations=1,
    accuracy=0.5,
    log_loss=1.0,
    reward=0.5,
    seconds=1.0,
    epochs=1,
    seed=0,
    reason="",
)


@pytest.mark.parametrize("kind", ["soft", "hard", "absolute"])
@pytest.mark.parametrize(("macs", "is_missed"), [(100, False), (110, False), (111, True)])
def test_more_than_a_tenth_above_misses(kind: ObjectiveKind, macs: int, *, is_missed: bool) -> None:
    objective = ObjectiveSettings(kind=kind, target_macs=100)

    assert has_missed_target(replace(RECORD, macs=macs), objective) is is_missed


@pytest.mark.parametrize(("kind", "is_missed"), [("soft", True), ("hard", False)])
def test_hard_has_no_target_from_below(kind: ObjectiveKind, *, is_missed: bool) -> None:
    objective = ObjectiveSettings(kind=kind, target_macs=100)

    assert has_missed_target(replace(RECORD, macs=50), objective) is is_missed


def test_the_sentence_says_how_far_and_what_would_bind() -> None:
    sentence = describe_miss(replace(RECORD, macs=50), ObjectiveSettings(target_macs=100))

    assert "50% below the target" in sentence
    assert "absolute" in sentence

"""Constants trained again at phi = 2 before they are fixed."""

from dataclasses import replace

import pytest
from synthetic_scaling import B0, SyntheticEvaluator, make_scaling_task, scale_in_memory

from mbscale.search.scaling.settings import CandidateSettings, ScaleSettings


def test_phi_2_is_trained_before_the_constants_are_fixed() -> None:
    evaluator = SyntheticEvaluator(B0, (0.3, 0.3, 0.4), noise=0.001)

    outcome = scale_in_memory(make_scaling_task(), evaluator)

    ratios = [entry.trained.candidate.measured_ratio for entry in outcome.confirmations]
    assert ratios == pytest.approx([4] * len(ratios), rel=0.1)
    assert sum(entry.is_chosen for entry in outcome.confirmations) == 1
    assert all(len(entry.trained.evaluations) == 3 for entry in outcome.confirmations)
    assert any("none of 3 networks beats that of the best" in text for text in outcome.messages)


def test_upsampling_at_phi_2_is_warned_of_where_phi_1_has_none() -> None:
    # Twice the cost by resolution alone is 316 pixels, four times 447.
    task = replace(make_scaling_task(n_confirmed=1), source_resolution=330)
    again = replace(task, settings=replace(task.settings, confirm_phi_2=False))
    evaluator = SyntheticEvaluator(B0, (0.0, 0.0, 1.0), noise=0.001)

    assert any("upsampling" in text for text in scale_in_memory(task, evaluator).messages)
    assert not any("upsampling" in text for text in scale_in_memory(again, evaluator).messages)


@pytest.mark.parametrize(
    "chosen",
    [
        ScaleSettings(confirm_phi_2=False),
        ScaleSettings(candidates=CandidateSettings(phi_search=2)),
    ],
)
def test_nothing_is_confirmed_where_it_is_not_asked_for_or_would_be_the_same(
    chosen: ScaleSettings,
) -> None:
    task = replace(make_scaling_task(), settings=chosen)
    outcome = scale_in_memory(task, SyntheticEvaluator(B0, (0.3, 0.3, 0.4), noise=0.001))

    assert outcome.confirmations == ()
    assert task.settings.n_confirmations == 0
    assert ScaleSettings(n_seeds=5, n_confirmed=3).n_confirmations == 20


@pytest.mark.parametrize(
    ("shares", "n_trained", "sentence"),
    [
        ((0.0, 0.0, 1.0), 0, "the best constants were not trained at phi = 2: 2 ** 2 times"),
        ((0.2, 0.2, 0.6), 1, "resolution alone was not trained at phi = 2: 2 ** 2 times"),
    ],
)
def test_what_a_cap_on_the_resolution_rules_out_at_phi_2_is_said(
    shares: tuple[float, float, float], n_trained: int, sentence: str
) -> None:
    # Pixels alone reach twice the cost below 320, but not four times.
    capped = CandidateSettings(max_resolution=320)
    task = make_scaling_task(seed=1, candidates=capped, n_confirmed=1)
    outcome = scale_in_memory(task, SyntheticEvaluator(B0, shares, noise=0.001))

    assert len(outcome.confirmations) == n_trained
    assert any(text.startswith(sentence) for text in outcome.messages), outcome.messages

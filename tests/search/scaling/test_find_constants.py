"""Stage 2 against evaluators whose best constants are known."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic_scaling import B0, TINY, SyntheticEvaluator, make_scaling_task, scale_in_memory

from mbscale.errors import ConfigError, RunError
from mbscale.search.evaluation_log import EvaluationLog
from mbscale.search.execution.executors import InlineExecutor
from mbscale.search.scaling.best_split import to_constants
from mbscale.search.scaling.find_constants import ScalingOutcome, run_scaling
from mbscale.search.scaling.rounds import plan_rounds, spread_candidates
from mbscale.search.scaling.settings import CandidateSettings, ScaleSettings
from mbscale.space.architecture import Architecture
from mbscale.space.candidates import CONTROLS, find_candidates


def _holds(outcome: ScalingOutcome, shares: tuple[float, float, float]) -> bool:
    truth = to_constants(shares, 2)
    split = outcome.split
    return all(
        interval.low - 1e-9 <= value <= interval.high + 1e-9
        for interval, value in (
            (split.alpha, truth.alpha),
            (split.beta, truth.beta),
            (split.gamma, truth.gamma),
        )
    )


@pytest.mark.slow
@pytest.mark.parametrize("shares", [(0.28, 0.29, 0.43), (0.0, 1.0, 0.0)])
def test_known_constants_lie_in_their_own_interval_in_90_of_100_runs(
    shares: tuple[float, float, float],
) -> None:
    outcomes = [
        scale_in_memory(make_scaling_task(seed=seed), SyntheticEvaluator(B0, shares, noise=0.003))
        for seed in range(100)
    ]

    assert sum(_holds(outcome, shares) for outcome in outcomes) >= 90
    widths = [outcome.split.beta.high - outcome.split.beta.low for outcome in outcomes]
    assert np.median(widths) < 0.2


def test_without_noise_the_best_constants_are_found() -> None:
    shares = (0.28, 0.29, 0.43)
    outcome = scale_in_memory(make_scaling_task(), SyntheticEvaluator(B0, shares))

    assert outcome.is_fitted
    assert outcome.split.shares == pytest.approx(shares, abs=0.06)
    assert outcome.constants.nominal_multiple == pytest.approx(2)


def test_compound_that_wins_is_said_to_win() -> None:
    evaluator = SyntheticEvaluator(B0, (0.3, 0.3, 0.4), noise=0.0005)

    comparison = scale_in_memory(make_scaling_task(), evaluator).comparison

    assert comparison.statement.startswith("compound scaling beats the best single dimension")


def test_compound_that_does_not_win_is_said_not_to() -> None:
    evaluator = SyntheticEvaluator(B0, (1 / 3, 1 / 3, 1 / 3), noise=0.01, curvature=0)

    comparison = scale_in_memory(make_scaling_task(seed=1), evaluator).comparison

    assert "does not beat" in comparison.statement
    assert "beyond noise" in comparison.statement
    assert comparison.difference is not None
    assert comparison.difference.low < 0 < comparison.difference.high


def test_compound_that_loses_is_said_to_lose() -> None:
    evaluator = SyntheticEvaluator(B0, (0, 1, 0), noise=0.0005, curvature=0.2)

    comparison = scale_in_memory(make_scaling_task(), evaluator).comparison

    assert comparison.statement.startswith("compound scaling loses to")
    assert comparison.dimension == "width"


@pytest.mark.parametrize("shares", [(0.0, 1.0, 0.0), (0.3, 0.3, 0.4)])
def test_the_finalists_have_all_seeds_and_both_kinds_are_among_them(
    shares: tuple[float, float, float],
) -> None:
    outcome = scale_in_memory(
        make_scaling_task(n_seeds=4), SyntheticEvaluator(B0, shares, noise=0.001)
    )

    finalists = [entry for entry in outcome.trained if len(entry.evaluations) == 4]
    assert 4 <= len(finalists) <= 6
    assert {entry.dimension is None for entry in finalists} == {True, False}
    assert len(outcome.baseline.evaluations) == 4


def test_no_two_trainings_share_a_seed() -> None:
    evaluator = SyntheticEvaluator(B0, (0.3, 0.3, 0.4))
    scale_in_memory(make_scaling_task(), evaluator)

    seeds = [seed for _, seed, _ in evaluator.calls]
    assert len(set(seeds)) == len(seeds) >= sum(plan_rounds(13, ScaleSettings()))


def test_every_candidate_sees_its_own_share_of_the_proxy_resolution() -> None:
    task = replace(make_scaling_task(), proxy_resolution=96)

    assert [task.to_proxy(pixels) for pixels in (224, 256, 320)] == [96, 110, 137]


def test_a_stopped_run_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    path = tmp_path / "evaluations.jsonl"
    whole = SyntheticEvaluator(B0, (0.3, 0.3, 0.4), noise=0.002)
    expected = run_scaling(make_scaling_task(), whole, EvaluationLog(path, fingerprint="a"))
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:10]) + lines[10][:30])

    rest = SyntheticEvaluator(B0, (0.3, 0.3, 0.4), noise=0.002)
    outcome = run_scaling(make_scaling_task(), rest, EvaluationLog(path, fingerprint="a"))

    assert len(rest.calls) == len(whole.calls) - 10
    assert outcome == expected
    assert path.read_text().splitlines(keepends=True) == lines


def test_evaluations_with_another_fingerprint_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "evaluations.jsonl"
    first = SyntheticEvaluator(B0, (0.3, 0.3, 0.4))
    run_scaling(make_scaling_task(), first, EvaluationLog(path, fingerprint="3 epochs"))

    second = SyntheticEvaluator(B0, (0.3, 0.3, 0.4))
    run_scaling(make_scaling_task(), second, EvaluationLog(path, fingerprint="9 epochs"))

    assert len(second.calls) == len(first.calls)


def test_a_log_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evaluations.jsonl"
    path.write_text(json.dumps({"network": 1}) + "\n")

    with pytest.raises(RunError, match="line 1 holds no evaluation"):
        EvaluationLog(path)


def test_an_executor_gives_the_same_outcome() -> None:
    task = make_scaling_task()
    inline = scale_in_memory(task, SyntheticEvaluator(B0, (0.3, 0.3, 0.4), noise=0.002))

    with ThreadPoolExecutor(3) as executor:
        parallel = run_scaling(
            task,
            SyntheticEvaluator(B0, (0.3, 0.3, 0.4), noise=0.002),
            EvaluationLog(),
            executor=executor,
        )

    assert parallel == inline


def test_what_was_trained_before_an_interrupt_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "evaluations.jsonl"
    evaluator = SyntheticEvaluator(B0, (0.3, 0.3, 0.4))

    def interrupt(architecture: Architecture) -> str:
        if len(evaluator.calls) > 5:
            raise KeyboardInterrupt
        return ""

    evaluator.reason = interrupt
    with pytest.raises(KeyboardInterrupt):
        run_scaling(make_scaling_task(), evaluator, EvaluationLog(path), executor=InlineExecutor())

    assert len(path.read_text().splitlines()) == 5


def test_failed_candidates_are_left_out_and_named() -> None:
    evaluator = SyntheticEvaluator(
        B0,
        (0.3, 0.3, 0.4),
        reason=lambda architecture: "out of memory" if architecture.stem.width > 32 else "",
    )

    outcome = scale_in_memory(make_scaling_task(), evaluator)

    assert any("failed; the first because: out of memory" in text for text in outcome.messages)
    assert all(entry.evaluations or entry.failure for entry in outcome.trained)


def test_a_stage_in_which_all_fail_is_an_error() -> None:
    evaluator = SyntheticEvaluator(B0, (1, 0, 0), reason=lambda architecture: "NaN at epoch 1")

    with pytest.raises(RunError, match="got 0 of 13; the first failure: NaN at epoch 1"):
        scale_in_memory(make_scaling_task(), evaluator)


def test_a_tiny_baseline_ends_with_constants_too() -> None:
    outcome = scale_in_memory(
        make_scaling_task(TINY), SyntheticEvaluator(TINY, (0.3, 0.3, 0.4), noise=0.002)
    )

    assert outcome.constants.nominal_multiple == pytest.approx(2)
    assert outcome.measured_product > 1


def test_too_few_networks_for_a_surface_are_said_to_be() -> None:
    outcome = scale_in_memory(
        make_scaling_task(max_candidates=6), SyntheticEvaluator(B0, (0.1, 0.8, 0.1), noise=0.0005)
    )

    assert not outcome.is_fitted
    assert any("too few for a curved surface" in text for text in outcome.messages)
    assert outcome.split.beta.low <= outcome.split.beta.best <= outcome.split.beta.high


def test_controls_that_are_left_out_are_named() -> None:
    messages = scale_in_memory(
        make_scaling_task(max_candidates=4), SyntheticEvaluator(B0, (0.3, 0.3, 0.4))
    ).messages

    assert any("max_candidates of 4 leaves out the controls paper" in text for text in messages)


def test_log_loss_ranks_where_it_is_asked_to() -> None:
    outcome = scale_in_memory(
        make_scaling_task(metric="log_loss"), SyntheticEvaluator(B0, (0.3, 0.3, 0.4), noise=0.001)
    )

    assert "of log loss" in outcome.comparison.statement
    assert outcome.split.score.best < 0


def test_few_epochs_and_upsampled_images_are_warned_of() -> None:
    task = replace(make_scaling_task(), epochs=3, proxy_resolution=28, source_resolution=28)

    messages = scale_in_memory(task, SyntheticEvaluator(B0, (0.3, 0.3, 0.4))).messages

    assert any("3 epochs favor width" in text for text in messages)
    assert any("upsampling" in text for text in messages)


def test_a_short_list_keeps_the_controls_and_covers_the_rest() -> None:
    candidates = find_candidates(B0, CandidateSettings(resolution_multiple=1)).candidates

    chosen = spread_candidates(B0, candidates, limit=9)

    assert len(chosen) == 9
    names = {name for entry in chosen for name in (entry.control or "").split("+")}
    assert names - {""} == set(CONTROLS)


@pytest.mark.parametrize(
    "setting",
    [{"n_seeds": 2}, {"max_candidates": 1}, {"n_finalists": 1}, {"n_confirmed": 0}],
)
def test_settings_outside_their_range_are_refused(setting: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="must be from"):
        ScaleSettings(**setting)  # type: ignore[arg-type]

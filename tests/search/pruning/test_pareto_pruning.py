import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_search import OBJECTIVE, SyntheticEvaluator, make_task, search

from mbscale.errors import ConfigError
from mbscale.results.pareto import pareto_records
from mbscale.results.record import Record
from mbscale.search.execution.jobs import Curve
from mbscale.search.objective import make_objective
from mbscale.search.pruning.pareto_pruning import LEAST_COMPLETE, find_floors
from mbscale.search.settings import SamplerName, SearchSettings

TWO = replace(OBJECTIVE, multi_objective=True)


def make_record(number: int, *, macs: int, accuracy: float) -> Record:
    return Record(
        number=number, state="complete", key=str(number), architecture="", choices=(), macs=macs,
        params=1, activations=1, accuracy=accuracy, log_loss=1.0, reward=accuracy, seconds=1.0,
        epochs=3, seed=0, reason="",
    )  # fmt: skip


def known_trials(gains: list[float]) -> list[tuple[Record, Curve]]:
    """Trial ``i`` costs ``100 * i`` and ends at ``0.5 + i / 100``, so much above epoch 1."""
    ends = [0.5 + i / 100 for i in range(len(gains))]
    return [
        (make_record(i, macs=100 * i, accuracy=end), (end - gain, end))
        for i, (end, gain) in enumerate(zip(ends, gains, strict=True))
    ]


def list_floors(macs: int, known: list[tuple[Record, Curve]], *, risk: float = 0.02) -> Curve:
    return find_floors(macs, known, None, risk=risk)


GAINS = st.lists(st.floats(0, 0.4), min_size=LEAST_COMPLETE, max_size=30)
RISKS = st.floats(0.001, 0.499)


@given(GAINS, st.integers(0, 4000))
def test_no_training_is_stopped_that_a_gain_seen_before_would_bring_to_the_front(
    gains: list[float], macs: int
) -> None:
    known = known_trials(gains)
    best = max(record.accuracy or 0 for record, _ in known if record.macs <= macs)

    (floor,) = list_floors(macs, known)

    assert floor + max(gains) <= best + 1e-12


@given(GAINS, st.integers(0, 2000), st.integers(0, 2000))
def test_who_costs_less_is_asked_for_no_more(gains: list[float], macs: int, more: int) -> None:
    known = known_trials(gains)

    assert list_floors(macs, known) <= list_floors(macs + more, known)


@given(GAINS, RISKS, RISKS)
def test_a_higher_risk_never_lowers_a_floor(gains: list[float], one: float, other: float) -> None:
    known = known_trials(gains)
    low, high = sorted((one, other))

    assert list_floors(4000, known, risk=low) <= list_floors(4000, known, risk=high)


@given(GAINS, RISKS)
def test_no_more_of_the_gains_seen_than_the_risk_allows_are_above_the_limit(
    gains: list[float], risk: float
) -> None:
    known = known_trials(gains)

    (floor,) = list_floors(4000, known, risk=risk)

    limit = 0.5 + (len(gains) - 1) / 100 - floor
    n_above = sum(gain > limit + 1e-12 for gain in gains)
    assert n_above <= risk * (len(gains) + 1)


@pytest.mark.parametrize("risk", [0.02, 0.05, 0.1, 0.2, 0.3])
@pytest.mark.parametrize("shape", [0.3, 1.0, 9.0])
def test_the_next_gain_is_above_the_limit_no_more_often_than_the_risk(
    risk: float, shape: float
) -> None:
    # Gamma gains: many are small and a few large, the more so the smaller the shape.
    draw = np.random.default_rng(0).gamma(shape, 0.01, size=(400, 61))
    best = 0.5 + 59 / 100
    limits = [best - list_floors(6000, known_trials(list(row[:60])), risk=risk)[0] for row in draw]

    share = float(np.mean(draw[:, 60] > limits))

    error = math.sqrt(risk * (1 - risk) / len(draw))
    assert share <= risk + 3 * error


def test_the_default_allows_for_the_largest_gain_and_for_more_where_few_are_known() -> None:
    known = known_trials([0.1] * 4 + [0.3] * 4)

    (floor,) = list_floors(700, known, risk=SearchSettings().pruner_risk)

    # 2.517 is the 98 % quantile of Student's t with 7 degrees of freedom in printed tables.
    assert floor == pytest.approx(0.57 - (0.2 + 2.517 * 0.1 * math.sqrt(9 / 7)), abs=1e-4)


def test_of_many_gains_a_share_of_the_largest_is_left_out() -> None:
    # Of 99 gains one is far off: 2 % of 100 may be above the second largest.
    known = known_trials([0.1] * 98 + [0.4])

    assert list_floors(9900, known[1:]) == pytest.approx((1.48 - 0.4,))
    assert 1.48 - 0.4 < list_floors(9900, known)[0] < 1.48 - 0.1


def test_equal_gains_leave_no_doubt() -> None:
    known = known_trials([0.1] * 10)

    assert list_floors(450, known) == pytest.approx((0.54 - 0.1,))


def test_nothing_is_stopped_before_enough_is_known() -> None:
    known = known_trials([0.1] * 10)

    assert list_floors(450, known[: LEAST_COMPLETE - 1]) == ()
    assert list_floors(50, known[1:]) == ()


def test_a_reward_in_reach_is_not_given_up_for_the_front() -> None:
    # Far below the target: more MACs at less accuracy can still be the better network.
    pull = replace(OBJECTIVE, kind="absolute", target_macs=900.0)
    last = (make_record(20, macs=10, accuracy=0.6), (0.5, 0.6))
    known = [
        (replace(record, reward=(record.accuracy or 0) - 0.1 * abs(record.macs / 900 - 1)), curve)
        for record, curve in [*known_trials([0.1] * 9), last]
    ]

    assert find_floors(900, known, None, risk=0.02) == pytest.approx((0.5,))
    # Trial 8 has 0.58 at 800 MACs: a reward that 900 MACs reach with 0.569.
    assert find_floors(900, known, make_objective(pull), risk=0.02) == pytest.approx(
        (0.58 - 0.1 / 9 - 0.1,)
    )


def count_stopped(records: Sequence[Record]) -> int:
    return sum(record.state == "pruned" for record in records)


@pytest.mark.parametrize("multi_objective", [False, True])
@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "random"])
def test_a_pruned_search_stopped_again_and_again_equals_one_that_ran_through(
    tmp_path: Path, sampler: SamplerName, *, multi_objective: bool
) -> None:
    objective = replace(OBJECTIVE, multi_objective=multi_objective)
    evaluator = SyntheticEvaluator(epochs=3, halves_thirds=True)
    task = make_task(sampler, n_trials=25, objective=objective, pruner="pareto")
    whole = search(task, tmp_path / "whole", evaluator)
    for n_trials in (5, 12, 18):
        part = replace(task, settings=replace(task.settings, n_trials=n_trials))
        search(part, tmp_path / "parts", evaluator)

    resumed = search(task, tmp_path / "parts", evaluator)

    assert resumed.records == whole.records
    assert any(record.state == "pruned" for record in whole.records)


def test_the_front_is_the_one_of_a_search_that_stops_nothing(tmp_path: Path) -> None:
    evaluator = SyntheticEvaluator(epochs=3, halves_thirds=True)
    pruned = search(make_task("random", n_trials=40, pruner="pareto"), tmp_path / "a", evaluator)
    full = search(make_task("random", n_trials=40), tmp_path / "b", evaluator)

    assert pareto_records(pruned.records) == pareto_records(full.records)


def test_a_search_stops_more_at_a_higher_risk(tmp_path: Path) -> None:
    evaluator = SyntheticEvaluator(epochs=3, halves_thirds=True)
    task = make_task("random", n_trials=40, pruner="pareto")
    low = search(task, tmp_path / "low", evaluator)
    settings = replace(task.settings, pruner_risk=0.4)
    high = search(replace(task, settings=settings), tmp_path / "high", evaluator)

    assert count_stopped(high.records) > count_stopped(low.records) > 0


def test_pruning_by_log_loss_is_refused() -> None:
    with pytest.raises(ConfigError, match="it needs metric: accuracy"):
        SearchSettings(pruner="pareto", objective=replace(OBJECTIVE, metric="log_loss"))

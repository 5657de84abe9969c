import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mbscale.results.pareto import hypervolume, pareto_mask, pareto_records
from mbscale.results.record import Record, TrialState

Array = NDArray[np.float64]

# Few distinct values, so that ties, copies and both zeros are common.
VALUES = st.sampled_from([-np.inf, -1.0, -0.0, 0.0, 0.5, 1.0, 2.0, 3.0, np.inf])


def tables(objectives: int) -> st.SearchStrategy[Array]:
    rows = st.lists(st.tuples(*[VALUES] * objectives), max_size=40)
    return rows.map(lambda rows: np.array(rows, dtype=float).reshape(-1, objectives))


any_table = st.integers(1, 4).flatmap(tables)


def slow_mask(losses: Array) -> NDArray[np.bool_]:
    """Every row against every row."""
    no_worse = (losses[:, None, :] <= losses[None, :, :]).all(axis=2)
    better = (losses[:, None, :] < losses[None, :, :]).any(axis=2)
    return np.asarray(~(no_worse & better).any(axis=0))


def make_record(number: int, *, state: TrialState, accuracy: float | None, macs: int) -> Record:
    return Record(
        number=number, state=state, key="", architecture="", choices=(), macs=macs, params=1,
        activations=1, accuracy=accuracy, log_loss=None, reward=None, seconds=None, epochs=None,
        seed=0, reason="",
    )  # fmt: skip


@given(any_table)
def test_the_front_is_that_of_the_slow_version(losses: Array) -> None:
    np.testing.assert_array_equal(pareto_mask(losses), slow_mask(losses))


@pytest.mark.parametrize("objectives", [2, 3, 5])
def test_the_front_of_many_points_is_that_of_the_slow_version(objectives: int) -> None:
    losses = np.random.default_rng(objectives).integers(0, 30, (1500, objectives)).astype(float)

    np.testing.assert_array_equal(pareto_mask(losses), slow_mask(losses))


@given(any_table)
def test_no_front_point_dominates_another(losses: Array) -> None:
    front = losses[pareto_mask(losses)]

    assert pareto_mask(front).all()


@given(any_table, st.integers(0, 2**32 - 1))
def test_the_order_of_points_does_not_matter(losses: Array, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(losses))

    np.testing.assert_array_equal(pareto_mask(losses[order]), pareto_mask(losses)[order])


def test_equal_points_do_not_dominate_each_other() -> None:
    assert pareto_mask(np.array([[1.0, 1.0], [1.0, 1.0], [2.0, 1.0]])).tolist() == [1, 1, 0]


@pytest.mark.parametrize("objectives", [2, 3])
def test_points_on_a_falling_line_are_all_on_the_front(objectives: int) -> None:
    steps = np.arange(3000.0)
    losses = np.stack([steps, -steps, *[steps] * (objectives - 2)], axis=1)

    assert pareto_mask(losses).all()


@given(any_table.filter(len), st.data())
def test_nan_is_refused_wherever_it_stands(losses: Array, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(losses) - 1))
    column = data.draw(st.integers(0, losses.shape[1] - 1))
    losses[row, column] = np.nan

    with pytest.raises(ValueError, match="NaN"):
        pareto_mask(losses)


@pytest.mark.parametrize("shape", [(3,), (3, 0), (1, 2, 3)])
def test_a_shape_that_is_no_table_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(points, objectives\)"):
        pareto_mask(np.zeros(shape))


def test_many_points_need_little_memory() -> None:
    losses = np.random.default_rng(0).random((300_000, 2))

    # The quadratic version would hold 180 GB.
    assert 2 < pareto_mask(losses).sum() < 100


def test_hypervolume_of_one_point_is_a_rectangle() -> None:
    assert hypervolume(np.array([[1.0, 2.0]]), (4.0, 10.0)) == 3 * 8


@pytest.mark.parametrize("n", [1, 2, 10, 100])
def test_hypervolume_of_a_staircase_has_a_closed_form(n: int) -> None:
    # As in Optuna's tests: points (i, n - 1 - i) below (n, n) cover n * n - n * (n - 1) / 2.
    steps = np.arange(n, dtype=float)
    losses = np.stack([steps, n - 1 - steps], axis=1)

    assert hypervolume(losses, (n, n)) == n * n - n * (n - 1) // 2


def test_hypervolume_of_nothing_below_the_reference_is_zero() -> None:
    assert hypervolume(np.empty((0, 2)), (1.0, 1.0)) == 0
    assert hypervolume(np.array([[1.0, 0.0], [0.0, 2.0]]), (1.0, 1.0)) == 0


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=20))
def test_hypervolume_counts_the_dominated_unit_squares(points: list[tuple[int, int]]) -> None:
    squares = {(x, y) for px, py in points for x in range(px, 10) for y in range(py, 10)}

    assert hypervolume(np.array(points, dtype=float).reshape(-1, 2), (10, 10)) == len(squares)


def test_hypervolume_refuses_nan_and_three_objectives() -> None:
    with pytest.raises(ValueError, match="two objectives; got 3"):
        hypervolume(np.zeros((1, 3)), (1, 1))
    with pytest.raises(ValueError, match="NaN"):
        hypervolume(np.zeros((1, 2)), (np.nan, 1))


def test_front_records_are_sorted_by_accuracy_and_leave_failures_out() -> None:
    records = [
        make_record(0, state="failed", accuracy=None, macs=1),
        make_record(1, state="complete", accuracy=0.7, macs=100),
        make_record(2, state="complete", accuracy=0.9, macs=300),
        make_record(3, state="complete", accuracy=0.8, macs=400),
        make_record(4, state="pruned", accuracy=0.99, macs=2),
        make_record(5, state="complete", accuracy=0.7, macs=100),
    ]

    assert [record.number for record in pareto_records(records)] == [2, 1, 5]


def test_no_records_have_no_front() -> None:
    assert pareto_records([]) == ()


def test_a_complete_record_without_accuracy_is_refused() -> None:
    with pytest.raises(ValueError, match="trial 7 is complete and has no accuracy"):
        pareto_records([make_record(7, state="complete", accuracy=None, macs=1)])

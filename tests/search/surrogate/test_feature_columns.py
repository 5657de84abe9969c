"""The columns that features are made of, against the networks that vectors mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbscale.proxy.zero_cost.counts import score_stages
from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray, StageCosts
from mbscale.search.surrogate.accuracy_features import GROUPS, make_features
from mbscale.search.surrogate.feature_columns import place_options, tabulate_polynomials
from mbscale.search.tables.accel_nasbench import describe_accel_space
from mbscale.space.architecture import Architecture
from mbscale.space.encoding import Choice, decode
from mbscale.space.search_space import load_search_space

SPACE = describe_accel_space()
VECTORS = SPACE.sample(np.random.default_rng(0), 60)


def select(space: ChoiceSpace, vectors: IntArray, group: str) -> FloatArray:
    features = make_features(space)
    return features.compute(vectors)[:, features.groups == GROUPS.index(group)]


def standardize(columns: FloatArray) -> FloatArray:
    return np.asarray((columns - columns.mean(axis=0)) / columns.std(axis=0))


def decode_all(vectors: IntArray) -> list[Architecture]:
    space = load_search_space("accel_nasbench")
    return [decode(space, vector.tolist()) for vector in vectors]


def test_the_sum_of_roots_is_the_score_of_the_stages() -> None:
    scores = np.array([score_stages(one) for one in decode_all(VECTORS)])

    column = select(SPACE, VECTORS, "root")[:, 0]

    np.testing.assert_allclose(standardize(column), standardize(scores), atol=1e-9)


def test_kinds_are_weighted_by_the_roots_of_their_stages() -> None:
    roots = SPACE.count(VECTORS).stage_params ** 0.25
    networks = decode_all(VECTORS)
    sizes = np.array(
        [[[np.log(s.expand_ratio), s.kernel_size, s.se_ratio] for s in n.stages] for n in networks]
    )
    # Positions have mean 0 over the options, and the same step in every stage.
    places = sizes - np.array([np.log(24) / 3, 4, 0.125])
    expected = (roots[:, :, None] * places).sum(axis=1)

    columns = select(SPACE, VECTORS, "root_kind")

    assert columns.shape == (60, 4)
    np.testing.assert_allclose(standardize(columns[:, :3]), standardize(expected), atol=1e-9)


@pytest.mark.parametrize("group", ["root", "root_kind"])
def test_columns_have_mean_0_and_variance_1_over_the_space(group: str) -> None:
    columns = select(SPACE, SPACE.sample(np.random.default_rng(1), 20_000), group)

    np.testing.assert_allclose(columns.mean(axis=0), 0, atol=0.05)
    np.testing.assert_allclose(columns.std(axis=0), 1, atol=0.05)


def test_choices_without_a_stage_of_their_own_take_the_nearest() -> None:
    def count(vectors: IntArray) -> StageCosts:
        total = 1 + vectors.sum(axis=1)
        return StageCosts(total, total, np.stack([vectors[:, 0], 10 * vectors[:, 2]], axis=1))

    choices = tuple(Choice(f"stage{i}_depth", (1, 2), stage=i, kind="depth") for i in range(3))
    space = ChoiceSpace(choices, count, levels=(0, 1))

    column = select(space, np.array([[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]]), "root_kind")

    # The middle one belongs to the first, which has parameters in all four vectors.
    assert column[1] - column[0] == pytest.approx(column[3] - column[2])
    assert column[1] > column[0]


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=9, unique_by=round))
def test_polynomials_are_orthonormal_over_the_options(points: list[float]) -> None:
    placed = np.sort(np.array(points))
    n_degrees = min(3, len(points) - 1)
    tables = [tabulate_polynomials([placed], degree) for degree in range(1, n_degrees + 1)]
    columns = np.stack([table.look_up(np.arange(len(points))[:, None])[:, 0] for table in tables])

    np.testing.assert_allclose(columns.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(columns @ columns.T / len(points), np.eye(n_degrees), atol=1e-6)
    assert (np.diff(columns[0]) > 0).all()


@pytest.mark.parametrize(
    ("options", "places"),
    [
        ((1, 2, 4), [0, np.log(2), np.log(4)]),
        (("ds", "mbconv4", "mbconv6"), [0, np.log(4), np.log(6)]),
        (("ds", "conv", "mbconv3"), [0, 1, 2]),
        ((0.0, 0.25), [0, 1]),
        (("none", "identity"), [0, 1]),
        ((3,), [np.log(3)]),
    ],
)
def test_options_lie_at_logarithms_of_sizes_where_sizes_tell_them_apart(
    options: tuple[str | int | float, ...], places: list[float]
) -> None:
    assert place_options(Choice("stage1_any", options)).tolist() == pytest.approx(places)

"""Candidates of stage 2 against counts made before the code, and against the slow way."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbscale.errors import ConfigError
from mbscale.space.architecture import Architecture, Stage, Stem
from mbscale.space.candidate_settings import CandidateSettings
from mbscale.space.candidates import CONTROLS, CandidateSet, find_candidates
from mbscale.space.network import Network, Target
from mbscale.space.published import load_network
from mbscale.space.scaling import CompoundConstants, scale_network

B0 = load_network("efficientnet-b0")
TINY = Network(
    "tiny",
    Architecture(Stem(8, stride=1), (Stage("ds", 8, 1, 2), Stage("mbconv", 16, 1, 2, 3, 3)), 0),
    Target(28, 10),
)


def _grid_ratios(found: CandidateSet) -> list[float]:
    return [entry.measured_ratio for entry in found.candidates if entry.n_points]


def test_the_papers_rule_at_a_step_of_0_05_gives_108_points_that_are_65_networks() -> None:
    found = find_candidates(
        B0, CandidateSettings(step=0.05, constraint="nominal", resolution_multiple=1)
    )

    ratios = _grid_ratios(found)
    assert (found.n_points, found.n_networks) == (108, 65)
    assert (min(ratios), max(ratios)) == pytest.approx((1.93, 3.33), abs=0.005)
    near = [entry for entry in found.candidates if abs(entry.measured_ratio / 2 - 1) <= 0.1]
    assert sum(entry.n_points for entry in near) == 11


def test_the_papers_rule_at_a_step_of_0_1_gives_20_points_that_are_18_networks() -> None:
    found = find_candidates(
        B0, CandidateSettings(step=0.1, constraint="nominal", resolution_multiple=1)
    )

    ratios = _grid_ratios(found)
    assert (found.n_points, found.n_networks) == (20, 18)
    assert (min(ratios), max(ratios)) == pytest.approx((1.93, 2.84), abs=0.005)


@pytest.mark.parametrize("phi_search", [1, 2])
def test_measured_candidates_cost_the_multiple_on_the_stride_lattice(phi_search: int) -> None:
    chosen = CandidateSettings(phi_search=2 if phi_search == 2 else 1)
    found = find_candidates(B0, chosen)

    assert all(abs(ratio / 2**phi_search - 1) < 0.05 for ratio in _grid_ratios(found))
    assert all(entry.network.target.resolution % 32 == 0 for entry in found.candidates)


def test_every_control_is_there_at_matched_cost() -> None:
    found = find_candidates(B0, CandidateSettings(resolution_multiple=1))

    controls = {
        name: entry for entry in found.candidates for name in (entry.control or "").split("+")
    }
    assert set(controls) - {""} == set(CONTROLS)
    assert all(controls[name].measured_ratio == pytest.approx(2, rel=0.03) for name in CONTROLS)


def test_depth_alone_matches_twice_the_cost_at_figure_4s_0_78_gmacs() -> None:
    found = find_candidates(B0, CandidateSettings())

    deep = next(entry for entry in found.candidates if entry.control == "depth")
    assert (deep.alpha, deep.beta, deep.gamma) == pytest.approx((2, 1, 1), rel=0.02)
    assert round(deep.macs / 1e9, 3) == 0.782


def test_no_two_candidates_are_the_same_network() -> None:
    found = find_candidates(B0, CandidateSettings())

    keys = [entry.key for entry in found.candidates]
    assert len(set(keys)) == len(keys)


stages = st.builds(
    Stage,
    operator=st.just("mbconv"),
    width=st.integers(1, 6).map(lambda n: 8 * n),
    depth=st.integers(1, 4),
    stride=st.sampled_from([1, 2]),
    expand_ratio=st.sampled_from([1, 3, 6]),
    se_ratio=st.sampled_from([0, 0.25]),
)
baselines = st.builds(
    Network,
    name=st.just("baseline"),
    architecture=st.builds(
        Architecture,
        stem=st.sampled_from([Stem(16, 3, 1), Stem(16, 3, 2)]),
        stages=st.lists(stages, min_size=1, max_size=4).map(tuple),
        head_width=st.sampled_from([0, 64]),
    ),
    target=st.builds(Target, resolution=st.integers(16, 65), num_classes=st.just(10)),
)


@given(
    baseline=baselines,
    rounding=st.sampled_from(["ceil", "round"]),
    phi=st.sampled_from([1, 2]),
    divisor=st.sampled_from([4, 8]),
)
@settings(max_examples=30, deadline=None)
def test_the_counts_are_those_of_networks_scaled_one_by_one(
    baseline: Network, rounding: str, phi: int, divisor: int
) -> None:
    chosen = CandidateSettings(
        step=0.25,
        phi_search=2 if phi == 2 else 1,
        depth_rounding="ceil" if rounding == "ceil" else "round",
        width_divisor=divisor,
    )
    found = find_candidates(baseline, chosen)

    for entry in [entry for entry in found.candidates if entry.control is None]:
        scaled = scale_network(
            baseline,
            CompoundConstants(entry.alpha, entry.beta, entry.gamma),
            phi=phi,
            rules=chosen.rules(baseline),
        )
        assert scaled.architecture == entry.network.architecture
        assert scaled.target == entry.network.target
    for entry in found.candidates:
        cost = entry.network.count_cost()
        assert (cost.macs, cost.params, cost.activations) == (
            entry.macs,
            entry.params,
            entry.activations,
        )


@pytest.mark.parametrize("name", ["resnet-50", "mobilenet-v1"])
def test_other_baselines_are_counted_as_they_are(name: str) -> None:
    found = find_candidates(load_network(name), CandidateSettings())

    assert len(found.candidates) > 6
    assert [entry.network.count_cost().macs for entry in found.candidates] == [
        entry.macs for entry in found.candidates
    ]


def test_a_tiny_baseline_widens_the_tolerance_and_says_so() -> None:
    found = find_candidates(TINY, CandidateSettings(tolerance=0.01))

    assert len(found.candidates) >= 3
    assert found.tolerance > 0.01
    assert any("widened" in text or "controls alone" in text for text in found.warnings)


def test_a_hundred_thousand_points_hold_every_network_of_a_coarser_grid() -> None:
    coarse, fine = (
        CandidateSettings(
            step=step, alpha_range=(1, 2), beta_range=(1, 1.31), gamma_range=(1, 1.31)
        )
        for step in (0.05, 0.01)
    )
    assert math.prod(len(axis) for axis in fine.axes()) == 103_424

    keys = {entry.key for entry in find_candidates(B0, fine).candidates}
    assert keys >= {entry.key for entry in find_candidates(B0, coarse).candidates}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("step", 0),
        ("step", 0.0011),
        ("multiple", 1),
        ("tolerance", 0),
        ("alpha_range", (0.5, 2)),
        ("beta_range", (2, 1)),
        ("gamma_range", (1, math.nan)),
        ("width_divisor", 0),
        ("resolution_multiple", 0),
        ("min_networks", -1),
        ("max_resolution", 0),
    ],
)
def test_settings_outside_their_range_are_refused(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=r"must be|a larger step"):
        CandidateSettings(**{name: value})  # type: ignore[arg-type]


def test_no_candidate_goes_beyond_the_cap_and_an_unmatched_control_is_named() -> None:
    found = find_candidates(B0, CandidateSettings(max_resolution=256))

    assert max(entry.network.target.resolution for entry in found.candidates) == 256
    assert any("control resolution costs 1.30 times" in text for text in found.warnings)
    assert not find_candidates(B0, CandidateSettings()).warnings


def test_a_cap_below_the_baseline_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least the 224 pixels of efficientnet-b0; got 200"):
        find_candidates(B0, CandidateSettings(max_resolution=200))

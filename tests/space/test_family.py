"""Families against EfficientNet's own and against the powers computed by hand."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbscale.errors import ArchitectureError, ConfigError
from mbscale.space.family import FamilyMode, FamilySettings, make_family
from mbscale.space.published import load_network
from mbscale.space.scaling import PAPER_CONSTANTS, CompoundConstants

B0 = load_network("efficientnet-b0")


def test_the_published_mode_gives_b0_to_b7() -> None:
    family = make_family(B0, PAPER_CONSTANTS, FamilySettings(mode="published"))

    published = [load_network(f"efficientnet-b{number}") for number in range(8)]
    assert [member.network for member in family.members] == [
        replace(network, name=f"b{number}") for number, network in enumerate(published)
    ]
    assert family.members[7].measured_ratio == pytest.approx(97.834, abs=0.001)


def test_pure_powers_cost_what_was_computed() -> None:
    family = make_family(B0, PAPER_CONSTANTS, FamilySettings(resolution_multiple=1))

    assert [member.network.target.resolution for member in family.members] == [
        *(224, 258, 296, 341, 392, 451, 518, 596)
    ]
    assert [member.macs for member in family.members] == [
        *(385_814_752, 992_629_472, 1_810_522_464, 3_250_916_456),
        *(6_319_727_088, 11_374_487_904, 20_094_026_560, 39_663_901_696),
    ]
    assert family.members[1].nominal_ratio == pytest.approx(1.92027)
    assert family.members[1].measured_ratio == pytest.approx(2.572813680281463)


@given(
    phi=st.floats(0.5, 5),
    multiple=st.sampled_from([1.5, 2.0]),
    cap=st.sampled_from([None, 256]),
)
def test_matched_members_cost_nearly_the_multiple(
    phi: float, multiple: float, cap: int | None
) -> None:
    settings = FamilySettings(
        mode="matched", phi=(phi,), multiple=multiple, max_resolution=cap, resolution_multiple=1
    )
    (member,) = make_family(B0, PAPER_CONSTANTS, settings).members

    # One block more in all seven stages is the largest step on the way: 1.48 times.
    assert member.measured_ratio == pytest.approx(multiple**phi, rel=0.23)
    assert member.network.target.resolution <= (cap or 10_000)


def test_a_matched_member_is_nearer_than_its_neighbours_on_the_line() -> None:
    settings = FamilySettings(mode="matched", phi=(1, 2, 3), resolution_multiple=1)
    family = make_family(B0, PAPER_CONSTANTS, settings)

    line = tuple(step / 200 for step in range(1, 1000))
    powers = make_family(
        B0, PAPER_CONSTANTS, FamilySettings(mode="phi", phi=line, resolution_multiple=1)
    )
    for member in family.members:
        wanted = 2 ** (member.phi or 0)
        nearest = min(abs(other.measured_ratio / wanted - 1) for other in powers.members)
        assert abs(member.measured_ratio / wanted - 1) <= nearest + 1e-12


@pytest.mark.parametrize("mode", ["phi", "matched"])
def test_the_first_member_is_the_baseline(mode: FamilyMode) -> None:
    (member,) = make_family(B0, PAPER_CONSTANTS, FamilySettings(mode=mode, phi=(0,))).members

    assert member.network == replace(B0, name="b0")


def test_dropout_grows_linearly_to_b7() -> None:
    family = make_family(B0, PAPER_CONSTANTS, FamilySettings(phi=(-1, 0, 3.5, 7, 8)))

    rates = [member.network.architecture.dropout for member in family.members]
    assert rates == [0.2, 0.2, 0.35, 0.5, 0.5]


def test_a_negative_phi_warns() -> None:
    family = make_family(B0, PAPER_CONSTANTS, FamilySettings(phi=(-1,)))

    assert any("TinyNet" in text for text in family.warnings)
    assert family.members[0].measured_ratio < 1


def test_a_negative_step_is_matched_too() -> None:
    settings = FamilySettings(
        mode="matched", phi=(-1, -2), resolution_multiple=1, depth_rounding="round"
    )
    family = make_family(B0, PAPER_CONSTANTS, settings)

    assert [member.measured_ratio for member in family.members] == pytest.approx(
        [1 / 2, 1 / 4], rel=0.1
    )


def test_members_that_rounding_made_equal_are_named() -> None:
    settings = FamilySettings(phi=(0, 0.01), depth_rounding="round")

    warnings = make_family(B0, CompoundConstants(1.2, 1, 1.1), settings).warnings

    assert warnings == ("b0.01 is the same network as b0: rounding left no step between",)


def test_a_cap_below_the_baseline_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least the 224 pixels"):
        make_family(B0, PAPER_CONSTANTS, FamilySettings(max_resolution=200))


def test_constants_that_scale_nothing_cannot_match_a_cost() -> None:
    with pytest.raises(ConfigError, match="scale nothing"):
        make_family(B0, CompoundConstants(1, 1, 1), FamilySettings(mode="matched"))


def test_a_cost_out_of_reach_is_refused() -> None:
    settings = FamilySettings(mode="matched", phi=(20,), multiple=8)
    with pytest.raises(ArchitectureError, match="out of reach"):
        make_family(B0, PAPER_CONSTANTS, settings)


def test_a_cost_that_only_more_pixels_would_reach_names_the_cap() -> None:
    settings = FamilySettings(mode="matched", phi=(6,), max_resolution=256)
    with pytest.raises(ArchitectureError, match="nor the resolution beyond 256"):
        make_family(B0, CompoundConstants(1, 1, 1.4), settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phi", ()),
        ("phi", (1, 1)),
        ("phi", (21,)),
        ("phi", (float("nan"),)),
        ("multiple", 1),
        ("dropout", (0, 1)),
        ("drop_path", (-0.1, 0)),
        ("max_resolution", 0),
        ("width_divisor", 0),
    ],
)
def test_settings_outside_their_range_are_refused(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match="must"):
        FamilySettings(**{name: value})  # type: ignore[arg-type]


def test_the_published_mode_has_no_fractions() -> None:
    with pytest.raises(ConfigError, match=r"members 0 to 7; got phi 0.5"):
        FamilySettings(mode="published", phi=(0.5,))

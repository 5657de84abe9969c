"""Networks on disk."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mbscale.errors import ArchitectureError
from mbscale.space.network import Network, Target
from mbscale.space.network_yaml import Scalar, format_network, parse_network, read_network
from mbscale.space.published import load_network
from strategies import architectures

networks = st.builds(
    Network,
    name=st.text(max_size=20),
    architecture=architectures(),
    target=st.builds(Target, resolution=st.integers(1, 600), num_classes=st.integers(2, 2000)),
)
values = (
    st.none()
    | st.booleans()
    | st.integers(1 - 2**63, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)


@settings(max_examples=40, deadline=None)
@given(networks, st.dictionaries(st.text(), values))
def test_what_is_written_reads_back(network: Network, provenance: dict[str, Scalar]) -> None:
    assert parse_network(format_network(network, provenance), where="text") == network


@settings(max_examples=20, deadline=None)
@given(networks)
def test_every_stage_is_one_line(network: Network) -> None:
    lines = format_network(network).splitlines()

    stages = [line for line in lines if line.startswith("    - {operator: ")]
    assert len(stages) == len(network.architecture.stages)


USER_FILE = """
schema_version: 1
name: mine
resolution: 96
num_classes: 10
architecture:
  stem: {width: 16}
  head_width: 0
  stages:
    - {operator: mbconv, width: 24, depth: 2, expand_ratio: 4}
"""


def test_a_file_by_hand_needs_no_counts_and_no_defaults(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(USER_FILE)

    network = read_network(path)
    assert (network.name, network.target) == ("mine", Target(96, 10))
    assert load_network(str(path)) == network


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("schema_version: 1", "schema_version: 2\nnew: 3", "text: schema_version must be 1; got 2"),
        ("schema_version: 1\n", "", "'schema_version' is missing"),
        ("depth: 2", "depht: 2", "did you mean 'depth'"),
        ("depth: 2", "depth: 0", "stage depth must be from 1 to 10000; got 0"),
        ("depth: 2", "depth: 1000000000", "stage depth must be from 1 to 10000"),
        ("depth: 2", "depth: '2'", "stages.0.depth must be a whole number; got '2'"),
        ("width: 16", "width: .nan", "architecture.stem.width"),
        ("mbconv", "mbconf", "got 'mbconf'; did you mean 'mbconv'"),
        ("resolution: 96", "resolution: 0", "resolution must be from 1 to"),
        ("num_classes: 10", "num_classes: 1", "num_classes must be from 2 to"),
        ("num_classes: 10", "num_classes: 10\nmacs: 5", "macs is 5, but the stages count"),
        ("expand_ratio: 4", "expand_ratio: 4, width: 3", "stands twice"),
        (
            "operator: mbconv",
            "operator: bottleneck",
            "expand_ratio of a bottleneck stage must be 1",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_one_sentence(before: str, after: str, says: str) -> None:
    with pytest.raises(ArchitectureError, match=says) as caught:
        parse_network(USER_FILE.replace(before, after, 1), where="text")

    assert "\n" not in str(caught.value)


def test_a_provenance_that_is_no_number_is_refused() -> None:
    with pytest.raises(
        ArchitectureError, match=r"provenance.accuracy must be a finite number; got nan"
    ):
        format_network(load_network("efficientnet-b0"), {"accuracy": float("nan")})


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchitectureError, match=r"none\.yaml cannot be read"):
        read_network(tmp_path / "none.yaml")

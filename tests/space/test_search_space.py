"""Search spaces as files."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mbscale.errors import ArchitectureError
from mbscale.space.search_space import load_search_space, parse_space, preset_names


def make_file(**changes: Any) -> dict[str, Any]:
    stage = {"stride": 1, "operators": ["mbconv6", "ds"], "width": 16, "depth": 1}
    file = {
        "schema_version": 1,
        "name": "mine",
        "stem": {"width": 16},
        "head_width": 0,
        "stages": [stage],
    }
    return file | changes


def with_stage(**changes: Any) -> dict[str, Any]:
    file = make_file()
    file["stages"] = [file["stages"][0] | changes]
    return file


@pytest.mark.parametrize("name", preset_names())
def test_presets_load_under_their_own_names(name: str) -> None:
    assert load_search_space(name).name == name


def test_a_users_file_is_loaded_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(make_file()))

    [stage] = load_search_space(str(path)).stages

    assert stage.operators == ("ds", "mbconv6")
    assert (stage.widths, stage.depths) == ((16,), (1,))
    assert (stage.kernel_sizes, stage.se_ratios, stage.skips) == ((3,), (0,), ("identity",))


def test_multipliers_round_to_eight_and_equal_ones_merge() -> None:
    file = with_stage(width_multipliers=[1.25, 0.75, 1], depth_deltas=[1, 0, -1])

    [stage] = parse_space(file, where="mine").stages

    assert stage.widths == (16, 24)
    assert stage.depths == (1, 2)


def test_a_stage_goes_before_the_defaults() -> None:
    defaults = {"kernel_sizes": [5], "se_ratios": [0.25], "width_multipliers": [1, 2]}
    own = {"kernel_sizes": [3, 7], "width": None, "widths": [40], "depth": None, "depths": [2, 1]}
    file = with_stage(**own) | {"defaults": defaults}

    [stage] = parse_space(file, where="mine").stages

    assert (stage.kernel_sizes, stage.se_ratios) == ((3, 7), (0.25,))
    assert (stage.widths, stage.depths) == ((40,), (1, 2))


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (make_file(schema_version=2), "schema_version must be 1; got 2"),
        (make_file(stages=[]), "number of stages must be at least 1"),
        (make_file(headwidth=1), "unknown setting 'headwidth'; did you mean 'head_width'"),
        (make_file(defaults={"operator": ["ds"]}), "defaults.operator'; did you mean 'operators'"),
        (make_file(bn_eps=0), "bn_eps must be above 0"),
        (with_stage(kernel_size=[3]), "stages.0.kernel_size'; did you mean 'kernel_sizes'"),
        (with_stage(operators=["mbconv"]), "stage 1: unknown operator 'mbconv'"),
        (with_stage(operators=["ds6"]), "stage 1: unknown operator 'ds6'"),
        (with_stage(operators=["mbconv1"]), "write 'ds'"),
        (with_stage(operators=["fused_mbconv1.0"]), "write 'conv'"),
        (with_stage(operators=["mbconv64"]), "expand_ratio must be"),
        (with_stage(operators=[]), "stride and operators must be given"),
        (with_stage(kernel_sizes=[4]), "kernel_size must be odd"),
        (with_stage(kernel_sizes=[]), "kernel_size must hold at least one"),
        (with_stage(se_ratios=[2]), "se_ratio must be from 0 to 1"),
        (with_stage(skips=["pool"]), "skips.0"),
        (with_stage(stride=3), "stage stride must be 1 or 2"),
        (with_stage(widths=[8]), "widths and width or width_multipliers exclude each other"),
        (with_stage(width=None), "widths, or width"),
        (with_stage(width_multipliers=[-1]), "above 0"),
        (with_stage(depth=0), "depth of at least 1"),
        (with_stage(depth=None, depths=[0]), "stage depth must be from 1 to"),
    ],
)
def test_a_bad_file_is_one_sentence_that_names_it(file: dict[str, Any], says: str) -> None:
    with pytest.raises(ArchitectureError, match=says) as caught:
        parse_space(file, where="mine.yaml")

    assert str(caught.value).startswith("mine.yaml: ")
    assert "\n" not in str(caught.value)


@given(
    st.sampled_from(["stem", "stages", "head_width", "defaults", "name", "schema_version"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["stride", "width", "depths", "operators"]), inner)
        ),
        max_leaves=5,
    ),
)
def test_any_value_gives_a_space_or_an_architecture_error(key: str, value: object) -> None:
    try:
        space = parse_space(make_file(**{key: value}), where="mine.yaml")
    except ArchitectureError:
        return

    assert space.stages


@pytest.mark.parametrize(
    ("name", "says"),
    [("eficientnet", "did you mean efficientnet"), ("x" * 5000, "known are"), ("\0", "known are")],
)
def test_an_unknown_space_names_those_that_exist(name: str, says: str) -> None:
    with pytest.raises(ArchitectureError, match=says):
        load_search_space(name)

"""Tables that others have recorded: every row is a network, or one sentence."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from mbscale.errors import ConfigError
from mbscale.proxy.recorded.networks import read_recorded
from mbscale.space.blocks import canonical_key
from mbscale.space.cost import count_cost

HEADER = "b0,b1,b2,b3,b4,b5,b6,b7,acc0,acc1,acc2\n"


def test_every_row_of_nas_bench_macro_has_the_recorded_parameters(
    shared_file: Callable[[str], Path],
) -> None:
    path = shared_file("nas_bench_macro.csv")
    frame, networks = pd.read_csv(path), read_recorded(path)
    counted = [
        count_cost(one.architecture, resolution=32, num_classes=10).params for one in networks
    ]

    assert counted == frame["params"].tolist()
    assert [one.accuracy for one in networks] == pytest.approx(frame["acc"] / 100, abs=1e-6)
    assert len({canonical_key(one.architecture) for one in networks}) == 3969


def test_every_row_of_accel_nasbench_has_the_recorded_parameters(
    shared_file: Callable[[str], Path],
) -> None:
    path = shared_file("accel_nasbench.csv")
    frame, networks = pd.read_csv(path), read_recorded(path)
    counted = [
        count_cost(one.architecture, resolution=224, num_classes=1000).params for one in networks
    ]

    assert counted == (frame["params_M"] * 1e6).round().astype(int).tolist()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("b0,acc0\n1,90\n", "has neither the columns block0_e.* nor b0, b1"),
        (HEADER + "0,0,0,0,0,0,0,3,90,90,90\n", "line 2: a network of NAS-Bench-Macro is eight"),
        (
            HEADER + "0,0,0,0,0,0,0,1,90,90,101\n",
            "line 2, column acc2: must be from 0 to 100 percent",
        ),
        (
            HEADER + "0,0,0,0,0,0,0,1,90,nan,90\n",
            "line 2, column acc1: must be from 0 to 100 percent",
        ),
        (HEADER + "0,0,0,0,0,0,0,1.5,90,90,90\n", "line 2, column b7: must be a whole number"),
        (HEADER + "0,0,0,0,0,0,0,one,90,90,90\n", "line 2, column b7: .* got 'one'"),
        (HEADER + "0,0,0,0,0,0,0,1,90,,90\n", "line 2, column acc1: .* got ''"),
        (HEADER + "0,0\n", "line 2 has 2 cells under 11 column names"),
        (HEADER, "has no rows below its column names"),
        ("", "has no rows below its column names"),
        (
            HEADER.replace("b4,", "") + "0," * 9 + "9\n",
            "line 1 has no column b4, which a table of NAS-Bench-Macro",
        ),
        (HEADER.replace("b4", "b3"), "line 1 has the column b3 more than once"),
    ],
)
def test_a_spoilt_table_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)

    with pytest.raises(ConfigError, match=sentence):
        read_recorded(path)


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_recorded(tmp_path / "none.csv")

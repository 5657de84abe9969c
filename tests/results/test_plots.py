import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mbscale.results.family_plot import plot_family
from mbscale.results.plots import Reference, plot_history, plot_pareto
from mbscale.results.record import Record, TrialState
from mbscale.results.scaling_plot import plot_scaling


@dataclass(frozen=True, slots=True)
class Candidate:
    control: str | None
    measured_ratio: float
    accuracy: float | None
    accuracy_low: float | None = None
    accuracy_high: float | None = None
    is_tied: bool = True
    phi: float = 1
    depth: float = 1.0
    width: float = 1.0
    resolution: int = 224
    n_seeds: int = 3


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    resolution: int
    macs: int
    params: int
    nominal_ratio: float


def make_record(
    number: int, macs: int, accuracy: float | None, state: TrialState = "complete"
) -> Record:
    return Record(
        number=number, state=state, key=f"key{number}", architecture="", choices=(), macs=macs,
        params=1, activations=1, accuracy=accuracy, log_loss=None, reward=accuracy, seconds=1.0,
        epochs=3, seed=0, reason="",
    )  # fmt: skip


RECORDS = [
    make_record(0, 2_000_000, 0.80),
    make_record(1, 6_000_000, 0.86),
    make_record(2, 9_000_000, 0.84),
    make_record(3, 9_000_000, None, "failed"),
    make_record(4, 10_000_000, 0.87),
    make_record(5, 8_000_000, 0.10),
]


def words(path: Path) -> list[str]:
    """Every text of an SVG: matplotlib names each in a comment beside its outlines."""
    return re.findall(r"<!-- (.+?) -->", path.read_text())


def test_axes_carry_units_and_what_matters_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pareto.svg"
    reference = Reference("mobilenet-v2", 5_000_000, 0.82)
    plot_pareto(
        path, RECORDS, target_macs=5e6, baseline_key="key1", n_images=1000, published=[reference]
    )

    found = words(path)
    assert {"2 M", "5 M", "10 M", "80 %"} <= set(found)
    assert {"mobilenet-v2", "target 5 M", "86.0 %, 6 M MACs"} <= set(found)
    assert {"● Pareto front", "◆ baseline", "● 2 other trials (1 below)"} <= set(found)
    assert "■ 95 % interval (1,000 images)" in found


def test_the_interval_is_that_of_a_binomial(tmp_path: Path) -> None:
    # 1.96 * sqrt(0.5 * 0.5 / 96) = 0.100, so the frame reaches from 50 % to a little above 60 %.
    plot_pareto(tmp_path / "a.svg", [make_record(0, 5_000_000, 0.5)], n_images=96)

    assert "60 %" in words(tmp_path / "a.svg")
    assert "65 %" not in words(tmp_path / "a.svg")


def test_a_narrow_range_of_macs_has_ticks_too(tmp_path: Path) -> None:
    plot_pareto(tmp_path / "a.svg", [make_record(i, 300_000_000 + i, 0.5) for i in range(3)])

    ticks = [word for word in words(tmp_path / "a.svg") if re.fullmatch(r"\d+ M", word)]
    assert len(ticks) >= 3
    assert "300 M" in ticks


def test_history_names_the_best_and_counts_failures(tmp_path: Path) -> None:
    plot_history(tmp_path / "a.svg", RECORDS)

    assert {"0.87 in trial 4", "✕ 1 failed", "● other trials (1 below)"} <= set(
        words(tmp_path / "a.svg")
    )


@pytest.mark.parametrize("records", [[], RECORDS[3:4]])
def test_a_plot_of_nothing_says_so(tmp_path: Path, records: list[Record]) -> None:
    plot_pareto(tmp_path / "pareto.svg", records)
    plot_history(tmp_path / "history.svg", records)

    assert "no trial is complete yet" in words(tmp_path / "pareto.svg")
    assert "no trial is complete yet" in words(tmp_path / "history.svg")


def test_a_png_is_wide_enough_for_a_page(tmp_path: Path) -> None:
    plot_pareto(tmp_path / "a.png", RECORDS)

    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (1080, 690)


def test_plotting_leaves_the_global_settings_alone(tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    plot_pareto(tmp_path / "a.png", RECORDS)
    plot_history(tmp_path / "a.png", RECORDS)

    assert dict(mpl.rcParams) == before


@settings(max_examples=5)
@given(
    st.lists(st.tuples(st.integers(1, 10**12), st.floats(0, 1) | st.none()), max_size=6),
    st.none() | st.floats(1, 1e12),
)
def test_any_trials_can_be_plotted(
    tmp_path_factory: pytest.TempPathFactory,
    trials: list[tuple[int, float | None]],
    target_macs: float | None,
) -> None:
    folder = tmp_path_factory.getbasetemp()
    records = [
        make_record(number, macs, accuracy, "failed" if accuracy is None else "complete")
        for number, (macs, accuracy) in enumerate(trials)
    ]
    plot_pareto(folder / "a.png", records, target_macs=target_macs, baseline_key="key0", n_images=9)
    plot_history(folder / "b.png", records)

    assert (folder / "a.png").read_bytes().startswith(b"\x89PNG")


def test_candidates_stand_in_rows_the_best_above(tmp_path: Path) -> None:
    rows: Sequence[Candidate] = [
        Candidate("baseline", 1, 0.80, phi=0),
        Candidate(None, 1.95, 0.84, 0.83, 0.85, is_tied=False, depth=1.62, n_seeds=1),
        Candidate("depth+dWr", 2.0, 0.86, resolution=256),
        Candidate("paper", 2.5, None),
    ]
    plot_scaling(tmp_path / "a.svg", rows)

    found = words(tmp_path / "a.svg")
    places = [found.index(name) for name in ("depth, dWr", "compound", "baseline")]
    assert places == sorted(places)
    assert {"1.62", "256", "1.95x", "2.00x", "■ control", "— 95 % interval"} <= set(found)
    assert "○ worse than the best beyond noise" in found
    assert "paper" not in found


def test_what_was_confirmed_comes_last(tmp_path: Path) -> None:
    rows = [Candidate(None, 2, 0.7), Candidate("baseline", 1, 0.8, phi=0)]
    plot_scaling(tmp_path / "a.svg", rows)
    assert "again at phi = 2" not in words(tmp_path / "a.svg")
    plot_scaling(tmp_path / "a.svg", [*rows, Candidate("width", 4, 0.9, phi=2)])

    found = words(tmp_path / "a.svg")
    heading = found.index("again at phi = 2")
    assert found.index("baseline") < found.index("2.00x") < heading < found.index("width", heading)


def test_of_very_many_candidates_the_best_are_drawn(tmp_path: Path) -> None:
    plot_scaling(tmp_path / "a.svg", [Candidate(None, 2, 0.5 + i / 1000) for i in range(100)])

    found = words(tmp_path / "a.svg")
    assert "accuracy on the selection split (40 rows below)" in found
    assert found.count("compound") == 60


def test_a_family_shows_what_its_members_cost(tmp_path: Path) -> None:
    members = [
        Member("b0", 224, 385_814_752, 5_288_548, 1),
        Member("b1", 240, 569_000_000, 7_794_184, 1.4),
    ]
    plot_family(tmp_path / "a.svg", members)

    found = words(tmp_path / "a.svg")
    assert {"386 M", "569 M", "● measured"} <= set(found)


def test_empty_stages_say_so(tmp_path: Path) -> None:
    plot_scaling(tmp_path / "a.svg", [])
    plot_family(tmp_path / "b.svg", [])

    assert "no network has been trained yet" in words(tmp_path / "a.svg")
    assert "the family has no member yet" in words(tmp_path / "b.svg")


def test_the_front_of_recorded_networks_is_drawn(
    tmp_path: Path, shared_file: Callable[[str], Path]
) -> None:
    table = np.genfromtxt(shared_file("accel_nasbench.csv"), delimiter=",", names=True)
    records = [
        make_record(i, int(1e6 * macs), accuracy / 100)
        for i, (macs, accuracy) in enumerate(zip(table["macs_M"], table["val_top1"], strict=True))
    ]
    plot_pareto(tmp_path / "a.svg", records, target_macs=400e6)

    assert {"200 M", "500 M", "60 %", "target 400 M"} <= set(words(tmp_path / "a.svg"))

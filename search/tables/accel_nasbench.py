"""Accel-NASBench as coefficients: two surrogates to bench on, and a prior to start from.

Bouzidi et al., 2024, arXiv:2404.08005 (Accel-NASBench), records under Apache-2.0. The
coefficients were fitted by ``python -m mbscale.search.bench.fit_accel_nasbench``. The prior was
fitted to one quarter of the records, the surrogates to the other three.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mbscale.errors import DataError
from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray, describe_space
from mbscale.search.tables.boosted_trees import BoostedTrees, fit_trees
from mbscale.search.tables.imagenet_prior import PriorWeights, read_weights
from mbscale.search.tables.quadratic import Quadratic, fit_quadratic
from mbscale.space.encoding import Choice, space_choices
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space
from mbscale.space.stage_space import Option

Truth = Literal["quadratic", "trees"]
Lookup = Callable[[IntArray], FloatArray]

IMAGENET = Target(resolution=224, num_classes=1000)
# Standard deviation of an accuracy from one training to the next: 0.15 points.
NOISE = 0.0015
SHIPPED = "accel_nasbench.npz"
_PRIOR_SHARE = 4
# What the records write for an option, where it is not the option itself.
_WRITTEN: Mapping[Option, int] = {"ds": 1, "mbconv4": 4, "mbconv6": 6, 0.25: 1}
_LETTERS = {"operator": "e", "kernel_size": "k", "depth": "l", "se_ratio": "se"}


@dataclass(frozen=True)
class Shipped:
    """The coefficients of the package."""

    truths: Mapping[Truth, Lookup]
    # The best known networks of each: negative accuracy and MACs, ``(n, 2)``.
    fronts: Mapping[Truth, FloatArray]
    prior: PriorWeights
    target_macs: float
    reference: tuple[float, float]


def describe_accel_space() -> ChoiceSpace:
    """The space of the records, with costs on ImageNet at 224 pixels."""
    return describe_space(load_search_space("accel_nasbench"), IMAGENET)


@lru_cache(maxsize=1)
def load_shipped() -> Shipped:
    """The coefficients that are part of the package."""
    with (
        (files("mbscale.search.tables") / "data" / SHIPPED).open("rb") as file,
        np.load(file) as arrays,
    ):
        held = {name: arrays[name] for name in arrays.files}
    quadratic = Quadratic(
        describe_accel_space().sizes,
        float(held["quadratic_base"]),
        held["quadratic_weights"].astype(np.float64),
    )
    trees = BoostedTrees(
        held["tree_columns"].astype(np.int64),
        held["tree_values"].astype(np.int64),
        float(held["tree_base"]),
        held["tree_cuts"].astype(np.int64),
        held["tree_leaves"].astype(np.float64),
    )
    accuracy, macs = held["reference"].tolist()
    return Shipped(
        {"quadratic": quadratic.predict, "trees": trees.predict},
        {"quadratic": held["quadratic_front"], "trees": held["trees_front"]},
        read_weights(held["prior"].astype(np.float64)),
        float(held["target_macs"]),
        (accuracy, macs),
    )


def fit_truth(vectors: IntArray, accuracies: FloatArray, truth: Truth) -> Lookup:
    """A surrogate that is fitted to records."""
    if truth == "trees":
        return fit_trees(vectors, accuracies, seed=0).predict
    return fit_quadratic(vectors, accuracies, describe_accel_space().sizes).predict


def is_prior_record(vectors: IntArray) -> NDArray[np.bool_]:
    """Which records the prior is fitted to; no truth is, so that the two are disjoint."""
    checksums = [zlib.crc32(row.astype(np.uint8).tobytes()) for row in vectors]
    return np.asarray(np.array(checksums, dtype=np.int64) % _PRIOR_SHARE == 0)


@lru_cache(maxsize=1)
def list_accel_columns() -> Mapping[str, tuple[int, ...]]:
    """The columns of choices, and what each may hold in the order of the preset's options."""
    choices = space_choices(load_search_space("accel_nasbench"))
    return {
        _name_column(choice): tuple(int(_WRITTEN.get(one, one)) for one in choice.options)
        for choice in choices
        if len(choice.options) > 1
    }


def encode_accel(frame: pd.DataFrame) -> tuple[IntArray, FloatArray]:
    """Distinct vectors of the preset ``accel_nasbench`` and their accuracies from 0 to 1.

    Of a network that is recorded more than once, as three of the published table are, the
    first record counts.
    """
    choices = space_choices(load_search_space("accel_nasbench"))
    columns = [_encode_column(frame, choice) for choice in choices]
    vectors, index = np.unique(np.stack(columns, axis=1), axis=0, return_index=True)
    return vectors, frame["val_top1"].to_numpy(dtype=np.float64)[index] / 100


def _name_column(choice: Choice) -> str:
    stage, kind = choice.name.removeprefix("stage").split("_", 1)
    return f"block{int(stage) - 1}_{_LETTERS[kind]}"


def _encode_column(frame: pd.DataFrame, choice: Choice) -> IntArray:
    if len(choice.options) == 1:
        return np.zeros(len(frame), dtype=np.int64)
    name = _name_column(choice)
    if name not in frame.columns:
        msg = f"the table has no column {name}; Accel-NASBench has block0_e to block6_se"
        raise DataError(msg)
    options = list_accel_columns()[name]
    unknown = set(frame[name]) - set(options)
    if unknown:
        msg = f"{name} is {unknown.pop()!r} in the table, and may be one of {options}"
        raise DataError(msg)
    return np.array([options.index(value) for value in frame[name]], dtype=np.int64)

"""Tables of recorded accuracies that samplers are measured on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from mbscale.errors import DataError
from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray, StageCosts
from mbscale.search.tables.accel_nasbench import (
    NOISE,
    Truth,
    describe_accel_space,
    encode_accel,
    fit_truth,
    is_prior_record,
    load_shipped,
)
from mbscale.search.tables.table_files import MACRO_CHOICES, MACRO_SEEDS, read_frame
from mbscale.space.encoding import Choice
from mbscale.space.nas_bench_macro import canonicalize_macro

Lookup = Callable[[IntArray], FloatArray]
Look = Callable[[IntArray, np.random.Generator], FloatArray]
TruthName = Literal["quadratic", "trees", "recorded"]


@dataclass(frozen=True)
class RecordedTable:
    """Accuracies from 0 to 1 of vectors ``(n, choices)``: the true ones, and one noisy look.

    ``recorded`` are the vectors with a record; ``is_complete`` says that they are all of
    the space. ``reference`` is the lowest recorded accuracy and the largest recorded MACs,
    ``target_macs`` the median. ``front`` ``(n, 2)``, negative accuracy and MACs, is given
    where it was found before.
    """

    name: str
    space: ChoiceSpace
    recorded: IntArray
    true_accuracy: Lookup
    look: Look
    target_macs: float
    reference: tuple[float, float]
    is_complete: bool = False
    front: FloatArray | None = None


def read_table(path: Path, *, truth: TruthName) -> RecordedTable:
    """The table of a CSV with the columns of Accel-NASBench or NAS-Bench-Macro.

    ``truth`` says what stands for Accel-NASBench: a surrogate that is fitted to the
    records, or the records alone, without noise. NAS-Bench-Macro has a record of every
    network and is never fitted. Records that the prior was fitted to are left out, and of a
    network that is recorded more than once the first record counts. Raises ConfigError or
    DataError with file, line and column of what is wrong.
    """
    kind, frame = read_frame(path)
    if kind == "macro":
        return make_macro_table(frame)
    vectors, accuracies = encode_accel(frame)
    n_left = int((~is_prior_record(vectors)).sum())
    if n_left < 2:
        msg = (
            f"{path} has too few distinct networks: {n_left} that the prior was not fitted to, "
            f"of {len(vectors)}; a bench needs at least 2"
        )
        raise DataError(msg)
    return make_accel_table(vectors, accuracies, truth=truth)


def load_shipped_table(*, truth: Truth) -> RecordedTable:
    """The surrogate of Accel-NASBench that is part of the package; it has no records."""
    shipped = load_shipped()
    predict, space = shipped.truths[truth], describe_accel_space()
    return RecordedTable(
        name=f"accel_nasbench_{truth}",
        space=space,
        recorded=np.empty((0, len(space.choices)), dtype=np.int64),
        true_accuracy=predict,
        look=_add_noise(predict, NOISE),
        target_macs=shipped.target_macs,
        reference=shipped.reference,
        front=shipped.fronts[truth],
    )


def make_accel_table(
    vectors: IntArray, accuracies: FloatArray, *, truth: TruthName
) -> RecordedTable:
    """Accel-NASBench as recorded, or as a surrogate of it."""
    space, is_kept = describe_accel_space(), ~is_prior_record(vectors)
    vectors, accuracies = vectors[is_kept], accuracies[is_kept]
    macs = space.count(vectors).macs
    if truth == "recorded":
        lookup = _remember(vectors, accuracies)
    else:
        lookup = fit_truth(vectors, accuracies, truth)
    return RecordedTable(
        name=f"accel_nasbench_{truth}",
        space=space,
        recorded=vectors,
        true_accuracy=lookup,
        look=_add_noise(lookup, NOISE if truth != "recorded" else 0.0),
        target_macs=float(np.median(macs)),
        reference=(float(accuracies.min()), float(macs.max())),
    )


def _add_noise(true_accuracy: Lookup, noise: float) -> Look:
    def look(vectors: IntArray, rng: np.random.Generator) -> FloatArray:
        return true_accuracy(vectors) + rng.normal(0, noise, len(vectors))

    return look


def _remember(vectors: IntArray, accuracies: FloatArray) -> Lookup:
    known: Mapping[bytes, float] = {
        vector.tobytes(): value for vector, value in zip(vectors, accuracies, strict=True)
    }
    return lambda asked: np.array([known[row.tobytes()] for row in asked])


def make_macro_table(frame: pd.DataFrame) -> RecordedTable:
    """NAS-Bench-Macro, of a frame with one row a network; a look is one of its three seeds."""
    vectors = frame[list(MACRO_CHOICES)].to_numpy(dtype=np.int64)
    place = np.empty((3,) * 8, dtype=np.int64)
    place[tuple(vectors.T)] = np.arange(len(vectors))
    seeds = frame[list(MACRO_SEEDS)].to_numpy(dtype=np.float64) / 100
    macs, params = (frame[name].to_numpy(dtype=np.int64) for name in ("flops", "params"))
    # A block's parameters depend on its own choice alone.
    alone = np.eye(8, dtype=np.int64)[:, None, :] * np.arange(3)[None, :, None]
    block_params = params[place[tuple(alone.reshape(-1, 8).T)]].reshape(8, 3)
    block_params -= params[place[(0,) * 8]]

    def count(asked: IntArray) -> StageCosts:
        rows = place[tuple(asked.T)]
        return StageCosts(macs[rows], params[rows], block_params[np.arange(8), asked])

    def look(asked: IntArray, rng: np.random.Generator) -> FloatArray:
        return np.asarray(seeds[place[tuple(asked.T)], rng.integers(3, size=len(asked))])

    choices = tuple(
        Choice(name, ("identity", "mbconv3_k3", "mbconv6_k5"), stage=name, kind="block")
        for name in MACRO_CHOICES
    )
    mean = seeds.mean(axis=1)
    return RecordedTable(
        name="nas_bench_macro",
        space=ChoiceSpace(choices, count, (0, 0, 1, 1, 1, 2, 2, 2), canonicalize_macro),
        recorded=vectors,
        true_accuracy=lambda asked: mean[place[tuple(asked.T)]],
        look=look,
        target_macs=float(np.median(macs)),
        reference=(float(mean.min()), float(macs.max())),
        is_complete=True,
    )

"""A proxy's order of networks against that of a reference, in all and inside MAC bands."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from mbscale.search.statistics import binomial_error
from mbscale.search.validation.agreement import (
    Floats,
    compare,
    cut_bands,
    kendall,
    mean_partial_tau,
    seed_tau,
    split_bands,
)
from mbscale.search.validation.labels import Guesses
from mbscale.search.validation.score_book import Score

# Tau of fewer networks is chance.
_LEAST_IN_BAND = 8


@dataclass(frozen=True, slots=True)
class ProxyRow:
    """A row of proxy.csv: one proxy over the networks of one band.

    ``seed_tau`` is that of two seeds of the proxy: with more noise than that no proxy
    can agree with anything. ``spread`` is the standard deviation of the accuracies of
    the networks that did not fail, ``counting_error`` what counting on the images of the
    split adds to it. None where the proxy gives no accuracies. ``partial_tau`` is what the
    proxy knows beyond the number of parameters, the mean over seeds. ``tau_by_epoch`` is of
    the first seed. ``n_labels`` recorded accuracies of other networks were known to what is
    judged; a proxy knows none.
    """

    name: str
    band: str
    tau: float
    tau_low: float
    tau_high: float
    p: float
    n_networks: int
    seconds_per_network: float
    wall_seconds_per_network: float
    seed_tau: float | None = None
    spread: float | None = None
    counting_error: float | None = None
    tau_by_epoch: str = ""
    partial_tau: float | None = None
    n_labels: int = 0


@dataclass(frozen=True, slots=True)
class Networks:
    """What is known of the networks without the proxy: ``(n,)`` each."""

    reference: Floats
    macs: Floats
    params: Floats
    band_ratio: float
    n_bands: int


def compare_counts(networks: Networks) -> list[ProxyRow]:
    """What MACs and parameters alone reach, at no cost."""
    counts = (("macs", networks.macs), ("parameters", networks.params))
    return [
        row for name, values in counts for row in _compare_values(name, values[:, None], networks)
    ]


def compare_guesses(guesses: Guesses, networks: Networks) -> list[ProxyRow]:
    """What the accuracy model reaches after some labels; the cost of the labels is not in it."""
    rows = _compare_values(guesses.name, guesses.values, networks)
    seconds = guesses.core_seconds / len(networks.reference)
    return [
        replace(
            row,
            n_labels=guesses.n_labels,
            seconds_per_network=seconds,
            wall_seconds_per_network=seconds,
        )
        for row in rows
    ]


def _compare_values(name: str, values: Floats, networks: Networks) -> list[ProxyRow]:
    """One row for all networks and one for each band, of values ``(networks, draws)``."""
    rows: list[ProxyRow] = []
    for band, chosen in _bands(networks):
        part, reference = values[chosen], networks.reference[chosen]
        agreement = compare(part, reference, seed=0)
        rows.append(
            ProxyRow(
                name,
                band,
                **asdict(agreement),
                seconds_per_network=0.0,
                wall_seconds_per_network=0.0,
                seed_tau=seed_tau(part),
                partial_tau=mean_partial_tau(part, reference, networks.params[chosen]),
            )
        )
    return rows


def compare_proxy(
    name: str, scores: Sequence[Sequence[Score]], networks: Networks, *, n_images: int
) -> list[ProxyRow]:
    """One row for all networks and one for each band.

    A network whose training failed comes last, as it does in a search.
    """
    table = _rank_failures_last(scores)
    # The first seed was watched, which takes time of its own.
    timed = [row[-1] for row in scores]
    rows: list[ProxyRow] = []
    for band, chosen in _bands(networks):
        part, reference = table[chosen], networks.reference[chosen]
        means = _mean_accuracies([scores[index] for index in chosen])
        agreement = compare(part, reference, seed=0)
        rows.append(
            ProxyRow(
                name,
                band,
                **asdict(agreement),
                seconds_per_network=float(np.mean([score.core_seconds for score in timed])),
                wall_seconds_per_network=float(np.mean([score.seconds for score in timed])),
                seed_tau=seed_tau(part),
                spread=float(np.std(means, ddof=1)) if len(means) > 1 else None,
                counting_error=binomial_error(fmean(means), n_images) if means else None,
                partial_tau=mean_partial_tau(part, reference, networks.params[chosen]),
                tau_by_epoch=_tau_by_epoch([scores[index][0] for index in chosen], reference),
            )
        )
    return rows


def _mean_accuracies(scores: Sequence[Sequence[Score]]) -> list[float]:
    """One accuracy a network, over its seeds; none of a network that failed or has a score."""
    known = [[s.accuracy for s in row if s.accuracy is not None] for row in scores]
    return [
        fmean(found) for row, found in zip(scores, known, strict=True) if len(found) == len(row)
    ]


def _rank_failures_last(scores: Sequence[Sequence[Score]]) -> Floats:
    """The merits (networks, seeds); a failure is worth less than anything that was measured."""
    known = [score.merit for row in scores for score in row if score.merit is not None]
    worst = min(known, default=0.0) - 1.0
    return np.array([[worst if s.merit is None else s.merit for s in row] for row in scores])


def _bands(networks: Networks) -> list[tuple[str, NDArray[np.int64]]]:
    everything = np.arange(len(networks.macs))
    bands: list[tuple[str, NDArray[np.int64]]] = [("all", everything)]
    cut = cut_bands(networks.macs, ratio=networks.band_ratio, least=_LEAST_IN_BAND)
    for chosen in cut or split_bands(networks.macs, networks.n_bands):
        macs = networks.macs[chosen] / 1e6
        bands.append((f"{macs.min():.3g}-{macs.max():.3g} M MACs", chosen))
    return bands


def _tau_by_epoch(scores: Sequence[Score], reference: Floats) -> str:
    courses = [score.course for score in scores]
    n_epochs = min(map(len, courses))
    taus = [kendall(np.array([c[i] for c in courses]), reference) for i in range(n_epochs)]
    return " ".join(f"{tau:.2f}" for tau in taus)

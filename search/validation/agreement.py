"""How far two orders of the same networks agree."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

Floats = NDArray[np.float64]
_DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Agreement:
    """Kendall's tau-b with its 95 % bootstrap interval over networks.

    ``p`` is that of no agreement at all, of the mean over seeds.
    """

    tau: float
    tau_low: float
    tau_high: float
    p: float
    n_networks: int


def kendall(first: Floats, second: Floats) -> float:
    """Kendall's tau-b; 0 where one side does not order anything."""
    tau = float(kendalltau(first, second).statistic)
    return 0.0 if np.isnan(tau) else tau


def mean_tau(scores: Floats, reference: Floats) -> float:
    """The mean over seeds of the tau of ``scores`` (networks, seeds) with ``reference``."""
    return float(np.mean([kendall(column, reference) for column in scores.T]))


def compare(scores: Floats, reference: Floats, *, seed: int) -> Agreement:
    """The agreement of scores (networks, seeds) with a reference (networks,), higher is better."""
    n_networks = len(reference)
    rng = np.random.default_rng(seed)
    drawn = [rng.integers(0, n_networks, n_networks) for _ in range(_DRAWS)]
    times = np.array([np.bincount(chosen, minlength=n_networks) for chosen in drawn], np.float64)
    draws = np.mean([_tau_of_draws(column, reference, times) for column in scores.T], axis=0)
    low, high = np.quantile(draws, (0.025, 0.975))
    p = float(kendalltau(scores.mean(axis=1), reference).pvalue)
    return Agreement(
        tau=mean_tau(scores, reference),
        tau_low=float(low),
        tau_high=float(high),
        p=1.0 if np.isnan(p) else p,
        n_networks=n_networks,
    )


def _tau_of_draws(first: Floats, second: Floats, times: Floats) -> Floats:
    """Tau-b when network ``i`` is there ``times[draw, i]`` times, for every draw.

    A sum over pairs of networks, weighed by how often both are there; a network and its copy
    are a tie of both sides.
    """
    x, y = (np.sign(side[:, None] - side[None, :]) for side in (first, second))
    agreeing, first_apart, second_apart = (
        ((times @ pairs) * times).sum(axis=1) for pairs in (x * y, np.abs(x), np.abs(y))
    )
    apart = np.sqrt(first_apart * second_apart)
    return np.asarray(np.where(apart > 0, agreeing / np.maximum(apart, 1.0), 0.0))


def seed_tau(scores: Floats) -> float | None:
    """The tau between two seeds, the mean over all pairs; None for one seed."""
    pairs = list(itertools.combinations(scores.T, 2))
    return float(np.mean([kendall(*pair) for pair in pairs])) if pairs else None


def partial_tau(scores: Floats, reference: Floats, given: Floats) -> float | None:
    """Kendall's partial tau of scores and reference ``(n,)``, a third order held fixed.

    Kendall, 1942, equation 16: what scores know beyond ``given``. None where one of the
    two is ordered as ``given`` is.
    """
    direct, first, second = (
        kendall(*pair) for pair in ((scores, reference), (scores, given), (reference, given))
    )
    scale = math.sqrt(max((1 - first**2) * (1 - second**2), 0.0))
    return (direct - first * second) / scale if scale > 1e-12 else None


def mean_partial_tau(scores: Floats, reference: Floats, given: Floats) -> float | None:
    """The mean over seeds of the partial tau of ``scores`` (networks, seeds).

    None where it is for one seed. That of the mean scores would be of as many trainings.
    """
    taus = [partial_tau(column, reference, given) for column in scores.T]
    known = [tau for tau in taus if tau is not None]
    return float(np.mean(known)) if len(known) == len(taus) else None


def cut_bands(macs: Floats, *, ratio: float, least: int) -> tuple[NDArray[np.int64], ...]:
    """The networks of each band, fewest MACs first, that holds at least ``least``.

    The first begins at the fewest MACs; each ends below ``ratio`` times its start.
    """
    # A hair more, so that a network on the border is not moved by the last bit.
    places = np.floor(np.log(macs / macs.min()) / math.log(ratio) + 1e-9).astype(np.int64)
    bands = [np.flatnonzero(places == place) for place in np.unique(places)]
    return tuple(band for band in bands if len(band) >= least)


def split_bands(macs: Floats, n_bands: int) -> tuple[NDArray[np.int64], ...]:
    """The networks of each band, fewest MACs first; bands hold equally many."""
    order = np.argsort(macs, kind="stable")
    return tuple(np.asarray(part) for part in np.array_split(order, n_bands))

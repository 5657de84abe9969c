"""What the trained candidates say: means, intervals, ties, and compound against single."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from mbscale.proxy.evaluation import Evaluation
from mbscale.search import statistics
from mbscale.search.scaling.best_split import single_dimension
from mbscale.search.scaling.response_surface import Interval, SeedNoise
from mbscale.search.scaling.settings import Metric
from mbscale.search.statistics import Pooled, draw_noise, pool
from mbscale.space.candidates import ScalingCandidate

Shares = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class TrainedCandidate:
    """A candidate with its completed evaluations, one a seed.

    ``shares`` of the measured cost went to depth, width and resolution. ``failure`` is the
    reason of the first failed evaluation, or empty.
    """

    candidate: ScalingCandidate
    shares: Shares
    evaluations: tuple[Evaluation, ...] = ()
    failure: str = ""

    @property
    def dimension(self) -> str | None:
        """The one dimension that was scaled, or None for a compound network."""
        return single_dimension(self.shares)

    def scores(self, metric: Metric) -> tuple[float, ...]:
        """One score a seed, higher is better: the accuracy, or the log loss below zero."""
        found = [
            entry.accuracy if metric == "accuracy" else -(entry.log_loss or 0.0)
            for entry in self.evaluations
        ]
        return tuple(score for score in found if score is not None)

    def mean_score(self, metric: Metric) -> float:
        """The mean over seeds; minus infinity when nothing was completed."""
        scores = self.scores(metric)
        return math.fsum(scores) / len(scores) if scores else -math.inf


@dataclass(frozen=True, slots=True)
class Comparison:
    """The best compound network against the best single dimension, in the metric's unit.

    ``difference`` is above 0 where compound is better; its 95 % interval allows for the
    compound network being the best of ``n_compound``. Missing where one side is missing.
    """

    dimension: str | None
    difference: Interval | None
    n_compound: int
    statement: str


def pool_noise(trained: Sequence[TrainedCandidate], metric: Metric) -> SeedNoise | None:
    """The spread between seeds, pooled; None when no network was trained twice."""
    groups = [entry.scores(metric) for entry in trained if len(entry.evaluations) > 1]
    if not groups:
        return None
    pooled = pool(groups)
    return SeedNoise(pooled.deviation, pooled.n_free)


def interval_of_mean(values: Sequence[float], noise: SeedNoise) -> Interval:
    """The mean with its 95 % interval, by the pooled noise.

    Over all networks of a search it covers as it says. That of the best, which survived and is
    looked at because its scores are high, covers its true mean in 75 % (16 equal networks).
    """
    mean = math.fsum(values) / len(values)
    reach = _quantile(noise, n_together=1) * noise.deviation / math.sqrt(len(values))
    return Interval(mean, mean - reach, mean + reach)


def error_of_means(complete: Sequence[TrainedCandidate], metric: Metric) -> float:
    """Root mean square error of every network's score predicted by the mean of the others."""
    scores = np.array([entry.mean_score(metric) for entry in complete])
    return float(scores.std()) * len(scores) / (len(scores) - 1)


def find_tied(
    trained: Sequence[TrainedCandidate], metric: Metric, noise: SeedNoise | None
) -> frozenset[str]:
    """Keys of the networks not significantly different from the best one, at 95 % for all at once.

    By ``statistics.find_tied``, as when a search is confirmed. Survivors of a round keep the
    score that they survived by; each of 16 equal networks is tied all the same in 96 % of 300
    simulated searches of three rounds. The best of those with the most seeds is always tied.
    Without repeated seeds nothing can be told apart.
    """
    complete = [entry for entry in trained if entry.evaluations]
    best = find_best(complete, metric)
    if best is None or noise is None:
        return frozenset(entry.candidate.key for entry in complete)
    pooled = Pooled(
        means=np.array([entry.mean_score(metric) for entry in complete]),
        sizes=np.array([len(entry.evaluations) for entry in complete], dtype=np.float64),
        deviation=noise.deviation,
        n_free=noise.n_free,
    )
    drawn = draw_noise(pooled, seed=0)
    is_tied = statistics.find_tied(pooled, drawn, confidence=0.95)
    tied = [entry for entry, flag in zip(complete, is_tied, strict=True) if flag]
    return frozenset(entry.candidate.key for entry in (*tied, best))


def find_best(trained: Sequence[TrainedCandidate], metric: Metric) -> TrainedCandidate | None:
    """The best mean of those with the most seeds: one lucky seed does not win."""
    complete = [entry for entry in trained if entry.evaluations]
    if not complete:
        return None
    most = max(len(entry.evaluations) for entry in complete)
    last = [entry for entry in complete if len(entry.evaluations) == most]
    return max(last, key=lambda entry: entry.mean_score(metric))


def compare_compound(
    trained: Sequence[TrainedCandidate], metric: Metric, noise: SeedNoise | None
) -> Comparison:
    """Whether compound scaling beats the best single dimension, and the sentence for it."""
    complete = [entry for entry in trained if entry.evaluations]
    compound = find_best([entry for entry in complete if entry.dimension is None], metric)
    single = find_best([entry for entry in complete if entry.dimension], metric)
    n_compound = sum(entry.dimension is None for entry in complete)
    dimension = single.dimension if single else None
    if compound is None or single is None:
        absent = "compound network" if compound is None else "single dimension"
        text = f"no {absent} was trained, so compound scaling is compared with nothing"
        return Comparison(dimension, None, n_compound, text)
    if noise is None:
        text = "no network was trained twice, so a difference cannot be told from noise"
        return Comparison(dimension, None, n_compound, text)
    difference = _difference(compound, single, metric, noise, n_together=n_compound)
    text = _state(difference, dimension=f"{dimension} alone", metric=metric)
    return Comparison(dimension, difference, n_compound, text)


def _difference(
    first: TrainedCandidate,
    second: TrainedCandidate,
    metric: Metric,
    noise: SeedNoise,
    *,
    n_together: int,
) -> Interval:
    mean = first.mean_score(metric) - second.mean_score(metric)
    share = 1 / len(first.evaluations) + 1 / len(second.evaluations)
    reach = _quantile(noise, n_together=n_together) * noise.deviation * math.sqrt(share)
    return Interval(mean, mean - reach, mean + reach)


def _quantile(noise: SeedNoise, *, n_together: int) -> float:
    return float(stats.t.ppf(1 - 0.025 / max(1, n_together), noise.n_free))


def _state(difference: Interval, *, dimension: str, metric: Metric) -> str:
    scale, unit = (100, "points of accuracy") if metric == "accuracy" else (1, "of log loss")
    best, low, high = (
        f"{scale * value:+.2f}" for value in (difference.best, difference.low, difference.high)
    )
    figures = f"{best} {unit} (95 % interval {low} to {high})"
    if difference.low > 0:
        return f"compound scaling beats the best single dimension, {dimension}: {figures}"
    if difference.high < 0:
        return f"compound scaling loses to the best single dimension, {dimension}: {figures}"
    return (
        f"compound scaling does not beat the best single dimension, {dimension}, "
        f"beyond noise: {figures}"
    )

"""Successive halving over scaling candidates: the survivors of each round get one more seed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mbscale.proxy.evaluation import Evaluation
from mbscale.search.evaluation_log import EvaluationJob
from mbscale.search.scaling.best_split import measure_log_costs, to_shares
from mbscale.search.scaling.evidence import TrainedCandidate
from mbscale.search.scaling.settings import Metric, ScaleSettings
from mbscale.search.seeds import Purpose, derive_seed
from mbscale.space.candidates import ScalingCandidate, as_candidate, network_key
from mbscale.space.network import Network

Evaluate = Callable[[Sequence[EvaluationJob]], tuple[Evaluation, ...]]


@dataclass(frozen=True, slots=True)
class ScalingTask:
    """A baseline, how it is scaled, and the proxy that judges it.

    ``proxy_resolution`` are the pixels that the baseline is trained at; candidates get
    theirs in proportion. ``source_resolution`` are the pixels of the images before any
    resizing, None where they are not known. ``epochs`` is for the warnings alone.
    """

    baseline: Network
    settings: ScaleSettings
    proxy_resolution: int
    epochs: int
    seed: int
    source_resolution: int | None = None

    def to_proxy(self, resolution: int) -> int:
        """Pixels of the proxy that stand for pixels of the target."""
        native = self.baseline.target.resolution
        return max(1, int(self.proxy_resolution * resolution / native + 0.5))

    def make_job(self, network: Network, *, round_number: int) -> EvaluationJob:
        """One training of a network; every round and network has its own seed."""
        digits, pixels = network_key(network).rsplit("-", 1)
        seed = derive_seed(self.seed, Purpose.SCALE, round_number, int(digits, 16), int(pixels))
        resolution = self.to_proxy(network.target.resolution)
        return EvaluationJob(network.architecture, seed, "scale", resolution=resolution)


def plan_rounds(n_candidates: int, settings: ScaleSettings) -> tuple[int, ...]:
    """Networks trained in each round, the baseline included.

    Up to two more survive a round, so that a single dimension and a compound network do.

    >>> plan_rounds(14, ScaleSettings(n_seeds=3, n_finalists=4))
    (15, 8, 5)
    """
    sizes = [n_candidates]
    for round_number in range(1, settings.n_seeds):
        is_last = round_number == settings.n_seeds - 1
        half = settings.n_finalists if is_last else -(-sizes[-1] // 2)
        sizes.append(min(sizes[-1], max(settings.n_finalists, half)))
    return tuple(size + 1 for size in sizes)


def spread_candidates(
    baseline: Network, candidates: Sequence[ScalingCandidate], *, limit: int
) -> tuple[ScalingCandidate, ...]:
    """At most ``limit`` candidates, controls first, then always the one farthest from all taken.

    Distance is between the shares of the cost, so that the few cover the many.
    """
    if len(candidates) <= limit:
        return tuple(candidates)
    shares = np.array([to_shares(measure_log_costs(baseline, entry)) for entry in candidates])
    controls = [index for index, entry in enumerate(candidates) if entry.control]
    taken = controls[:limit] or [0]
    distance = np.full(len(candidates), np.inf)
    for index in taken:
        distance = np.minimum(distance, np.linalg.norm(shares - shares[index], axis=1))
    while len(taken) < limit:
        distance[taken] = -1
        taken.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(shares - shares[taken[-1]], axis=1))
    return tuple(candidates[index] for index in taken)


def train_candidates(
    task: ScalingTask, candidates: Sequence[ScalingCandidate], evaluate: Evaluate
) -> tuple[TrainedCandidate, tuple[TrainedCandidate, ...]]:
    """The baseline and the candidates with their evaluations, after all rounds."""
    baseline = TrainedCandidate(as_candidate(task.baseline), (1 / 3, 1 / 3, 1 / 3))
    everyone = {
        entry.key: TrainedCandidate(entry, to_shares(measure_log_costs(task.baseline, entry)))
        for entry in candidates
    }
    alive = list(everyone)
    plan = plan_rounds(len(alive), task.settings)
    for round_number, size in enumerate(plan):
        if round_number:
            survivors = [everyone[key] for key in alive if not everyone[key].failure]
            alive = _keep(survivors, size - 1, task.settings.metric)
        entries = [baseline, *(everyone[key] for key in alive)]
        jobs = [
            task.make_job(entry.candidate.network, round_number=round_number) for entry in entries
        ]
        after = [add_evaluation(*pair) for pair in zip(entries, evaluate(jobs), strict=True)]
        baseline = after[0]
        everyone.update({entry.candidate.key: entry for entry in after[1:]})
    return baseline, tuple(everyone.values())


def add_evaluation(entry: TrainedCandidate, evaluation: Evaluation) -> TrainedCandidate:
    """The candidate with one more evaluation, or with the reason of its failure."""
    if evaluation.status != "complete":
        return replace(entry, failure=entry.failure or evaluation.reason or evaluation.status)
    return replace(entry, evaluations=(*entry.evaluations, evaluation))


def _keep(entries: Sequence[TrainedCandidate], size: int, metric: Metric) -> list[str]:
    ranked = sorted(entries, key=lambda entry: entry.mean_score(metric), reverse=True)
    kept = ranked[:size]
    # Without them the last round could not say whether compound scaling wins.
    for is_compound in (True, False):
        group = [entry for entry in ranked if (entry.dimension is None) == is_compound]
        kept += [entry for entry in group[:1] if entry not in kept]
    return [entry.candidate.key for entry in kept]

"""The paper's scaling experiments on the proxy: points, their accuracy, and rows for a CSV."""

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from mbscale.proxy.evaluation import Evaluator
from mbscale.search.evaluation_log import EvaluationLog, OnEvaluation, evaluate_jobs
from mbscale.search.scaling.evidence import (
    TrainedCandidate,
    interval_of_mean,
    pool_noise,
)
from mbscale.search.scaling.response_surface import SeedNoise
from mbscale.search.scaling.rounds import ScalingTask, add_evaluation
from mbscale.space.block_strings import format_architecture
from mbscale.space.candidates import as_candidate, network_key
from mbscale.space.scaling_curves import ScaledNetwork


@dataclass(frozen=True, slots=True)
class CurveRow:
    """A point of an experiment; accuracies are missing where nothing was trained.

    ``family`` is the baseline's name: ``scale --table`` fits each on its own. ``depth`` and
    ``width`` are factors, ``resolution`` the target's pixels. The interval is one of 95 %,
    by the noise between seeds pooled over all points of the family.
    """

    family: str
    line: str
    name: str
    depth: float
    width: float
    resolution: int
    macs: int
    params: int
    activations: int
    measured_ratio: float
    accuracy: float | None
    accuracy_low: float | None
    accuracy_high: float | None
    log_loss: float | None
    n_seeds: int
    seconds: float
    architecture: str
    reason: str


def run_experiment(  # noqa: PLR0913 - a stage with all its parts
    task: ScalingTask,
    points: Sequence[ScaledNetwork],
    evaluator: Evaluator,
    log: EvaluationLog,
    *,
    executor: Executor | None = None,
    n_retries: int = 1,
    on_evaluation: OnEvaluation | None = None,
) -> tuple[CurveRow, ...]:
    """Every point with ``n_seeds`` seeds of the task; a network on two lines is trained once."""
    entries = [_untrained(point) for point in points]
    for round_number in range(task.settings.n_seeds):
        jobs = [task.make_job(point.network, round_number=round_number) for point in points]
        evaluations = evaluate_jobs(
            jobs,
            evaluator,
            log,
            executor=executor,
            n_retries=n_retries,
            on_evaluation=on_evaluation,
        )
        entries = [add_evaluation(*pair) for pair in zip(entries, evaluations, strict=True)]
    # A network that stands on two lines counts once, or its noise would count twice.
    noise = pool_noise(list({entry.candidate.key: entry for entry in entries}.values()), "accuracy")
    return tuple(_row(point, entry, noise) for point, entry in zip(points, entries, strict=True))


def count_trainings(task: ScalingTask, points: Sequence[ScaledNetwork]) -> int:
    """Trainings that an experiment takes from nothing."""
    return len({network_key(point.network) for point in points}) * task.settings.n_seeds


def describe_experiment(points: Sequence[ScaledNetwork]) -> tuple[CurveRow, ...]:
    """The rows without accuracies: what the experiment would train."""
    return tuple(_row(point, _untrained(point), None) for point in points)


def _untrained(point: ScaledNetwork) -> TrainedCandidate:
    return TrainedCandidate(as_candidate(point.network), (1 / 3, 1 / 3, 1 / 3))


def _row(point: ScaledNetwork, entry: TrainedCandidate, noise: SeedNoise | None) -> CurveRow:
    accuracies = entry.scores("accuracy")
    interval = interval_of_mean(accuracies, noise) if accuracies and noise else None
    return CurveRow(
        family=point.family,
        line=point.line,
        name=point.network.name,
        depth=point.depth,
        width=point.width,
        resolution=point.network.target.resolution,
        macs=point.macs,
        params=point.params,
        activations=point.activations,
        measured_ratio=point.measured_ratio,
        accuracy=entry.mean_score("accuracy") if accuracies else None,
        accuracy_low=interval.low if interval else None,
        accuracy_high=interval.high if interval else None,
        log_loss=-entry.mean_score("log_loss") if accuracies else None,
        n_seeds=len(accuracies),
        seconds=math.fsum(evaluation.seconds for evaluation in entry.evaluations),
        architecture=format_architecture(point.network.architecture),
        reason=entry.failure,
    )

"""Stage 2: train scaled copies of the baseline and find the best constants."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np

from mbscale.errors import RunError
from mbscale.proxy.evaluation import Evaluator
from mbscale.search.evaluation_log import EvaluationLog, OnEvaluation, evaluate_jobs
from mbscale.search.scaling.best_split import (
    DIMENSIONS,
    BestSplit,
    find_best_split,
    measure_log_costs,
    to_constants,
)
from mbscale.search.scaling.confirm import (
    Confirmation,
    confirm_constants,
    pick_confirmed,
)
from mbscale.search.scaling.evidence import (
    Comparison,
    TrainedCandidate,
    compare_compound,
    error_of_means,
    find_best,
    find_tied,
    interval_of_mean,
    pool_noise,
)
from mbscale.search.scaling.response_surface import (
    Interval,
    ResponseSurface,
    SeedNoise,
    fit_surface,
)
from mbscale.search.scaling.rounds import ScalingTask, spread_candidates, train_candidates
from mbscale.space.candidates import CandidateSet, find_candidates
from mbscale.space.network import Network
from mbscale.space.scaling import CompoundConstants, scale_network

# Bello et al., 2021 (arXiv:2103.07579): width wins at 10 epochs, depth at 350.
_FEW_EPOCHS = 100
# Coefficients of a curved surface at one cost, and one more for what is left to chance.
_LEAST_NETWORKS = {2: 5, 3: 8}


@dataclass(frozen=True, slots=True)
class ScalingOutcome:
    """What stage 2 found.

    ``constants`` are the ones to use: the best point of ``split``, unless training at
    phi = 2 preferred others (``confirmations``). ``is_fitted`` is False where too few
    networks allowed no surface and ``split`` is that of the best network; its interval
    then spans the networks tied with it. ``tied`` holds the keys of the networks that
    cannot be told from the best. ``surface_error`` is the leave-one-out error in scores,
    ``measured_product`` the MACs of the baseline scaled once by ``constants`` over its own.
    """

    task: ScalingTask
    found: CandidateSet
    baseline: TrainedCandidate
    trained: tuple[TrainedCandidate, ...]
    noise: SeedNoise | None
    split: BestSplit
    is_fitted: bool
    surface_error: float | None
    constants: CompoundConstants
    measured_product: float
    tied: frozenset[str]
    comparison: Comparison
    confirmations: tuple[Confirmation, ...]
    messages: tuple[str, ...]


def run_scaling(
    task: ScalingTask,
    evaluator: Evaluator,
    log: EvaluationLog,
    *,
    executor: Executor | None = None,
    n_retries: int = 1,
    on_evaluation: OnEvaluation | None = None,
) -> ScalingOutcome:
    """Train the candidates of ``task`` and fit the constants.

    Evaluations in ``log`` are not made again, so a stopped run goes on where it was; one
    whose worker died is made again up to ``n_retries`` times.
    Raises RunError when fewer than two candidates could be trained.
    """
    evaluate = partial(
        evaluate_jobs,
        evaluator=evaluator,
        log=log,
        executor=executor,
        n_retries=n_retries,
        on_evaluation=on_evaluation,
    )
    settings = task.settings
    found = find_candidates(task.baseline, settings.candidates)
    chosen = spread_candidates(task.baseline, found.candidates, limit=settings.max_candidates)
    baseline, trained = train_candidates(task, chosen, evaluate)
    _require_two(trained)
    noise = pool_noise([baseline, *trained], settings.metric)
    tied = find_tied(trained, settings.metric, noise)
    surface, active = _fit(task, [baseline, *trained], noise)
    split = _find_split(task, trained, surface, active=active, tied=tied)
    confirmations, later_messages = (
        confirm_constants(task, split, trained, evaluate) if settings.has_confirmation else ((), ())
    )
    constants = pick_confirmed(confirmations) or split.constants
    everyone = [*trained, *(entry.trained for entry in confirmations)]
    return ScalingOutcome(
        task=task,
        found=found,
        baseline=baseline,
        trained=trained,
        noise=noise,
        split=split,
        is_fitted=surface is not None,
        surface_error=surface.leave_one_out_error if surface else None,
        constants=constants,
        measured_product=measure_product(task, constants),
        tied=tied,
        comparison=compare_compound(trained, settings.metric, noise),
        confirmations=confirmations,
        messages=(
            *_describe(task, found, trained, surface),
            *describe_limits(task, [entry.candidate.network for entry in everyone]),
            *later_messages,
        ),
    )


def measure_product(task: ScalingTask, constants: CompoundConstants) -> float:
    """The MACs of the baseline scaled by ``constants`` at phi = 1, over its own."""
    rules = task.settings.candidates.rules(task.baseline)
    scaled = scale_network(task.baseline, constants, phi=1, rules=rules)
    return scaled.count_cost().macs / task.baseline.count_cost().macs


def _require_two(trained: Sequence[TrainedCandidate]) -> None:
    n_complete = sum(bool(entry.evaluations) for entry in trained)
    if n_complete < 2:
        reason = next((entry.failure for entry in trained if entry.failure), "none was left")
        msg = (
            f"stage 2 needs at least 2 trained candidates and got {n_complete} of "
            f"{len(trained)}; the first failure: {reason}"
        )
        raise RunError(msg)


def _fit(
    task: ScalingTask, entries: Sequence[TrainedCandidate], noise: SeedNoise | None
) -> tuple[ResponseSurface | None, tuple[int, ...]]:
    complete = [entry for entry in entries if entry.evaluations]
    points = np.array([measure_log_costs(task.baseline, entry.candidate) for entry in complete])
    # A dimension that never moves takes no part: on few pixels it may be the resolution.
    active = tuple(int(index) for index in np.flatnonzero(np.ptp(points, axis=0) > 0.05))
    if len(complete) < _LEAST_NETWORKS.get(len(active), len(complete) + 1):
        return None, active
    scores = np.array([entry.mean_score(task.settings.metric) for entry in complete])
    n_seeds = np.array([len(entry.evaluations) for entry in complete], dtype=np.float64)
    surface = fit_surface(points[:, active], scores, n_seeds, degree=2, noise=noise, seed=task.seed)
    return surface, active


def _find_split(
    task: ScalingTask,
    trained: Sequence[TrainedCandidate],
    surface: ResponseSurface | None,
    *,
    active: tuple[int, ...],
    tied: frozenset[str],
) -> BestSplit:
    grid = task.settings.candidates
    if surface is not None:
        n_doublings = grid.phi_search * float(np.log2(grid.multiple))
        return find_best_split(
            surface, active=active, n_doublings=n_doublings, multiple=grid.multiple
        )
    metric = task.settings.metric
    best = find_best(trained, metric)
    assert best is not None
    options = [
        to_constants(entry.shares, grid.multiple)
        for entry in trained
        if entry.candidate.key in tied
    ]
    chosen = to_constants(best.shares, grid.multiple)
    alpha, beta, gamma = (
        _span(getattr(chosen, name), [getattr(option, name) for option in options])
        for name in ("alpha", "beta", "gamma")
    )
    noise = pool_noise(trained, metric) or SeedNoise(0.0, 1)
    score = interval_of_mean(best.scores(metric), noise)
    return BestSplit(alpha, beta, gamma, best.shares, score)


def _span(best: float, options: Sequence[float]) -> Interval:
    return Interval(best, min([best, *options]), max([best, *options]))


def _describe(
    task: ScalingTask,
    found: CandidateSet,
    trained: Sequence[TrainedCandidate],
    surface: ResponseSurface | None,
) -> Iterator[str]:
    yield from found.warnings
    taken = {entry.candidate.key for entry in trained}
    if absent := [entry for entry in found.candidates if entry.control and entry.key not in taken]:
        names = ", ".join(str(entry.control) for entry in absent)
        yield f"max_candidates of {len(trained)} leaves out the controls {names}"
    failed = [entry for entry in trained if entry.failure]
    if failed:
        yield (
            f"{len(failed)} of {len(trained)} candidates failed; the first because: "
            f"{failed[0].failure}"
        )
    complete = [entry for entry in trained if entry.evaluations]
    if surface is None:
        yield (
            f"{len(complete)} trained networks are too few for a curved surface, so the "
            "constants are those of the best network and their interval spans its ties"
        )
    elif surface.leave_one_out_error >= error_of_means(complete, task.settings.metric):
        yield (
            "the surface predicts a network that was left out no better than the mean of the "
            "others does: its best point is little more than a guess"
        )
    pixels = {entry.network.target.resolution for entry in found.candidates}
    if pixels == {task.baseline.target.resolution}:
        yield f"no candidate has another {DIMENSIONS[2]}: the lattice of strides allows none"


def describe_limits(task: ScalingTask, networks: Sequence[Network]) -> Iterator[str]:
    """What the setting itself keeps ``networks`` from telling, before anything is trained."""
    if task.epochs < _FEW_EPOCHS:
        yield (
            f"{task.epochs} epochs favor width: with 350 epochs depth beats width, with 10 width "
            "beats depth (Revisiting ResNets, arXiv:2103.07579)"
        )
    pixels = task.to_proxy(max(network.target.resolution for network in networks))
    if task.source_resolution is not None and pixels > task.source_resolution:
        yield (
            f"networks are trained at up to {pixels} pixels, above the "
            f"{task.source_resolution} of the images: more resolution is upsampling alone, "
            "and gamma says little about real images"
        )

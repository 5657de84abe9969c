"""The best constants again at phi = 2, where the order may be another one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mbscale.errors import ArchitectureError
from mbscale.search.scaling.best_split import BestSplit, to_constants
from mbscale.search.scaling.evidence import (
    Shares,
    TrainedCandidate,
    find_best,
    find_tied,
    interval_of_mean,
    pool_noise,
)
from mbscale.search.scaling.response_surface import Interval
from mbscale.search.scaling.rounds import Evaluate, ScalingTask, add_evaluation
from mbscale.space.candidates import ScalingCandidate
from mbscale.space.family import FamilySettings, make_family
from mbscale.space.scaling import CompoundConstants

# Seeds of phi = 2 start here, far from the rounds of phi = 1.
_FIRST_ROUND = 1000


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Constants trained at phi = 2, at matched cost.

    ``score`` is missing when nothing was completed; ``is_tied`` tells whether it cannot be
    told from the best. ``is_chosen`` stands at the constants that were fixed.
    """

    constants: CompoundConstants
    trained: TrainedCandidate
    score: Interval | None
    is_tied: bool
    is_chosen: bool


def confirm_constants(
    task: ScalingTask,
    split: BestSplit,
    trained: Sequence[TrainedCandidate],
    evaluate: Evaluate,
) -> tuple[tuple[Confirmation, ...], tuple[str, ...]]:
    """The contenders at phi = 2 with ``n_seeds`` seeds each, the best point first; and sentences.

    The first one is chosen unless another is better beyond noise. A contender that cannot
    cost enough below ``max_resolution`` is left out; without the first nothing is trained.
    """
    metric = task.settings.metric
    entries, messages = _scale_contenders(task, list(_contenders(task, split, trained)))
    if not entries:
        return (), messages
    for round_number in range(_FIRST_ROUND, _FIRST_ROUND + task.settings.n_seeds):
        jobs = [
            task.make_job(entry.candidate.network, round_number=round_number) for entry in entries
        ]
        entries = [add_evaluation(*pair) for pair in zip(entries, evaluate(jobs), strict=True)]
    noise = pool_noise(entries, metric)
    tied = find_tied(entries, metric, noise)
    best = find_best(entries, metric)
    is_first_as_good = best is None or entries[0].candidate.key in tied
    chosen = entries[0] if is_first_as_good or best is None else best
    confirmations = tuple(
        Confirmation(
            constants=_constants_of(entry),
            trained=entry,
            score=interval_of_mean(entry.scores(metric), noise)
            if noise and entry.evaluations
            else None,
            is_tied=entry.candidate.key in tied,
            is_chosen=entry is chosen,
        )
        for entry in entries
    )
    return confirmations, (*messages, _state(confirmations))


def pick_confirmed(confirmations: Sequence[Confirmation]) -> CompoundConstants | None:
    """The constants that phi = 2 settled on; None when it was not tried."""
    return next((entry.constants for entry in confirmations if entry.is_chosen), None)


def _state(confirmations: Sequence[Confirmation]) -> str:
    first = confirmations[0]
    if all(entry.score is None for entry in confirmations):
        return f"nothing could be trained at phi = 2; the first failure: {first.trained.failure}"
    if first.is_chosen:
        return (
            f"at phi = 2 none of {len(confirmations)} networks beats that of the best constants "
            "beyond noise: they stay"
        )
    chosen = next(entry for entry in confirmations if entry.is_chosen).constants
    return (
        f"at phi = 2 alpha {chosen.alpha:.3f}, beta {chosen.beta:.3f} and gamma "
        f"{chosen.gamma:.3f} beat the best constants beyond noise and replace them"
    )


def _contenders(
    task: ScalingTask, split: BestSplit, trained: Sequence[TrainedCandidate]
) -> Iterator[tuple[Shares, str | None]]:
    metric = task.settings.metric
    ranked = sorted(
        (entry for entry in trained if entry.evaluations),
        key=lambda entry: (len(entry.evaluations), entry.mean_score(metric)),
        reverse=True,
    )
    yield split.shares, None
    compound = [entry for entry in ranked if entry.dimension is None]
    for entry in compound[: task.settings.n_confirmed - 1]:
        yield entry.shares, None
    for entry in [entry for entry in ranked if entry.dimension][:1]:
        yield entry.shares, entry.dimension


def _scale_contenders(
    task: ScalingTask, contenders: Sequence[tuple[Shares, str | None]]
) -> tuple[list[TrainedCandidate], tuple[str, ...]]:
    found: dict[str, TrainedCandidate] = {}
    messages: list[str] = []
    for index, (shares, control) in enumerate(contenders):
        name = f"{control} alone" if control else "a compound network"
        try:
            candidate = _scale_to_phi_2(task, shares, control)
        except ArchitectureError as failure:
            if index == 0:
                return [], (f"the best constants were not trained at phi = 2: {failure}",)
            messages.append(f"{name} was not trained at phi = 2: {failure}")
            continue
        found.setdefault(candidate.key, TrainedCandidate(candidate, shares))
    return list(found.values()), tuple(messages)


def _scale_to_phi_2(task: ScalingTask, shares: Shares, control: str | None) -> ScalingCandidate:
    grid, native = task.settings.candidates, task.baseline.architecture
    constants = to_constants(shares, grid.multiple)
    settings = FamilySettings(
        mode="matched",
        phi=(2,),
        multiple=grid.multiple,
        resolution_multiple=grid.resolution_multiple,
        max_resolution=grid.max_resolution,
        depth_rounding=grid.depth_rounding,
        width_divisor=grid.width_divisor,
        # The same regularization for all: what is compared is the scaling.
        dropout=(native.dropout, native.dropout),
        drop_path=(native.drop_path, native.drop_path),
    )
    (member,) = make_family(task.baseline, constants, settings).members
    return ScalingCandidate(
        alpha=constants.alpha,
        beta=constants.beta,
        gamma=constants.gamma,
        nominal_product=constants.nominal_multiple,
        network=member.network,
        macs=member.macs,
        params=member.params,
        activations=member.activations,
        measured_ratio=member.measured_ratio,
        n_points=0,
        control=control,
    )


def _constants_of(entry: TrainedCandidate) -> CompoundConstants:
    candidate = entry.candidate
    return CompoundConstants(candidate.alpha, candidate.beta, candidate.gamma)

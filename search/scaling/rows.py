"""Candidates and families as flat rows: scaling.csv and family.csv."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mbscale.search.scaling.best_split import realized_factors
from mbscale.search.scaling.evidence import (
    TrainedCandidate,
    interval_of_mean,
    pool_noise,
)
from mbscale.search.scaling.find_constants import ScalingOutcome
from mbscale.search.scaling.response_surface import SeedNoise
from mbscale.space.block_strings import format_architecture
from mbscale.space.candidates import CandidateSet
from mbscale.space.family import Family
from mbscale.space.network import Network


@dataclass(frozen=True, slots=True)
class ScalingRow:
    """A candidate of stage 2.

    ``depth`` and ``width`` are the realized blocks and channels over the baseline's,
    ``resolution`` the target's pixels. Accuracy has its 95 % interval. ``phi`` is 0 for
    the baseline and 2 for what was confirmed there.
    """

    name: str
    control: str | None
    phi: float
    alpha: float
    beta: float
    gamma: float
    nominal_product: float
    measured_ratio: float
    macs: int
    params: int
    activations: int
    depth: float
    width: float
    resolution: int
    accuracy: float | None
    accuracy_low: float | None
    accuracy_high: float | None
    log_loss: float | None
    n_seeds: int
    seconds: float
    is_tied: bool
    key: str
    architecture: str
    reason: str


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """A candidate before anything is trained, as ``scale --dry-run`` shows it."""

    name: str
    control: str | None
    alpha: float
    beta: float
    gamma: float
    nominal_product: float
    measured_ratio: float
    macs: int
    params: int
    activations: int
    resolution: int
    n_points: int
    architecture: str


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """A member of a family; ``depth`` and ``width`` are factors before rounding."""

    name: str
    phi: float | None
    resolution: int
    depth: float
    width: float
    macs: int
    params: int
    activations: int
    nominal_ratio: float
    measured_ratio: float
    dropout: float
    drop_path: float
    architecture: str


def scaling_rows(outcome: ScalingOutcome) -> tuple[ScalingRow, ...]:
    """The baseline, every candidate and every confirmation, the best accuracy first."""
    baseline, native = outcome.baseline, outcome.task.baseline
    phi = outcome.task.settings.candidates.phi_search
    noise = pool_noise([baseline, *outcome.trained], "accuracy")
    later = [entry.trained for entry in outcome.confirmations]
    later_noise = pool_noise(later, "accuracy")
    tied_later = {entry.trained.candidate.key for entry in outcome.confirmations if entry.is_tied}
    rows = [_scaling_row(native, baseline, noise, phi=0, is_tied=False)]
    for entry in _best_first(outcome.trained):
        is_tied = entry.candidate.key in outcome.tied
        rows.append(_scaling_row(native, entry, noise, phi=phi, is_tied=is_tied))
    for entry in _best_first(later):
        is_tied = entry.candidate.key in tied_later
        rows.append(_scaling_row(native, entry, later_noise, phi=2, is_tied=is_tied))
    return tuple(rows)


def candidate_rows(found: CandidateSet) -> tuple[CandidateRow, ...]:
    """The candidates in their order, controls first."""
    return tuple(
        CandidateRow(
            name=entry.network.name,
            control=entry.control,
            alpha=entry.alpha,
            beta=entry.beta,
            gamma=entry.gamma,
            nominal_product=entry.nominal_product,
            measured_ratio=entry.measured_ratio,
            macs=entry.macs,
            params=entry.params,
            activations=entry.activations,
            resolution=entry.network.target.resolution,
            n_points=entry.n_points,
            architecture=format_architecture(entry.network.architecture),
        )
        for entry in found.candidates
    )


def family_rows(family: Family) -> tuple[FamilyRow, ...]:
    """The members in their order."""
    return tuple(
        FamilyRow(
            name=member.network.name,
            phi=member.phi,
            resolution=member.network.target.resolution,
            depth=member.depth,
            width=member.width,
            macs=member.macs,
            params=member.params,
            activations=member.activations,
            nominal_ratio=member.nominal_ratio,
            measured_ratio=member.measured_ratio,
            dropout=member.network.architecture.dropout,
            drop_path=member.network.architecture.drop_path,
            architecture=format_architecture(member.network.architecture),
        )
        for member in family.members
    )


def _best_first(trained: Sequence[TrainedCandidate]) -> list[TrainedCandidate]:
    return sorted(trained, key=lambda entry: entry.mean_score("accuracy"), reverse=True)


def _scaling_row(
    baseline: Network,
    entry: TrainedCandidate,
    noise: SeedNoise | None,
    *,
    phi: float,
    is_tied: bool,
) -> ScalingRow:
    candidate, network = entry.candidate, entry.candidate.network
    depth, width, _ = realized_factors(baseline, network)
    accuracies = entry.scores("accuracy")
    interval = interval_of_mean(accuracies, noise) if accuracies and noise else None
    return ScalingRow(
        name=network.name,
        control=candidate.control,
        phi=phi,
        alpha=candidate.alpha,
        beta=candidate.beta,
        gamma=candidate.gamma,
        nominal_product=candidate.nominal_product,
        measured_ratio=candidate.measured_ratio,
        macs=candidate.macs,
        params=candidate.params,
        activations=candidate.activations,
        depth=depth,
        width=width,
        resolution=network.target.resolution,
        accuracy=entry.mean_score("accuracy") if accuracies else None,
        accuracy_low=interval.low if interval else None,
        accuracy_high=interval.high if interval else None,
        log_loss=-entry.mean_score("log_loss") if accuracies else None,
        n_seeds=len(accuracies),
        seconds=math.fsum(evaluation.seconds for evaluation in entry.evaluations),
        is_tied=is_tied,
        key=candidate.key,
        architecture=format_architecture(network.architecture),
        reason=entry.failure,
    )

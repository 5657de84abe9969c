"""From a sampler's parameters to an architecture, and whether it is worth an evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, IntDistribution

from mbscale.results.record import Record, TrialState
from mbscale.search.objective import find_violation
from mbscale.search.seeds import derive_seed
from mbscale.search.task import SearchTask
from mbscale.space.architecture import Architecture
from mbscale.space.blocks import canonical_key
from mbscale.space.cost import Cost, count_cost
from mbscale.space.encoding import decode, sample_vector, space_choices

# So many useless proposals in a row, and an unseen member is drawn instead.
_MAX_USELESS = 25
_MAX_DRAWS = 20_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """A vector with the network that it means and its cost at the target."""

    vector: tuple[int, ...]
    architecture: Architecture
    key: str
    cost: Cost


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a proposal is not evaluated; a duplicate carries what is known of it."""

    state: TrialState
    reason: str
    known: Record | None = None


def is_evaluated(record: Record) -> bool:
    """Whether a record stands for an evaluation that was paid for."""
    return record.state in ("complete", "failed", "pruned")


class Proposer:
    """The space in Optuna's terms."""

    def __init__(self, task: SearchTask) -> None:
        self._task = task
        self._names = tuple(choice.name for choice in space_choices(task.space))
        self.distributions: dict[str, BaseDistribution] = {
            choice.name: IntDistribution(0, len(choice.options) - 1)
            for choice in space_choices(task.space)
        }

    def to_params(self, vector: Sequence[int]) -> dict[str, Any]:
        """Optuna's parameters of a vector."""
        return dict(zip(self._names, vector, strict=True))

    def read(self, params: Mapping[str, Any]) -> Proposal:
        """The proposal that Optuna's parameters mean."""
        return self._make(tuple(int(params[name]) for name in self._names))

    def judge(
        self, proposal: Proposal, records: Sequence[Record], running: frozenset[str]
    ) -> Verdict | None:
        """Why the proposal needs no evaluation, or None when it does."""
        violation = find_violation(proposal.cost.macs, self._task.settings.objective)
        if violation:
            return Verdict("infeasible", violation)
        if proposal.key in running:
            return Verdict("duplicate", "the same network is being evaluated")
        for record in records:
            if record.key == proposal.key and is_evaluated(record):
                return Verdict("duplicate", f"the same network as trial {record.number}", record)
        return None

    def find_unseen(
        self, records: Sequence[Record], number: int, running: frozenset[str]
    ) -> tuple[int, ...] | None:
        """An empty tuple while the sampler does well; then a new member, or None without one."""
        tail = records[-_MAX_USELESS:]
        if len(tail) < _MAX_USELESS or any(is_evaluated(record) for record in tail):
            return ()
        rng = np.random.default_rng(derive_seed(self._task.seed, "fallback", number))
        for _ in range(_MAX_DRAWS):
            proposal = self._make(sample_vector(self._task.space, rng))
            if self.judge(proposal, records, running) is None:
                return proposal.vector
        return None

    def _make(self, vector: tuple[int, ...]) -> Proposal:
        architecture, target = decode(self._task.space, vector), self._task.target
        cost = count_cost(
            architecture, resolution=target.resolution, num_classes=target.num_classes
        )
        return Proposal(vector, architecture, canonical_key(architecture), cost)

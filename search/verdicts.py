"""Whether a proposal is worth a training."""

from collections.abc import Mapping

from mbscale.results.record import Record
from mbscale.search.ledger import Ledger
from mbscale.search.objective import measure_violations
from mbscale.search.proposals import Proposal
from mbscale.search.settings import ObjectiveSettings
from mbscale.search.study.trials import add_known, make_record
from mbscale.search.task import SearchTask


def refuse(
    task: SearchTask,
    proposal: Proposal,
    *,
    number: int,
    ledger: Ledger,
    running: Mapping[str, int],
) -> Record | None:
    """The record of a proposal that needs no training, or None when it is worth one.

    ``running`` are the keys of the networks that are being trained, with their trials.
    """
    reason = _find_violation(proposal.cost.macs, task.settings.objective)
    if reason:
        return make_record(task, proposal, number=number, state="infeasible", reason=reason)
    if task.pool and proposal.key not in task.pool:
        reason = "no recorded network"
        return make_record(task, proposal, number=number, state="infeasible", reason=reason)
    known = ledger.by_key.get(proposal.key)
    if known is None and proposal.key not in running:
        return None
    reason = f"the same network as trial {known.number if known else running[proposal.key]}"
    record = make_record(task, proposal, number=number, state="duplicate", reason=reason)
    return add_known(record, known) if known else record


def _find_violation(macs: int, objective: ObjectiveSettings) -> str:
    broken = [name for name, amount in measure_violations(macs, objective).items() if amount > 0]
    return " and ".join(
        f"{macs:,} MACs break {name} {getattr(objective, name):,.0f}" for name in broken
    )

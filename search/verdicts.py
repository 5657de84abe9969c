"""Whether a proposal is worth a training."""

from collections.abc import Mapping

from mbscale.results.record import Record
from mbscale.search.ledger import Ledger
from mbscale.search.limits import describe_violations
from mbscale.search.proposals import Proposal
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
    violations = task.followed.violations(proposal.costs)
    reason = describe_violations(violations, proposal.costs, task.settings.objective)
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

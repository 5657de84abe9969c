"""How a search ended, and what its user should know."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mbscale.results.record import Record, find_best
from mbscale.search.settings import ObjectiveSettings

# complete: all trials done. exhausted: the space holds no other network. failed: too many
# trials failed in a row. In every state, what was finished is saved.
SearchStatus = Literal["complete", "interrupted", "timed_out", "exhausted", "failed"]

# A winner further from the target than this misses it.
TARGET_TOLERANCE = 0.10


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """Records in the order of their numbers, the best of them, and sentences for the user."""

    records: tuple[Record, ...]
    best: Record | None
    messages: tuple[str, ...]
    status: SearchStatus

    @property
    def n_evaluated(self) -> int:
        """Distinct networks trained, those that failed included."""
        return sum(record.is_evaluated for record in self.records)


def has_missed_target(record: Record, objective: ObjectiveSettings) -> bool:
    """Whether the MACs are more than a tenth off the target; below it, ``hard`` is content."""
    ratio = record.macs / objective.target_macs
    is_below = ratio < 1 - TARGET_TOLERANCE and objective.kind != "hard"
    return is_below or ratio > 1 + TARGET_TOLERANCE


def describe_miss(record: Record, objective: ObjectiveSettings) -> str:
    """A sentence for a winner that misses the target."""
    off = record.macs / objective.target_macs - 1
    return (
        f"the best network has {record.macs / 1e6:.4g} M MACs, {abs(off):.0%} "
        f"{'above' if off > 0 else 'below'} the target of {objective.target_macs / 1e6:.4g} M; "
        "set objective.kind to absolute, or min_macs and max_macs, to bind the search to it"
    )


def conclude(
    records: Sequence[Record],
    status: SearchStatus,
    objective: ObjectiveSettings | None,
    messages: Sequence[str],
) -> SearchOutcome:
    """The outcome, with a message where the winner misses the target or many trials failed."""
    best = find_best(records)
    found = list(messages)
    if best is not None and objective is not None and has_missed_target(best, objective):
        found.append(describe_miss(best, objective))
    failed = [record for record in records if record.state == "failed"]
    if failed:
        found.append(f"{len(failed)} trials failed; the last one says: {failed[-1].reason}")
    return SearchOutcome(tuple(records), best, tuple(found), status)

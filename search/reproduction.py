"""One trial trained again, and its numbers beside those in the record."""

from dataclasses import dataclass

from mbscale.errors import ConfigError
from mbscale.proxy.evaluation import Evaluator, OnEpoch
from mbscale.results.record import Record
from mbscale.search.proposals import make_proposal
from mbscale.search.study.trials import add_evaluation, is_evaluated, make_record, record_vector
from mbscale.search.task import SearchTask

# What a training decides, and what follows from the network alone.
_COMPARED = (
    "state", "key", "macs", "params", "activations", "accuracy", "log_loss", "score", "reward",
    "epochs", "seed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A number of the record, and the same number measured now."""

    name: str
    before: str | int | float | None
    now: str | int | float | None

    @property
    def is_same(self) -> bool:
        """Whether it came out the same, to the last digit."""
        return self.before == self.now


def reproduce_trial(
    task: SearchTask, record: Record, evaluator: Evaluator
) -> tuple[Reproduction, ...]:
    """The trial's network trained again with its seed, each number beside the recorded one.

    On a CPU all of them are the same on the same machine; a GPU, or another version of
    torch, may differ. A pruned trial is stopped after the same epoch. Raises ConfigError
    for a trial that was not trained.
    """
    if not is_evaluated(record):
        reason = f"{record.state} ({record.reason})"
        msg = f"trial {record.number} is {reason} and was not trained; name another --trial"
        raise ConfigError(msg)
    proposal = make_proposal(task, record_vector(task, record))
    stop = _stop_after(record.epochs or 0) if record.state == "pruned" else None
    evaluation = evaluator(proposal.architecture, seed=record.seed, on_epoch=stop)
    blank = make_record(task, proposal, number=record.number, state="complete", reason="")
    again = add_evaluation(blank, evaluation, task.settings.objective)
    return tuple(
        Reproduction(name, getattr(record, name), getattr(again, name)) for name in _COMPARED
    )


def _stop_after(last: int) -> OnEpoch:
    def is_last(epoch: int, _accuracy: float) -> bool:
        return epoch >= last

    return is_last

"""One trial trained again, and its numbers beside those in the record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mbscale.errors import ConfigError, RunError
from mbscale.proxy.evaluation import Evaluator, OnEpoch
from mbscale.results.record import Record
from mbscale.search.designs import Space, list_choices
from mbscale.search.proposals import make_proposal
from mbscale.search.study.trials import add_evaluation, make_record, record_vector
from mbscale.search.task import SearchTask
from mbscale.space.encoding import Choice
from mbscale.space.stage_space import Option

# What a training decides, and what follows from the network alone.
_COMPARED = (
    "state", "key", "macs", "params", "activations", "accuracy", "log_loss", "score", "reward",
    "epochs", "seed",
)  # fmt: skip
# All that derive_seed gives.
_SEEDS = 2**32


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
    if not record.is_evaluated:
        reason = f"{record.state} ({record.reason})"
        msg = f"trial {record.number} is {reason} and was not trained; name another --trial"
        raise ConfigError(msg)
    proposal = make_proposal(task, record_vector(task, record))
    stop = _stop_after(record.epochs or 0) if record.state == "pruned" else None
    design: Any = proposal.design
    evaluation = evaluator(design, seed=record.seed, on_epoch=stop)
    blank = make_record(task, proposal, number=record.number, state="complete", reason="")
    again = add_evaluation(blank, evaluation, task)
    return tuple(
        Reproduction(name, getattr(record, name), getattr(again, name)) for name in _COMPARED
    )


def check_record(task: SearchTask, record: Record, *, where: str) -> None:
    """Raise RunError, beginning with ``where``, for a record that the task's search cannot give."""
    flaw = _find_flaw(task.space, record)
    if flaw:
        msg = f"{where}: {flaw}; mbscale search --resume writes the table again"
        raise RunError(msg)


def _find_flaw(space: Space, record: Record) -> str:
    values, choices = dict(record.choices), list_choices(space)
    flaws = [_find_choice_flaw(choice, values, space.name) for choice in choices]
    unknown = values.keys() - {choice.name for choice in choices}
    if unknown:
        flaws.append(f"the space {space.name} does not choose {min(unknown)}")
    if not 0 <= record.seed < _SEEDS:
        flaws.append(f"seed must be from 0 to {_SEEDS - 1}; got {record.seed}")
    return next(filter(None, flaws), "")


def _find_choice_flaw(choice: Choice, values: Mapping[str, Option], space: str) -> str:
    if choice.name not in values:
        return f"{choice.name} is missing, which the space {space} chooses"
    if values[choice.name] not in choice.options:
        allowed = ", ".join(map(str, choice.options))
        return f"{choice.name} must be one of {allowed}; got {values[choice.name]!r}"
    return ""


def _stop_after(last: int) -> OnEpoch:
    def is_last(epoch: int, _accuracy: float) -> bool:
        return epoch >= last

    return is_last

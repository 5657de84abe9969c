"""Records as Optuna's frozen trials, and back."""

import json
from dataclasses import asdict
from typing import Any

from optuna.trial import FrozenTrial

from mbscale.proxy.evaluation import Evaluation
from mbscale.results.record import Record
from mbscale.search.objective import compute_reward
from mbscale.search.proposals import Proposal, Verdict
from mbscale.search.task import SearchTask
from mbscale.space.block_strings import format_architecture
from mbscale.space.encoding import space_choices

_ATTRIBUTE = "record"


def make_record(
    task: SearchTask,
    proposal: Proposal,
    *,
    number: int,
    seed: int,
    verdict: Evaluation | Verdict,
) -> Record:
    """The record of a proposal that was evaluated, or turned down."""
    choices = space_choices(task.space)
    cost = proposal.cost
    scores = _scores(task, proposal, verdict)
    return Record(
        number=number,
        state=verdict.status if isinstance(verdict, Evaluation) else verdict.state,
        key=proposal.key,
        architecture=format_architecture(proposal.architecture),
        choices=tuple(
            (choice.name, choice.options[index])
            for choice, index in zip(choices, proposal.vector, strict=True)
        ),
        macs=cost.macs,
        params=cost.params,
        activations=cost.activations,
        seed=seed,
        reason=verdict.reason,
        **scores,
    )


def _scores(task: SearchTask, proposal: Proposal, verdict: Evaluation | Verdict) -> dict[str, Any]:
    if isinstance(verdict, Verdict):
        known = verdict.known
        accuracy, log_loss = (known.accuracy, known.log_loss) if known else (None, None)
        seconds, epochs = None, None
    else:
        accuracy, log_loss = verdict.accuracy, verdict.log_loss
        seconds, epochs = verdict.seconds, verdict.epochs
    reward = None
    if accuracy is not None:
        reward = compute_reward(accuracy, proposal.cost.macs, task.settings.objective)
    return {
        "accuracy": accuracy,
        "log_loss": log_loss,
        "reward": reward,
        "seconds": seconds,
        "epochs": epochs,
    }


def freeze_record(trial: FrozenTrial, record: Record) -> FrozenTrial:
    """The finished trial with its record as a user attribute, ready for the journal."""
    plain = asdict(record)
    trial.user_attrs = {**trial.user_attrs, _ATTRIBUTE: json.dumps(plain, allow_nan=False)}
    if record.accuracy is not None:
        # Shown as columns by optuna-dashboard.
        trial.user_attrs |= {"accuracy": record.accuracy, "macs": record.macs}
    return trial


def thaw_record(trial: FrozenTrial) -> Record:
    """The record in a trial of the journal."""
    data = json.loads(trial.user_attrs[_ATTRIBUTE])
    data["choices"] = tuple((name, value) for name, value in data["choices"])
    return Record(**data)

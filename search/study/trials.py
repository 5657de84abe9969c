"""Records in Optuna's terms: what a trial is told, and what the journal keeps of it."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from mbscale.errors import ArchitectureError, RunError
from mbscale.proxy.evaluation import Evaluation
from mbscale.results import record as records
from mbscale.results.record import Record
from mbscale.search.designs import Design, Space, count_design, format_design, list_choices, realize
from mbscale.search.objective import measure_quality
from mbscale.search.proposals import Proposal, read_vector
from mbscale.search.seeds import Purpose, derive_seed
from mbscale.search.settings import ObjectiveSettings
from mbscale.search.study.journal import Direction
from mbscale.search.task import SearchTask
from mbscale.strict_yaml import parse_strict

# The other fields of a record follow from the vector.
RECORD_ATTRIBUTES = (
    "number", "state", "key", "macs", "params", "activations", "peak_memory", "accuracy",
    "log_loss", "reward", "seconds", "epochs", "seed", "reason", "score",
)  # fmt: skip

assert {*RECORD_ATTRIBUTES, "architecture", "choices"} == {field.name for field in fields(Record)}


def trial_seed(task: SearchTask, number: int) -> int:
    """The seed that a trial's network is trained with."""
    return derive_seed(task.seed, Purpose.TRIAL, number)


def make_record(
    task: SearchTask,
    proposal: Proposal,
    *,
    number: int,
    state: records.TrialState,
    reason: str,
) -> Record:
    """The record of a network that nothing was measured of."""
    return Record(
        number=number,
        state=state,
        key=proposal.key,
        architecture=format_design(proposal.design),
        choices=_name_choices(task, proposal.vector),
        **{name: cost for name, cost in proposal.costs.items() if name in RECORD_ATTRIBUTES},
        accuracy=None,
        log_loss=None,
        reward=None,
        seconds=None,
        epochs=None,
        seed=trial_seed(task, number),
        reason=reason,
    )


def add_evaluation(record: Record, evaluation: Evaluation, task: SearchTask) -> Record:
    """The record with what a training measured, and its reward."""
    quality = measure_quality(evaluation, task.settings.objective.metric)
    reward = None if quality is None else task.followed.reward(quality, float(record.macs))
    return replace(
        record,
        state=evaluation.status,
        accuracy=evaluation.accuracy,
        log_loss=evaluation.log_loss,
        score=evaluation.score,
        reward=reward,
        seconds=evaluation.seconds,
        epochs=evaluation.epochs,
        reason=evaluation.reason,
    )


def add_known(record: Record, known: Record) -> Record:
    """The duplicate's record with what was measured of the same network before."""
    return replace(
        record,
        accuracy=known.accuracy,
        log_loss=known.log_loss,
        score=known.score,
        reward=known.reward,
    )


def study_directions(objective: ObjectiveSettings) -> list[Direction]:
    """The reward up; or, of two objectives, quality up and MACs down."""
    return ["maximize", "minimize"] if objective.multi_objective else ["maximize"]


def tell_values(
    record: Record, worst: float | None, objective: ObjectiveSettings
) -> tuple[TrialState, list[float] | None]:
    """State and values that the sampler learns from; ``worst`` is the lowest first value so far.

    A duplicate is told with the known values. An infeasible network carries its
    constraints, which TPE, NSGA-II and GP read from complete trials. Its values are
    ignored by the first two; GP fits its objective to them as well, so they are the
    worst that was measured, and the region looks as bad as it is. Measured with limits
    that a fifth of the space meets: random search proposes 80 % infeasible networks, the
    three at most 6 % in the second half of 40 trials (2 seeds each). Before anything was
    measured there is no such value: the trial is told as pruned, where TPE alone reads
    constraints. Failed trials teach nothing, as everywhere in Optuna.
    """
    if record.state == "infeasible":
        if worst is None:
            return TrialState.PRUNED, None
        return TrialState.COMPLETE, [worst, *_macs(record, objective)]
    if record.state == "pruned":
        return TrialState.PRUNED, None
    if record.reward is None:
        return TrialState.FAIL, None
    return TrialState.COMPLETE, told_values(record, objective)


def told_values(record: Record, objective: ObjectiveSettings) -> list[float]:
    """The values of a complete record: its reward, or its quality and MACs."""
    assert record.reward is not None
    if not objective.multi_objective:
        return [record.reward]
    quality = measure_quality(record, objective.metric)
    assert quality is not None
    return [quality, *_macs(record, objective)]


def _macs(record: Record, objective: ObjectiveSettings) -> list[float]:
    return [float(record.macs)] if objective.multi_objective else []


def record_vector(task: SearchTask, record: Record) -> tuple[int, ...]:
    """The vector of a record."""
    values = dict(record.choices)
    return tuple(one.options.index(values[one.name]) for one in list_choices(task.space))


def record_attributes(record: Record) -> dict[str, Any]:
    """What the journal keeps, as user attributes that optuna-dashboard shows as columns."""
    return {name: getattr(record, name) for name in RECORD_ATTRIBUTES}


def read_attributes(kept: Mapping[str, Any], *, path: Path) -> dict[str, Any]:
    """Those of ``record_attributes``, of a trial in the journal at ``path``.

    Raises RunError naming the trial and the first value that no record can hold.
    """
    # A journal from before there were scores has none.
    values = {name: kept.get(name) for name in RECORD_ATTRIBUTES}
    where = f"{path}, trial {values['number']}"
    try:
        lacks = _parse_values(values, where=where).lacks
    except RunError as failure:
        msg = f"{failure}; restore it from a copy"
        raise RunError(msg) from failure
    if lacks:
        msg = f"{where} is complete and has no {lacks}; restore it from a copy"
        raise RunError(msg)
    return values


def _parse_values(values: Mapping[str, Any], *, where: str) -> Record:
    # A reason may quote a file name that is no Unicode.
    blank: dict[str, Any] = {"architecture": "", "choices": []}
    if isinstance(values["reason"], str):
        blank["reason"] = values["reason"].encode("utf-8", "backslashreplace").decode()
    return parse_strict(Record, {**values, **blank}, where=where, error=RunError)


def read_record(task: SearchTask, trial: FrozenTrial, *, path: Path) -> Record:
    """The record of a trial in the journal at ``path``. Raises RunError where there is none."""
    kept = read_attributes(trial.user_attrs, path=path)
    where = f"{path}, trial {kept['number']}"
    missing = [one.name for one in list_choices(task.space) if one.name not in trial.params]
    if missing:
        msg = f"{where} has no {missing[0]}; restore it from a copy"
        raise RunError(msg)
    vector = read_vector(task, trial.params)
    design = decode_kept(task, vector, where=where)
    if kept["peak_memory"] is None:
        # A journal from before it was counted.
        kept["peak_memory"] = count_design(task.space, task.target, vector)["peak_memory"]
    return Record(architecture=format_design(design), choices=_name_choices(task, vector), **kept)


def decode_kept(task: SearchTask, vector: Sequence[int], *, where: str) -> Design:
    """The design of a vector in the journal. Raises RunError that begins with ``where``."""
    try:
        return realize(task.space, vector)
    except ArchitectureError as failure:
        msg = f"{where}: {failure}; restore it from a copy"
        raise RunError(msg) from failure


def decode_record(task: SearchTask, record: Record) -> Design:
    """The design of a record."""
    return realize(task.space, record_vector(task, record))


def _name_choices(
    task: SearchTask, vector: Sequence[int]
) -> tuple[tuple[str, int | float | str], ...]:
    pairs = zip(_list_options(task.space), vector, strict=True)
    return tuple(options[index] for options, index in pairs)


@lru_cache(maxsize=16)
def _list_options(space: Space) -> tuple[tuple[tuple[str, int | float | str], ...], ...]:
    """Every option with its choice's name, once for all records."""
    return tuple(
        tuple((choice.name, option) for option in choice.options) for choice in list_choices(space)
    )

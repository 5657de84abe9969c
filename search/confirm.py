"""The best of stage 1 trained again with fresh seeds: a winner by luck falls back."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from mbscale.errors import RunError
from mbscale.proxy.evaluation import Evaluation, Evaluator
from mbscale.results.record import Record
from mbscale.search.objective import compute_reward
from mbscale.search.scaling_evaluations import (
    EvaluationJob,
    EvaluationLog,
    OnEvaluation,
    evaluate_jobs,
)
from mbscale.search.seeds import Purpose, derive_seed
from mbscale.search.settings import ConfirmSettings
from mbscale.search.statistics import summarize
from mbscale.search.task import SearchTask
from mbscale.space.architecture import Architecture
from mbscale.space.encoding import decode, space_choices
from mbscale.space.network import Network


@dataclass(frozen=True, slots=True)
class Confirmed:
    """One row of confirm.csv: a network of the top k, best mean reward first.

    Accuracies are on the selection split. ``low`` and ``high`` bound the mean accuracy
    with 95 %; ``probability_best`` and ``is_tied`` are on the reward.
    """

    number: int
    key: str
    architecture: str
    macs: int
    params: int
    reward: float
    accuracy: float
    low: float
    high: float
    probability_best: float
    is_tied: bool
    n_seeds: int
    search_accuracy: float


def pick_top(records: Sequence[Record], settings: ConfirmSettings) -> tuple[Record, ...]:
    """The complete records with the highest rewards, best first."""
    complete = [record for record in records if record.state == "complete"]
    ranked = sorted(complete, key=lambda record: (-(record.reward or 0.0), record.number))
    return tuple(ranked[: settings.top_k])


def decode_record(task: SearchTask, record: Record) -> Architecture:
    """The architecture of a record."""
    values = dict(record.choices)
    choices = space_choices(task.space)
    vector = [choice.options.index(values[choice.name]) for choice in choices]
    return decode(task.space, vector)


def plan_jobs(
    task: SearchTask, top: Sequence[Record], settings: ConfirmSettings, *, resolution: int
) -> list[EvaluationJob]:
    """Trainings with seeds that stage 1 has not used, network by network."""
    return [
        EvaluationJob(
            Network(record.key, decode_record(task, record), task.target),
            resolution,
            derive_seed(task.seed, Purpose.CONFIRM, record.number, repeat),
        )
        for record in top
        for repeat in range(settings.n_seeds)
    ]


def confirm(  # noqa: PLR0913 - a stage with all its parts
    task: SearchTask,
    records: Sequence[Record],
    settings: ConfirmSettings,
    evaluator: Evaluator,
    log: EvaluationLog,
    *,
    resolution: int,
    executor: Executor,
    on_evaluation: OnEvaluation | None = None,
) -> tuple[Confirmed, ...]:
    """The top k with their statistics, best mean reward first.

    Evaluations in ``log`` are not made again. Raises RunError when nothing was trained.
    """
    top = pick_top(records, settings)
    jobs = plan_jobs(task, top, settings, resolution=resolution)
    done = evaluate_jobs(jobs, evaluator, log, executor=executor, on_evaluation=on_evaluation)
    n_seeds = settings.n_seeds
    groups = [done[i * n_seeds : (i + 1) * n_seeds] for i in range(len(top))]
    sound = [
        (record, group)
        for record, group in zip(top, groups, strict=True)
        if all(evaluation.status == "complete" for evaluation in group)
    ]
    if not sound:
        msg = "no network could be confirmed: none of the best was trained to the end"
        raise RunError(msg)
    return _rank(task, sound)


def _rank(
    task: SearchTask, sound: Sequence[tuple[Record, Sequence[Evaluation]]]
) -> tuple[Confirmed, ...]:
    accuracies = [[evaluation.accuracy or 0.0 for evaluation in group] for _, group in sound]
    rewards = [
        [compute_reward(accuracy, record.macs, task.settings.objective) for accuracy in group]
        for (record, _), group in zip(sound, accuracies, strict=True)
    ]
    seed = derive_seed(task.seed, Purpose.STATISTICS)
    by_accuracy, by_reward = summarize(accuracies, seed=seed), summarize(rewards, seed=seed)
    rows = [
        Confirmed(
            number=record.number,
            key=record.key,
            architecture=record.architecture,
            macs=record.macs,
            params=record.params,
            reward=reward.mean,
            accuracy=accuracy.mean,
            low=accuracy.low,
            high=accuracy.high,
            probability_best=reward.probability_best,
            is_tied=reward.is_tied,
            n_seeds=len(group),
            search_accuracy=record.accuracy or 0.0,
        )
        for (record, group), accuracy, reward in zip(sound, by_accuracy, by_reward, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: -row.reward))

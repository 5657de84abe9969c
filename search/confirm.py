"""The best of stage 1 trained again with fresh seeds: a winner by luck falls back.

The rewards of the search are not used for the estimates: the highest of many is too high
(measured: by 0.19 points for the best of 100 on NAS-Bench-Macro).
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

from mbscale.errors import RunError
from mbscale.proxy.evaluation import Evaluation, Evaluator
from mbscale.results.record import Record
from mbscale.search.evaluation_log import (
    EvaluationJob,
    EvaluationLog,
    OnEvaluation,
    evaluate_jobs,
)
from mbscale.search.objective import measure_quality
from mbscale.search.seeds import Purpose, derive_seed
from mbscale.search.settings import ConfirmSettings
from mbscale.search.statistics import Summary, summarize
from mbscale.search.study.trials import decode_record
from mbscale.search.task import SearchTask


@dataclass(frozen=True, slots=True)
class Confirmed:
    """One row of confirm.csv: a network of the top k.

    Accuracies and ``log_loss`` are means on the selection split over ``n_seeds`` fresh
    seeds. ``low`` and ``high`` bound the true means of all networks at once; the mean of the
    first one is too high all the same, as the highest of a few. ``log_loss`` is None where the
    evaluator measures none. ``probability_best`` and
    ``is_tied`` are on the reward. ``search_accuracy`` is None after a search without training.
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
    log_loss: float | None
    probability_best: float
    is_tied: bool
    n_seeds: int
    search_accuracy: float | None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The confirmed networks, highest mean reward first, and the first one's test accuracy."""

    networks: tuple[Confirmed, ...]
    baseline: Record
    test_accuracy: float
    messages: tuple[str, ...]


def pick_top(records: Sequence[Record], settings: ConfirmSettings) -> tuple[Record, ...]:
    """The complete records with the highest rewards, best first."""
    complete = [record for record in records if record.state == "complete"]
    ranked = sorted(complete, key=lambda record: (-(record.reward or 0.0), record.number))
    return tuple(ranked[: settings.top_k])


def plan_jobs(
    task: SearchTask, records: Sequence[Record], settings: ConfirmSettings
) -> list[tuple[Record, EvaluationJob]]:
    """Trainings with seeds that no trial of the search has: all networks once, then again."""
    top = pick_top(records, settings)

    def plan(record: Record, repeat: int) -> EvaluationJob:
        seed = derive_seed(task.seed, Purpose.CONFIRM, record.number, repeat)
        return EvaluationJob(decode_record(task, record), seed, "confirm")

    return [(record, plan(record, repeat)) for repeat in range(settings.n_seeds) for record in top]


def confirm(  # noqa: PLR0913 - a stage with all its parts
    task: SearchTask,
    records: Sequence[Record],
    settings: ConfirmSettings,
    evaluator: Evaluator,
    log: EvaluationLog,
    *,
    executor: Executor,
    on_evaluation: OnEvaluation | None = None,
) -> Confirmation:
    """The top k with their statistics, and the test accuracy of the best.

    Trainings in the log are not made again, the one for the test included: the test split is
    looked at once. Ctrl-C and SIGTERM raise KeyboardInterrupt with everything saved. Raises
    RunError when fewer than two trainings end well.
    """
    evaluate = partial(
        evaluate_jobs,
        evaluator=evaluator,
        log=log,
        executor=executor,
        n_retries=task.settings.max_retries,
        on_evaluation=on_evaluation,
    )
    planned = plan_jobs(task, records, settings)
    evaluations = evaluate([job for _, job in planned])
    done = [(record, one) for (record, _), one in zip(planned, evaluations, strict=True)]
    networks = _rank(task, settings, done)
    by_number = {record.number: record for record in records}
    baseline = by_number[networks[0].number]
    messages = _describe(networks, done)
    messages += _describe_second_look(log, baseline)
    seed = derive_seed(task.seed, Purpose.TEST)
    (tested,) = evaluate([EvaluationJob(decode_record(task, baseline), seed, "confirm", "test")])
    if tested.accuracy is None:
        msg = f"the baseline could not be trained for its test: {tested.reason}"
        raise RunError(msg)
    return Confirmation(networks, baseline, tested.accuracy, tuple(messages))


def _rank(
    task: SearchTask,
    settings: ConfirmSettings,
    done: Sequence[tuple[Record, Evaluation]],
) -> tuple[Confirmed, ...]:
    groups: dict[int, list[Evaluation]] = {}
    records = {record.number: record for record, _ in done}
    for record, evaluation in done:
        if evaluation.status == "complete":
            groups.setdefault(record.number, []).append(evaluation)
    if sum(len(group) - 1 for group in groups.values()) < 1:
        msg = "no network could be confirmed: none of the best was trained twice to the end"
        raise RunError(msg)
    numbers = list(groups)
    seed = derive_seed(task.seed, Purpose.STATISTICS)
    accuracies = [[entry.accuracy or 0.0 for entry in groups[number]] for number in numbers]
    rewards = [
        [_reward(entry, records[number], task) for entry in groups[number]] for number in numbers
    ]
    by_accuracy, by_reward = (
        summarize(scores, seed=seed, confidence=settings.confidence)
        for scores in (accuracies, rewards)
    )
    rows = [
        _confirmed(records[number], groups[number], accuracy, reward)
        for number, accuracy, reward in zip(numbers, by_accuracy, by_reward, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: (-row.reward, row.number)))


def _reward(evaluation: Evaluation, record: Record, task: SearchTask) -> float:
    quality = measure_quality(evaluation, task.settings.objective.metric)
    assert quality is not None
    return task.followed.reward(quality, float(record.macs))


def _confirmed(
    record: Record, group: Sequence[Evaluation], accuracy: Summary, reward: Summary
) -> Confirmed:
    losses = [entry.log_loss for entry in group if entry.log_loss is not None]
    return Confirmed(
        number=record.number,
        key=record.key,
        architecture=record.architecture,
        macs=record.macs,
        params=record.params,
        reward=reward.mean,
        accuracy=accuracy.mean,
        low=accuracy.low,
        high=accuracy.high,
        log_loss=sum(losses) / len(losses) if losses else None,
        probability_best=reward.probability_best,
        is_tied=reward.is_tied,
        n_seeds=len(group),
        search_accuracy=record.accuracy,
    )


def _describe(
    networks: Sequence[Confirmed], done: Sequence[tuple[Record, Evaluation]]
) -> list[str]:
    n_tied = sum(row.is_tied for row in networks)
    messages = [f"{n_tied} of {len(networks)} confirmed networks cannot be told from the best"]
    failed = [evaluation for _, evaluation in done if evaluation.status != "complete"]
    if failed:
        messages.append(
            f"{len(failed)} of {len(done)} confirming trainings failed; "
            f"the last one says: {failed[-1].reason}"
        )
    return messages


def _describe_second_look(log: EvaluationLog, baseline: Record) -> list[str]:
    others = log.tested_networks() - {baseline.key}
    if not others:
        return []
    return [
        f"the test split was looked at before, for {len(others)} other baseline of this run: "
        "its accuracy is no longer that of a single look"
    ]

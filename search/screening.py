"""Cheap scores of random networks, measured before the search and kept in the log of the run."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np

from mbscale.errors import RunError
from mbscale.proxy.evaluation import Evaluation, Evaluator
from mbscale.proxy.settings import ProxySettings
from mbscale.search.evaluation_log import (
    EvaluationJob,
    EvaluationLog,
    OnEvaluation,
    evaluate_jobs,
)
from mbscale.search.proposals import Members, Proposal
from mbscale.search.screen_settings import ScreenSettings
from mbscale.search.seeds import Purpose, derive_seed
from mbscale.search.surrogate.cheap_scores import CheapScores
from mbscale.search.task import SearchTask

# With fewer networks, nothing can be learned of a score.
_FEWEST_SCORED = 8


def list_cheap_proxies(proxy: ProxySettings, settings: ScreenSettings) -> dict[str, ProxySettings]:
    """The proxy of each cheap score, by the score's name."""
    proxies: dict[str, ProxySettings] = {
        name: replace(proxy, evaluator="zero_cost", zero_cost=replace(proxy.zero_cost, score=name))
        for name in settings.scores
    }
    if settings.epochs is not None:
        training = replace(proxy.training, epochs=settings.epochs)
        proxies["short_run"] = replace(proxy.as_training(), training=training)
    return proxies


def plan_screen(task: SearchTask) -> list[tuple[Proposal, EvaluationJob]]:
    """Distinct members of the space within the limits, the same ones for every score."""
    members, seen, jobs = Members(task), set[str](), list[tuple[Proposal, EvaluationJob]]()
    for index in range(task.settings.screen.n_networks):
        seed = derive_seed(task.seed, Purpose.SCREEN, index)
        drawn = members.draw(seen, seed=seed)
        if drawn is None:
            break
        seen.add(drawn.key)
        jobs.append((drawn, EvaluationJob(drawn.design, seed, "screen")))
    return jobs


def screen(
    task: SearchTask,
    evaluators: Mapping[str, tuple[Evaluator, EvaluationLog]],
    *,
    executor: Executor,
    on_evaluation: OnEvaluation | None = None,
) -> tuple[CheapScores, ...]:
    """The scores by each evaluator; those in its log are not measured again.

    Ctrl-C and SIGTERM raise KeyboardInterrupt with everything saved. Raises RunError for a
    score that fewer than eight networks have.
    """
    planned = plan_screen(task)

    def measure(name: str, evaluator: Evaluator, log: EvaluationLog) -> CheapScores:
        evaluations = evaluate_jobs(
            [job for _, job in planned],
            evaluator,
            log,
            executor=executor,
            n_retries=task.settings.max_retries,
            on_evaluation=on_evaluation,
        )
        networks = [drawn for drawn, _ in planned]
        return _collect(name, list(zip(networks, evaluations, strict=True)))

    return tuple(measure(name, *pair) for name, pair in evaluators.items())


def _collect(name: str, done: list[tuple[Proposal, Evaluation]]) -> CheapScores:
    pairs = [
        (network.vector, evaluation.merit)
        for network, evaluation in done
        if evaluation.status == "complete"
    ]
    if len(pairs) < _FEWEST_SCORED:
        reasons = [evaluation.reason for _, evaluation in done if evaluation.reason]
        last = f"; the last failure says: {reasons[-1]}" if reasons else ""
        msg = (
            f"{name} could be had of {len(pairs)} networks only, and {_FEWEST_SCORED} are needed"
            f"{last}; raise search.screen.n_networks, or leave {name} out of search.screen"
        )
        raise RunError(msg)
    vectors, scores = zip(*pairs, strict=True)
    return CheapScores(name, np.array(vectors, dtype=np.int64), np.array(scores, dtype=np.float64))

"""Stage 1: propose, evaluate, tell, until enough distinct architectures are known."""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field

import optuna
from optuna.trial import Trial, TrialState

from mbscale.proxy.evaluation import Evaluation, Evaluator
from mbscale.results.record import Record
from mbscale.search.journal import Journal
from mbscale.search.proposals import Proposal, Proposer, is_evaluated
from mbscale.search.samplers import make_sampler
from mbscale.search.seeds import derive_seed
from mbscale.search.task import SearchTask
from mbscale.search.trials import freeze_record, make_record, thaw_record

OnRecord = Callable[[Record, tuple[Record, ...]], None]

_TOLD = {
    "complete": TrialState.COMPLETE,
    "duplicate": TrialState.COMPLETE,
    "failed": TrialState.FAIL,
    # Optuna's TPE takes a pruned trial for a bad one, so it learns where the bounds are.
    "infeasible": TrialState.PRUNED,
    "pruned": TrialState.PRUNED,
}


@dataclass(slots=True)
class _Running:
    trial: Trial
    proposal: Proposal
    seed: int


@dataclass(slots=True)
class SearchState:
    """The study in memory, the records so far, and what is being evaluated."""

    study: optuna.Study
    records: list[Record]
    running: dict[Future[Evaluation], _Running] = field(default_factory=dict)
    # Numbers are given by the order of proposals, so that seeds are used once.
    n_proposed: int = 0

    @property
    def n_evaluated(self) -> int:
        """Distinct architectures that were evaluated, failures included."""
        return sum(is_evaluated(record) for record in self.records)


def run_search(
    task: SearchTask,
    evaluator: Evaluator,
    journal: Journal,
    *,
    executor: Executor,
    on_record: OnRecord,
) -> tuple[Record, ...]:
    """Records of all trials; those in ``journal`` count and are not made again.

    Every record is in the journal before ``on_record`` gets it. Ends after ``n_trials``
    distinct architectures, at the time limit, or when the space holds no other.
    """
    state = restore(journal)
    proposer = Proposer(task)
    limit = task.settings.timeout_seconds
    deadline = None if limit is None else time.monotonic() + limit
    is_exhausted = False
    while True:
        is_late = deadline is not None and time.monotonic() > deadline
        while not (is_late or is_exhausted) and _has_room(task, state):
            is_exhausted = not _propose(task, state, proposer, evaluator, executor, journal)
            if state.records and not state.running:
                on_record(state.records[-1], tuple(state.records))
        if not state.running:
            return tuple(state.records)
        done, _ = wait(state.running, return_when=FIRST_COMPLETED)
        for future in done:
            running = state.running.pop(future)
            _finish(task, state, journal, running, future.result())
            on_record(state.records[-1], tuple(state.records))


def restore(journal: Journal) -> SearchState:
    """The state that a journal holds."""
    study = optuna.create_study(direction="maximize")
    trials = journal.read()
    study.add_trials(trials)
    records = [thaw_record(trial) for trial in trials]
    return SearchState(study, records, n_proposed=len(trials))


def _has_room(task: SearchTask, state: SearchState) -> bool:
    settings = task.settings
    is_free = len(state.running) < settings.n_workers
    return is_free and state.n_evaluated + len(state.running) < settings.n_trials


def _propose(
    task: SearchTask,
    state: SearchState,
    proposer: Proposer,
    evaluator: Evaluator,
    executor: Executor,
    journal: Journal,
) -> bool:
    """Ask for one architecture; start it, or record at once why not. False: none is left."""
    number = state.n_proposed
    forced = proposer.find_unseen(state.records, number, _running_keys(state))
    if forced is None:
        return False
    state.study.sampler = make_sampler(
        task.settings, seed=derive_seed(task.seed, "sampler", number)
    )
    if forced:
        state.study.enqueue_trial(proposer.to_params(forced))
    trial = state.study.ask(proposer.distributions)
    state.n_proposed += 1
    seed = derive_seed(task.seed, "training", number)
    proposal = proposer.read(trial.params)
    running = _Running(trial, proposal, seed)
    known = proposer.judge(proposal, state.records, _running_keys(state))
    if known is None:
        future = executor.submit(evaluator, proposal.architecture, seed=seed)
        state.running[future] = running
    else:
        record = make_record(task, proposal, number=len(state.records), seed=seed, verdict=known)
        _keep(state, journal, trial, record)
    return True


def _running_keys(state: SearchState) -> frozenset[str]:
    return frozenset(running.proposal.key for running in state.running.values())


def _finish(
    task: SearchTask,
    state: SearchState,
    journal: Journal,
    running: _Running,
    evaluation: Evaluation,
) -> None:
    number = len(state.records)
    record = make_record(
        task, running.proposal, number=number, seed=running.seed, verdict=evaluation
    )
    _keep(state, journal, running.trial, record)


def _keep(state: SearchState, journal: Journal, trial: Trial, record: Record) -> None:
    told = _TOLD[record.state]
    if told is TrialState.COMPLETE and record.reward is None:
        told = TrialState.FAIL
    state.study.tell(trial, record.reward if told is TrialState.COMPLETE else None, told)
    frozen = state.study.trials[trial.number]
    journal.append(freeze_record(frozen, record))
    state.records.append(record)

"""Stage 1: propose, evaluate, save, tell, until enough distinct networks are known.

The study in memory is what samplers see. The journal is what counts: each result is on
disk before it is told. A proposal depends on the study and on its number alone, a training
on its seed alone, so a run of one worker that is killed and resumed equals one that was
not. With several workers the order of results is up to chance.
"""

import itertools
import queue
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import UTC, datetime

from mbscale.proxy.evaluation import Evaluation, Evaluator
from mbscale.results.record import Record
from mbscale.results.run_folder import RunFolder
from mbscale.search.designs import list_choices
from mbscale.search.early_stopping import EarlyStopping
from mbscale.search.execution.interrupts import Interrupts
from mbscale.search.execution.jobs import Course, Trained, read_end
from mbscale.search.ledger import Ledger
from mbscale.search.outcome import SearchOutcome, SearchStatus, conclude
from mbscale.search.proposals import Members, Proposal, make_proposal, read_vector
from mbscale.search.run_files import RunFiles
from mbscale.search.samplers import make_sampler, space_distributions
from mbscale.search.seeds import Purpose, derive_seed
from mbscale.search.study.journal import Journal
from mbscale.search.study.running_trials import RunningTrial
from mbscale.search.study.search_log import SearchLog
from mbscale.search.study.study_in_memory import StudyInMemory
from mbscale.search.study.trials import add_evaluation, make_record, tell_values, trial_seed
from mbscale.search.task import SearchTask
from mbscale.search.verdicts import refuse

OnRecord = Callable[[Record, Sequence[Record]], None]


def run_search(
    task: SearchTask,
    evaluator: Evaluator,
    journal: Journal,
    *,
    executor: Executor,
    on_record: OnRecord,
) -> SearchOutcome:
    """Search until ``n_trials`` distinct networks were trained; trials in the journal count.

    After each trial it is in the journal, then in the files of the folder, and then
    ``on_record`` gets it with all records, in the order of their ends. The search ends early
    at the time limit, on Ctrl-C or SIGTERM, when the space holds no other network, and after
    too many failures in a row; ``status`` says so. An exception of the evaluator is a bug and
    is raised, with all results saved. Raises ConfigError when the journal was begun with other
    settings.
    """
    interrupts = Interrupts()
    search = _Search(task, evaluator, journal, executor, on_record, interrupts)
    try:
        with interrupts.listen():
            status = search.run()
    except KeyboardInterrupt:
        status = "interrupted"
    return search.close(status)


@dataclass(slots=True)
class _Started:
    number: int
    proposal: Proposal
    slot: int
    n_attempts: int = 0


class _Search:
    """The state of a search while it runs."""

    def __init__(
        self,
        task: SearchTask,
        evaluator: Evaluator,
        journal: Journal,
        executor: Executor,
        on_record: OnRecord,
        interrupts: Interrupts,
    ) -> None:
        self._task = task
        self._evaluator = evaluator
        self._executor = executor
        self._on_record = on_record
        self._interrupts = interrupts
        self._messages = list(journal.messages)
        self._log = SearchLog(journal, task)
        self._files = RunFiles(RunFolder(journal.path.parent), task)
        self._members = Members(task)
        self._distributions = space_distributions(task.space)
        self._ledger = Ledger(task.settings.objective)
        self._running: dict[Future[Trained], _Started] = {}
        # The same by key, with their numbers: to list them for each proposal takes too long.
        self._running_keys: dict[str, int] = {}
        # In it are those of them that are done.
        self._done: queue.SimpleQueue[Future[Trained]] = queue.SimpleQueue()
        self._stopping = EarlyStopping(task)
        self._waiting: list[_Started] = []
        self._memory = self._restore()
        self._study = self._memory.study
        self._end: SearchStatus | None = None

    def run(self) -> SearchStatus:
        """Start and finish trials until there is a reason to end."""
        limit = self._task.settings.timeout_seconds
        deadline = None if limit is None else time.monotonic() + limit
        self._files.write(self._ledger.records, self._ledger.best)
        while True:
            while self._has_room():
                if deadline is not None and time.monotonic() >= deadline:
                    self._end = "timed_out"
                elif self._waiting:
                    # Started before the run was killed; its seed and its place are its own.
                    self._submit(self._waiting.pop(0))
                else:
                    self._propose()
            if not self._running:
                return self._end or "complete"
            done = [self._done.get()]
            while not self._done.empty():
                done.append(self._done.get())
            for future in sorted(done, key=lambda one: self._running[one].number):
                self._finish(self._running.pop(future), future)

    def close(self, status: SearchStatus) -> SearchOutcome:
        """Write the files a last time and say how it went."""
        self._files.write(self._ledger.records, self._ledger.best)
        # An objective of the user's own need not have a target.
        objective = None if self._task.objective else self._task.settings.objective
        return conclude(self._ledger.records, status, objective, self._messages)

    def _restore(self) -> StudyInMemory:
        finished = self._log.read_finished()
        for one in finished:
            self._ledger.add(one.record)
            self._stopping.add(one.record.number, one.course)
        running = self._log.read_running({one.record.number for one in finished})
        memory = self._log.restore_study(finished, running)
        memory.study.sampler = make_sampler(self._task)
        for slot, trial in sorted(running.items(), key=lambda pair: pair[1].number):
            proposal = make_proposal(self._task, trial.vector)
            self._waiting.append(_Started(trial.number, proposal, slot))
        return memory

    def _has_room(self) -> bool:
        settings = self._task.settings
        n_begun = len(self._ledger.by_key) + len(self._running)
        return (
            self._end is None
            and len(self._running) < settings.n_workers
            and n_begun < settings.n_trials
        )

    def _propose(self) -> None:
        """Ask for one network; start it, or record at once why it is not trained."""
        is_stuck = self._ledger.n_useless >= self._task.settings.max_useless
        if is_stuck and not self._enqueue_member():
            return
        trial = self._study.ask(self._distributions)
        proposal = make_proposal(self._task, read_vector(self._task, trial.params))
        for name, amount in self._task.followed.violations(proposal.costs).items():
            trial.set_constraint(name, amount)
        number, running = trial.number, self._running_keys
        record = refuse(self._task, proposal, number=number, ledger=self._ledger, running=running)
        if record is not None:
            self._settle(record)
            return
        slots = {one.slot for one in (*self._running.values(), *self._waiting)}
        slot = next(slot for slot in itertools.count() if slot not in slots)
        self._start(_Started(number, proposal, slot))

    def _enqueue_member(self) -> bool:
        """Make the sampler's next proposal an unseen member; False: end, there is none."""
        seen = {*self._ledger.by_key, *self._running_keys}
        seed = derive_seed(
            self._task.seed, Purpose.DRAW, len(self._study.get_trials(deepcopy=False))
        )
        member = self._members.draw(seen, seed=seed)
        if member is None:
            self._end = "exhausted"
            self._messages.append(self._members.describe_end())
            return False
        names = [choice.name for choice in list_choices(self._task.space)]
        self._study.enqueue_trial(dict(zip(names, member.vector, strict=True)))
        return True

    def _start(self, started: _Started) -> None:
        trial = self._memory.find_trial(started.number)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        note = RunningTrial(started.number, started.proposal.vector, trial.system_attrs, now)
        with self._interrupts.hold():
            self._log.note_running(note, slot=started.slot)
        self._submit(started)

    def _submit(self, started: _Started) -> None:
        started.n_attempts += 1
        seed = trial_seed(self._task, started.number)
        design, macs = started.proposal.design, started.proposal.macs
        train = self._stopping.choose_call(started.number, macs, self._ledger)
        future = self._executor.submit(train, self._evaluator, design, seed=seed)
        self._running[future] = started
        self._running_keys[started.proposal.key] = started.number
        future.add_done_callback(self._done.put)

    def _finish(self, started: _Started, future: Future[Trained]) -> None:
        number, proposal = started.number, started.proposal
        del self._running_keys[proposal.key]
        trained = read_end(
            future,
            n_times=started.n_attempts,
            seed=trial_seed(self._task, number),
            can_retry=started.n_attempts <= self._task.settings.max_retries,
        )
        if trained is None:
            self._submit(started)
            return
        ended = Trained(trained, Course()) if isinstance(trained, Evaluation) else trained
        self._stopping.add(number, ended.course)
        record = make_record(self._task, proposal, number=number, state="complete", reason="")
        self._settle(add_evaluation(record, ended.evaluation, self._task))

    def _settle(self, record: Record) -> None:
        """Save the end of a trial, then count it and let the sampler know."""
        objective = self._task.settings.objective
        state, values = tell_values(record, self._ledger.worst_value, objective)
        with self._interrupts.hold():
            trial = self._memory.find_trial(record.number)
            course = self._stopping.find(record.number)
            self._log.append(trial, record, course, state=state, values=values)
            self._study.tell(record.number, values, state)
            self._ledger.add(record)
            if self._files.are_due():
                self._files.write(self._ledger.records, self._ledger.best)
            self._on_record(record, self._ledger.ended)
        limit = self._task.settings.max_failures
        has_failed = record.state == "failed" and self._ledger.n_failures >= limit
        if has_failed and self._end is None:
            self._end = "failed"
            self._messages.append(f"ended early: {limit} trials in a row failed")

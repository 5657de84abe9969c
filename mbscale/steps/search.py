"""The search of a run: cheap scores, trials, the front and the best so far."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from mbscale.errors import ConfigError, RunError
from mbscale.results.plots import plot_history, plot_pareto
from mbscale.results.record import Record, find_best
from mbscale.search.driver import run_search as drive
from mbscale.search.execution.executors import open_executor
from mbscale.search.noise import describe_noise
from mbscale.search.outcome import SearchOutcome
from mbscale.search.random_gain import describe_gain
from mbscale.search.screening import list_cheap_proxies, screen
from mbscale.search.study.journal import Journal
from mbscale.search.study.search_log import read_search
from mbscale.search.task import SearchTask
from mbscale.space.cost import format_count
from mbscale.steps.progress import Counter, report
from mbscale.steps.run import Run


def run_search(run: Run) -> SearchOutcome:
    """Stage 1; trials, front and best so far are on disk after every trial.

    Trials that the run's journal already holds count. Raises KeyboardInterrupt after Ctrl-C
    or SIGTERM, with everything saved, and RunError where no network was trained to the end.
    """
    journal = Journal(run.folder.journal)
    task = _screen(run, journal)
    settings = run.config.search
    with (
        report(run.progress, "search", total=settings.n_trials) as counter,
        open_executor(settings) as executor,
    ):
        outcome = drive(
            task,
            run.make_evaluator(executor, run.config.proxy),
            journal,
            executor=executor,
            on_record=_show(counter),
        )
    if outcome.status == "interrupted":
        raise KeyboardInterrupt
    outcome = replace(outcome, messages=(*outcome.messages, *_describe(run, outcome)))
    for message in outcome.messages:
        run.progress.note(message)
    save_figures(run, outcome.records, baseline=require_best(outcome.records))
    return outcome


def _screen(run: Run, journal: Journal) -> SearchTask:
    """The task with the cheap scores that its settings ask for."""
    task, settings = run.task, run.task.settings.screen
    if not settings.n_networks:
        return task
    # Where the images changed the search is refused, and scoring them would take time first.
    read_search(journal, task)
    proxies = list_cheap_proxies(run.config.proxy, settings)
    total = settings.n_networks * len(proxies)
    with (
        report(run.progress, "screen", total=total) as counter,
        open_executor(task.settings) as executor,
    ):
        scores = screen(
            task,
            {
                name: (run.make_evaluator(executor, one), run.open_evaluations(one))
                for name, one in proxies.items()
            },
            executor=executor,
            on_evaluation=counter.count,
        )
    return replace(task, cheap_scores=scores)


def _describe(run: Run, outcome: SearchOutcome) -> list[str]:
    messages: list[str] = []
    if run.n_selection is not None:
        messages += describe_noise(outcome.records, n_images=run.n_selection)
    if outcome.best is not None:
        n_evaluated = outcome.n_evaluated
        messages += describe_gain(
            run.task, run.config.proxy, best=outcome.best, n_evaluated=n_evaluated
        )
    wanted = run.config.search.n_trials
    if outcome.n_evaluated < wanted:
        messages.append(f"{outcome.n_evaluated} of {wanted} networks were trained")
    return messages


def _show(counter: Counter) -> Callable[[Record, Sequence[Record]], None]:
    n_seen = n_evaluated = 0
    best: Record | None = None

    def on_record(record: Record, records: Sequence[Record]) -> None:
        nonlocal n_seen, n_evaluated, best
        new, n_seen = records[n_seen:], len(records)
        n_evaluated += sum(entry.is_evaluated for entry in new)
        best = find_best([*([best] if best else []), *new])
        if not record.is_evaluated:
            return
        remark = _describe_best(best) if best else "nothing trained to the end yet"
        counter.show(n_evaluated, remark)

    return on_record


def _describe_best(record: Record) -> str:
    accuracy = f"{100 * (record.accuracy or 0.0):.1f} %"
    merit = accuracy if record.score is None else f"score {record.score:.4g}"
    return f"best {merit} at {format_count(record.macs)} MACs"


def save_figures(run: Run, records: Sequence[Record], *, baseline: Record) -> None:
    """pareto.png and history.png."""
    plot_pareto(
        run.folder.pareto_figure,
        records,
        target_macs=run.config.search.objective.target_macs,
        baseline_key=baseline.key,
        n_images=run.n_selection,
    )
    plot_history(run.folder.history_figure, records)


def require_best(records: Sequence[Record]) -> Record:
    """The complete record with the highest reward; RunError where none is complete."""
    best = find_best(records)
    if best is None:
        msg = "no network was trained to the end; trials.csv gives the reasons"
        raise RunError(msg)
    return best


def read_searched(run: Run) -> tuple[Record, ...]:
    """The records of the run's search; trials.csv may lag behind the journal they stand in.

    Raises ConfigError where the folder holds none.
    """
    path = run.folder.path
    if not run.folder.journal.exists():
        msg = f"{path} holds no search; search first, or name another folder with --out"
        raise ConfigError(msg)
    journal = Journal(run.folder.journal)
    for message in journal.messages:
        run.progress.note(message)
    return read_search(journal, run.task)

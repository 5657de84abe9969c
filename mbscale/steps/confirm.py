"""The best of a run's search, trained again with fresh seeds: the baseline."""

from collections.abc import Sequence

from mbscale.proxy.settings import ProxySettings
from mbscale.results.record import Record
from mbscale.results.rows import write_rows
from mbscale.results.run_folder import Provenance
from mbscale.search.confirm import Confirmation, Confirmed, pick_top
from mbscale.search.confirm import confirm as confirm_top
from mbscale.search.execution.executors import open_executor
from mbscale.search.run_files import write_found
from mbscale.steps.progress import report
from mbscale.steps.run import Run
from mbscale.steps.search import read_searched, save_figures


def confirm(run: Run) -> Confirmation:
    """The top k again with fresh seeds, and the baseline's accuracy on the test split.

    The run must have searched. Writes confirm.csv and baseline.yaml. Raises ConfigError where
    it has not searched, and KeyboardInterrupt after Ctrl-C or SIGTERM, with everything saved.
    """
    records = read_searched(run)
    done = _train(run, records, run.config.proxy.as_training())
    write_rows(run.folder.confirmed, done.networks, Confirmed)
    best = done.networks[0]
    provenance = Provenance(
        "confirm",
        confirmed_accuracy=best.accuracy,
        confirmed_low=best.low,
        confirmed_high=best.high,
        test_accuracy=done.test_accuracy,
    )
    write_found(run.folder, run.task, done.baseline, provenance)
    save_figures(run, records, baseline=done.baseline)
    for message in done.messages:
        run.progress.note(message)
    return done


def _train(run: Run, records: Sequence[Record], proxy: ProxySettings) -> Confirmation:
    settings = run.config.confirm
    total = len(pick_top(records, settings)) * settings.n_seeds + 1
    with (
        report(run.progress, "confirm", total=total) as counter,
        open_executor(run.config.search) as executor,
    ):
        return confirm_top(
            run.task,
            records,
            settings,
            run.make_evaluator(executor, proxy),
            run.open_evaluations(proxy),
            executor=executor,
            on_evaluation=counter.count,
        )

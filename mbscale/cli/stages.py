"""The stages of a run over its folder: each reads what the one before left on disk."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mbscale.cli.console import format_count, print_note
from mbscale.cli.progress import StageProgress
from mbscale.cli.run_folder import RunFolder
from mbscale.config import RunConfig
from mbscale.errors import RunError
from mbscale.proxy.dataset import Dataset, load_dataset
from mbscale.proxy.evaluation import Evaluation
from mbscale.results.files import replace_file
from mbscale.results.record import Record
from mbscale.results.rows import write_rows
from mbscale.search.confirm import Confirmed, confirm, decode_record, pick_top
from mbscale.search.driver import run_search
from mbscale.search.executors import ProxyEvaluator, open_executor
from mbscale.search.journal import open_journal
from mbscale.search.limits import describe_noise
from mbscale.search.scaling_evaluations import EvaluationJob, EvaluationLog
from mbscale.search.seeds import Purpose, derive_seed
from mbscale.search.settings import ConfirmSettings
from mbscale.search.task import SearchTask
from mbscale.search.trials import is_evaluated
from mbscale.space.network import Network
from mbscale.space.network_yaml import format_network
from mbscale.space.search_space import load_search_space


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is open: settings, folder, task, images, and whether it may talk."""

    config: RunConfig
    folder: RunFolder
    task: SearchTask
    dataset: Dataset
    is_quiet: bool

    @property
    def proxy_resolution(self) -> int:
        """Pixels that the proxy trains at."""
        return self.config.proxy.resolution or self.dataset.resolution


def begin(config: RunConfig, folder: RunFolder, *, is_quiet: bool) -> Run:
    """A run with its space and images loaded, so that what is wrong with them is said first."""
    task = SearchTask(load_search_space(config.space), config.target, config.search, config.seed)
    return Run(config, folder, task, load_dataset(config.proxy.data), is_quiet)


def search_stage(run: Run) -> tuple[Record, ...]:
    """Stage 1; trials, front and best so far are on disk after every trial.

    Raises KeyboardInterrupt after Ctrl-C or SIGTERM, with everything saved.
    """
    settings = run.config.search
    with (
        open_journal(run.folder.path) as journal,
        StageProgress("search", total=settings.n_trials, is_quiet=run.is_quiet) as progress,
        open_executor(settings) as executor,
    ):
        outcome = run_search(
            run.task,
            ProxyEvaluator(run.config.proxy),
            journal,
            executor=executor,
            on_record=_show(progress),
        )
    if outcome.status == "interrupted":
        raise KeyboardInterrupt
    messages = [
        *outcome.messages,
        *describe_noise(outcome.records, n_images=len(run.dataset.selection)),
    ]
    if outcome.n_evaluated < settings.n_trials:
        messages.append(f"{outcome.n_evaluated} of {settings.n_trials} networks were trained")
    for message in messages:
        print_note(message)
    find_best(outcome.records)
    return outcome.records


def _show(progress: StageProgress) -> Callable[[Record, tuple[Record, ...]], None]:
    def on_record(record: Record, records: tuple[Record, ...]) -> None:
        if not is_evaluated(record):
            return
        n_evaluated = sum(is_evaluated(entry) for entry in records)
        complete = pick_top(records, ConfirmSettings(top_k=1))
        remark = _describe_best(complete[0]) if complete else "nothing trained to the end yet"
        progress.show(n_evaluated, remark=remark)

    return on_record


def _describe_best(record: Record) -> str:
    accuracy = 100 * (record.accuracy or 0.0)
    return f"best {accuracy:.1f} % at {format_count(record.macs)} MACs"


def save_baseline(run: Run, record: Record, *, chosen_by: str, **more: float) -> None:
    """baseline.yaml with where it comes from."""
    network = Network("baseline", decode_record(run.task, record), run.task.target)
    provenance = {
        "chosen_by": chosen_by,
        "trial": record.number,
        "space": run.config.space,
        "seed": run.config.seed,
        "selection_accuracy": record.accuracy,
        **more,
    }
    replace_file(run.folder.baseline, format_network(network, provenance))


def find_best(records: tuple[Record, ...]) -> Record:
    """The complete record with the highest reward."""
    top = pick_top(records, ConfirmSettings(top_k=1))
    if not top:
        msg = "no network was trained to the end; trials.csv gives the reasons"
        raise RunError(msg)
    return top[0]


def confirm_stage(run: Run, records: tuple[Record, ...]) -> tuple[tuple[Confirmed, ...], float]:
    """The top k again with fresh seeds, and the baseline's accuracy on the test split."""
    settings = run.config.confirm
    total = len(pick_top(records, settings)) * settings.n_seeds
    log = EvaluationLog(run.folder.path / "confirm.jsonl")
    evaluator = ProxyEvaluator(run.config.proxy)
    with (
        StageProgress("confirm", total=total, is_quiet=run.is_quiet) as progress,
        open_executor(run.config.search) as executor,
    ):
        rows = confirm(
            run.task,
            records,
            settings,
            evaluator,
            log,
            resolution=run.proxy_resolution,
            executor=executor,
            on_evaluation=_count(progress),
        )
    write_rows(run.folder.path / "confirm.csv", rows, Confirmed)
    by_number = {record.number: record for record in records}
    baseline = by_number[rows[0].number]
    seed = derive_seed(run.config.seed, Purpose.TEST)
    tested = evaluator(decode_record(run.task, baseline), seed=seed, split="test")
    if tested.accuracy is None:
        msg = f"the baseline could not be trained for its test: {tested.reason}"
        raise RunError(msg)
    save_baseline(
        run,
        baseline,
        chosen_by="confirm",
        confirmed_accuracy=rows[0].accuracy,
        confirmed_low=rows[0].low,
        confirmed_high=rows[0].high,
        test_accuracy=tested.accuracy,
    )
    return rows, tested.accuracy


def _count(progress: StageProgress) -> Callable[[EvaluationJob, Evaluation], None]:
    done = iter(range(1, 1_000_000))
    return lambda _job, _evaluation: progress.show(next(done))


def default_folder(config_path: Path | None) -> Path:
    """runs/<name of the config>."""
    return Path("runs") / (config_path.stem if config_path else "default")

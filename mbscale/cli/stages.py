"""The stages of a run over its folder: each reads what the one before left on disk."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mbscale.cli.console import print_note
from mbscale.cli.progress import StageProgress
from mbscale.cli.run_folder import RunFolder
from mbscale.cli.screen_stage import screen_stage
from mbscale.config import RunConfig
from mbscale.errors import ConfigError, RunError
from mbscale.proxy.fingerprint import fingerprint, make_recipe
from mbscale.proxy.images.dataset import Dataset, load_dataset
from mbscale.proxy.training.device import choose_device
from mbscale.results.files import replace_file
from mbscale.results.manifest import describe_run, hash_text, write_manifest
from mbscale.results.plots import plot_history, plot_pareto
from mbscale.results.record import Record, find_best
from mbscale.results.rows import write_rows
from mbscale.search.confirm import Confirmation, Confirmed, confirm, pick_top
from mbscale.search.driver import run_search
from mbscale.search.evaluation_log import EVALUATIONS, EvaluationLog
from mbscale.search.execution.executors import open_executor, share_images
from mbscale.search.noise import describe_noise
from mbscale.search.pool import list_pool
from mbscale.search.random_gain import describe_gain
from mbscale.search.study.journal import JOURNAL_NAME, open_journal
from mbscale.search.study.lock import lock_folder
from mbscale.search.study.search_log import read_search
from mbscale.search.study.trials import decode_record
from mbscale.search.task import SearchTask
from mbscale.space.cost import format_count
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
    space = load_search_space(config.space)
    pool = list_pool(space, config.proxy)
    dataset = load_dataset(config.proxy.data)
    recipe = make_recipe(config.proxy, dataset)
    task = SearchTask(space, config.target, config.search, config.seed, pool, recipe=recipe)
    return Run(config, folder, task, dataset, is_quiet)


def save_manifest(run: Run) -> None:
    """manifest.json: versions, machine, command, and what settings and images hash to."""
    manifest = describe_run(
        command=sys.argv,
        seed=run.config.seed,
        device=str(choose_device(run.config.proxy.device)),
        hashes=(hash_text(repr(run.config)), run.dataset.content_hash),
        started=datetime.now(UTC),
    )
    write_manifest(run.folder.path / "manifest.json", manifest)


def save_figures(run: Run, records: tuple[Record, ...], *, baseline: Record) -> None:
    """pareto.png and history.png."""
    plot_pareto(
        run.folder.path / "pareto.png",
        records,
        target_macs=run.config.search.objective.target_macs,
        baseline_key=baseline.key,
        n_images=len(run.dataset.selection),
    )
    plot_history(run.folder.path / "history.png", records)


def search_stage(run: Run) -> tuple[Record, ...]:
    """Stage 1; trials, front and best so far are on disk after every trial.

    Raises KeyboardInterrupt after Ctrl-C or SIGTERM, with everything saved, and RunError
    where no network was trained to the end.
    """
    settings = run.config.search
    with open_journal(run.folder.path) as journal:
        task = screen_stage(
            run.task, run.config.proxy, run.dataset, run.folder.path, is_quiet=run.is_quiet
        )
        with (
            StageProgress("search", total=settings.n_trials, is_quiet=run.is_quiet) as progress,
            open_executor(settings) as executor,
        ):
            outcome = run_search(
                task,
                share_images(executor, run.config.proxy, run.dataset),
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
    if outcome.best is not None:
        gain = describe_gain(
            run.task, run.config.proxy, best=outcome.best, n_evaluated=outcome.n_evaluated
        )
        messages.extend(gain)
    if outcome.n_evaluated < settings.n_trials:
        messages.append(f"{outcome.n_evaluated} of {settings.n_trials} networks were trained")
    _say(messages)
    save_figures(run, outcome.records, baseline=require_best(outcome.records))
    return outcome.records


def _show(progress: StageProgress) -> Callable[[Record, Sequence[Record]], None]:
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
        progress.show(n_evaluated, remark=remark)

    return on_record


def _describe_best(record: Record) -> str:
    merit = f"score {record.score:.4g}" if record.score is not None else _percent(record.accuracy)
    return f"best {merit} at {format_count(record.macs)} MACs"


def _percent(accuracy: float | None) -> str:
    return f"{100 * (accuracy or 0.0):.1f} %"


def save_baseline(run: Run, record: Record, *, chosen_by: str, **more: float) -> None:
    """baseline.yaml with where it comes from."""
    network = Network("baseline", decode_record(run.task, record), run.task.target)
    provenance = {
        "chosen_by": chosen_by,
        "trial": record.number,
        "space": run.config.space,
        "seed": run.config.seed,
        "selection_accuracy": record.accuracy,
        "selection_score": record.score,
        **more,
    }
    replace_file(run.folder.baseline, format_network(network, provenance))


def require_best(records: tuple[Record, ...]) -> Record:
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
    if not (path / JOURNAL_NAME).exists():
        msg = f"{path} holds no search; search first, or name another folder with --out"
        raise ConfigError(msg)
    with open_journal(path) as journal:
        _say(journal.messages)
        return read_search(journal, run.task)


def _say(messages: Sequence[str]) -> None:
    for message in messages:
        print_note(message)


def confirm_stage(run: Run, records: tuple[Record, ...]) -> Confirmation:
    """The top k again with fresh seeds, and the baseline's accuracy on the test split.

    Raises KeyboardInterrupt after Ctrl-C or SIGTERM, with everything saved.
    """
    settings, proxy = run.config.confirm, run.config.proxy.as_training()
    total = len(pick_top(records, settings)) * settings.n_seeds + 1
    with (
        lock_folder(run.folder.path),
        StageProgress("confirm", total=total, is_quiet=run.is_quiet) as progress,
        open_executor(run.config.search) as executor,
    ):
        confirmation = confirm(
            run.task,
            records,
            settings,
            share_images(executor, proxy, run.dataset),
            EvaluationLog(
                run.folder.path / EVALUATIONS, fingerprint=fingerprint(proxy, run.dataset)
            ),
            executor=executor,
            on_evaluation=progress.count,
        )
    write_rows(run.folder.confirmed, confirmation.networks, Confirmed)
    best = confirmation.networks[0]
    save_baseline(
        run,
        confirmation.baseline,
        chosen_by="confirm",
        confirmed_accuracy=best.accuracy,
        confirmed_low=best.low,
        confirmed_high=best.high,
        test_accuracy=confirmation.test_accuracy,
    )
    save_figures(run, records, baseline=confirmation.baseline)
    _say(confirmation.messages)
    return confirmation


def default_folder(config_path: Path | None) -> Path:
    """runs/<name of the config>."""
    return Path("runs") / (config_path.stem if config_path else "default")

"""The verb validate-proxy: whether a cheap proxy orders networks as a reference does."""

import argparse
import shlex
import sys
from functools import cache
from pathlib import Path

import numpy as np

from mbscale.cli.arguments import Verbs, add_config_flags, add_verb, read_overrides
from mbscale.cli.console import escape_controls, print_json, print_note, print_table
from mbscale.cli.progress import StageProgress
from mbscale.cli.proxy_report import describe_rows, pick_cheapest, plot_proxies
from mbscale.config import RunConfig, change_proxy, load_run_config
from mbscale.errors import RunError
from mbscale.proxy.images.dataset import load_dataset
from mbscale.proxy.settings import DataSettings, ProxySettings
from mbscale.results.rows import write_rows
from mbscale.results.run_folder import make_folder
from mbscale.search.objective import is_within_limits, make_objective
from mbscale.search.validation.certificate import certify, write_certificate
from mbscale.search.validation.labels import guess_accuracies
from mbscale.search.validation.proxy_validation import (
    Networks,
    ProxyRow,
    compare_counts,
    compare_guesses,
    compare_proxy,
)
from mbscale.search.validation.recorded_reference import (
    RecordedReference,
    are_members,
    draw_reference,
    make_label_task,
)
from mbscale.search.validation.score_book import Score, ScoreBook, measure_networks
from mbscale.space.architecture import Architecture
from mbscale.space.costs import list_counters
from mbscale.space.network import Network
from mbscale.space.search_space import load_search_space
from mbscale.space.stratified import sample_stratified

# Trainings from equal weights err alike, and would agree by that; no proxy gets so far.
_REFERENCE_SEED = 500_000


def add_verbs(verbs: Verbs) -> None:
    """validate-proxy."""
    parser = add_verb(verbs, "validate-proxy", validate_proxy)
    add_config_flags(parser)
    parser.add_argument(
        "--table", type=Path, metavar="FILE", help="recorded accuracies instead of long training"
    )


def validate_proxy(options: argparse.Namespace) -> int:
    """Measure each proxy and the reference; what is already in the folder is kept."""
    config = load_run_config(options.config, read_overrides(options))
    name = options.config.stem if options.config else "default"
    folder = Path(options.out or Path("runs") / "validate" / name)
    make_folder(folder)
    book = ScoreBook(folder / "scores.csv")
    recorded = _draw_recorded(options.table, config)
    architectures, reference = (
        _split(recorded) if recorded else _train_reference(book, config, is_quiet=options.quiet > 0)
    )
    networks = _count(config, architectures, reference)
    proxies = _list_proxies(config)
    rows = compare_counts(networks)
    for proxy in proxies.items():
        scores = _measure(
            book,
            proxy,
            architectures,
            n_seeds=config.validate_proxy.n_seeds,
            is_quiet=options.quiet > 0,
        )
        n_images = _count_selection(proxy[1].data)
        rows += compare_proxy(proxy[0], scores, networks, n_images=n_images)
        write_rows(folder / "proxy.csv", rows, ProxyRow)
    if recorded:
        rows += _compare_labels(recorded, networks, config)
        write_rows(folder / "proxy.csv", rows, ProxyRow)
    where = _name_reference(config, options.table)
    # A certificate is of no search where the networks are not of its space.
    is_inside = are_members(load_search_space(config.space), architectures)
    space = config.space if is_inside else where
    _certify(folder, config, rows, proxies, reference=where, space=space)
    plot_proxies(folder / "proxy.png", rows)
    if options.json:
        print_json(describe_rows(rows))
    else:
        shown = [
            (
                *(r.name, r.n_labels, r.band, r.n_networks, r.tau, r.tau_low, r.tau_high),
                *(r.partial_tau, r.seed_tau, r.seconds_per_network),
            )
            for r in rows
        ]
        columns = (
            *("proxy", "labels", "networks", "n", "tau", "from", "to"),
            *("beyond parameters", "seed tau", "core-seconds"),
        )
        print_table(f"Agreement with {where}", columns, shown)
        print_note(f"{folder} holds proxy.csv, proxy.png and the certificates")
    return 0


@cache
def _count_selection(data: DataSettings) -> int:
    return len(load_dataset(data).selection)


def _measure(
    book: ScoreBook,
    proxy: tuple[str, ProxySettings],
    architectures: tuple[Architecture, ...],
    *,
    n_seeds: int,
    first_seed: int = 0,
    is_quiet: bool,
) -> tuple[tuple[Score, ...], ...]:
    total = n_seeds * len(architectures)
    with StageProgress(proxy[0], total=total, is_quiet=is_quiet) as progress:

        def show(score: Score, n_known: int) -> None:
            found = "failed" if score.merit is None else f"{score.merit:.4g}"
            progress.show(n_known, remark=f"network {score.seed % 1000}: {found}")

        return measure_networks(
            *(book, proxy, architectures), n_seeds=n_seeds, first_seed=first_seed, on_score=show
        )


def _list_proxies(config: RunConfig) -> dict[str, ProxySettings]:
    changed = {
        one.name: change_proxy(config.proxy, one.changes, name=one.name)
        for one in config.validate_proxy.candidates
    }
    return {"configured": config.proxy, **changed}


def _train_reference(
    book: ScoreBook, config: RunConfig, *, is_quiet: bool
) -> tuple[tuple[Architecture, ...], list[float]]:
    """Stratified members of the space within the objective's limits, each trained long."""
    settings, space = config.validate_proxy, load_search_space(config.space)
    objective = make_objective(config.search.objective)
    architectures = sample_stratified(
        space,
        config.target,
        settings.n_networks,
        is_allowed=lambda vectors: is_within_limits(
            vectors, list_counters(space, config.target), objective
        ),
        seed=settings.sample_seed,
    )
    long = change_proxy(config.proxy, settings.reference, name="reference")
    scores = _measure(
        *(book, ("reference", long), architectures),
        n_seeds=1,
        first_seed=_REFERENCE_SEED,
        is_quiet=is_quiet,
    )
    failed = [row[0].reason for row in scores if row[0].accuracy is None]
    if failed:
        msg = f"a long training of the reference failed: {failed[0]}"
        raise RunError(msg)
    return architectures, [row[0].accuracy or 0.0 for row in scores]


def _draw_recorded(path: Path | None, config: RunConfig) -> RecordedReference | None:
    return draw_reference(path, config.validate_proxy, config.target) if path else None


def _split(recorded: RecordedReference) -> tuple[tuple[Architecture, ...], list[float]]:
    judged = recorded.judged
    return tuple(one.architecture for one in judged), [one.accuracy for one in judged]


def _compare_labels(
    recorded: RecordedReference, networks: Networks, config: RunConfig
) -> list[ProxyRow]:
    """Rows for what some labels tell; what the table has too little for is named."""
    wanted = config.validate_proxy.labels
    spaces = [load_search_space(name) for name in (config.space, "accel_nasbench")]
    task = make_label_task(recorded, spaces, config.target)
    if task is None:
        if wanted:
            print_note(
                f"no rows for labels: neither {config.space} nor accel_nasbench holds all networks"
            )
        return []
    known = [n_labels for n_labels in wanted if n_labels <= len(task.pool)]
    if len(known) < len(wanted):
        print_note(
            f"the table has {len(task.pool)} networks beside the judged ones, which is too few "
            f"for {max(wanted)} labels"
        )
    guessed = guess_accuracies(task, known)
    return [row for guesses in guessed for row in compare_guesses(guesses, networks)]


def _name_reference(config: RunConfig, table: Path | None) -> str:
    changes = ", ".join(config.validate_proxy.reference)
    return f"the table {table.name}" if table else f"long training ({changes})"


def _count(
    config: RunConfig, architectures: tuple[Architecture, ...], reference: list[float]
) -> Networks:
    costs = [Network("", one, config.target).count_cost() for one in architectures]
    return Networks(
        reference=np.array(reference),
        macs=np.array([cost.macs for cost in costs], dtype=np.float64),
        params=np.array([cost.params for cost in costs], dtype=np.float64),
        band_ratio=config.validate_proxy.band_ratio,
        n_bands=config.validate_proxy.n_bands,
    )


def _certify(
    folder: Path,
    config: RunConfig,
    rows: list[ProxyRow],
    proxies: dict[str, ProxySettings],
    *,
    reference: str,
    space: str,
) -> None:
    """configured.yaml for the proxy of the settings, proxy.yaml for the cheapest good one."""
    whole = {row.name: row for row in rows if row.band == "all"}
    cheapest = pick_cheapest(rows, proxies, threshold=config.validate_proxy.threshold)
    command = escape_controls(shlex.join(["mbscale", *sys.argv[1:]]))
    files = (("configured", "configured.yaml", 1), (cheapest, "proxy.yaml", len(proxies)))
    for name, file, n_proxies in files:
        if name is None:
            threshold = config.validate_proxy.threshold
            print_note(f"no proxy reaches tau {threshold:g}, so there is no proxy.yaml")
            continue
        certificate = certify(
            whole[name],
            whole,
            space=space,
            settings=proxies[name],
            reference=reference,
            n_proxies=n_proxies,
        )
        write_certificate(folder / file, certificate, comment=command)

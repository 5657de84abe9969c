"""The verbs that train: run, search, confirm."""

import argparse
from pathlib import Path

from mbscale.cli.arguments import Verbs, add_config_flags, add_verb
from mbscale.cli.console import Cell, print_json, print_note, print_table
from mbscale.cli.run_folder import RunFolder, open_run_folder
from mbscale.cli.stages import Run, begin, confirm_stage, default_folder, find_best, search_stage
from mbscale.config import RunConfig, load_run_config
from mbscale.errors import ConfigError
from mbscale.results.tables import read_records
from mbscale.search.confirm import Confirmed


def add_verbs(verbs: Verbs) -> None:
    """run, search and confirm."""
    for name, handler, summary in (
        ("run", run, "search and confirm a baseline"),
        ("search", search, "stage 1: search a baseline"),
        ("confirm", confirm, "train the best of a search again with fresh seeds"),
    ):
        parser = add_verb(verbs, name, handler, summary=summary)
        add_config_flags(parser)
        if name != "confirm":
            parser.add_argument("--resume", action="store_true", help="go on with a stopped run")


def _read_config(options: argparse.Namespace) -> RunConfig:
    overrides = list(options.overrides)
    if options.seed is not None:
        overrides.append(f"seed={options.seed}")
    return load_run_config(options.config, overrides)


def _open(options: argparse.Namespace) -> Run:
    config = _read_config(options)
    path = Path(options.out or default_folder(options.config))
    folder = open_run_folder(path, config, is_resumed=options.resume)
    return begin(config, folder, is_quiet=options.quiet > 0)


def search(options: argparse.Namespace) -> int:
    """Stage 1."""
    opened = _open(options)
    records = search_stage(opened)
    best = find_best(records)
    document: dict[str, Cell] = {
        "folder": str(opened.folder.path),
        "n_trials": len(records),
        "baseline": str(opened.folder.baseline),
        "accuracy": best.accuracy,
        "macs": best.macs,
        "params": best.params,
        "reward": best.reward,
    }
    if options.json:
        print_json(document)
    else:
        rows = list(document.items())
        print_table("Best of the search", ("what", "value"), rows)
    return 0


def confirm(options: argparse.Namespace) -> int:
    """The top k of a run again."""
    path = Path(options.out or default_folder(options.config))
    folder = RunFolder(path)
    if not folder.config.exists():
        msg = f"{path} holds no run to confirm; search first, or name its folder with --out"
        raise ConfigError(msg)
    config = load_run_config(folder.config, options.overrides)
    opened = begin(config, folder, is_quiet=options.quiet > 0)
    done = confirm_stage(opened, read_records(path / "trials.csv"))
    _print_confirmed(options, opened, done.networks, done.test_accuracy)
    return 0


def run(options: argparse.Namespace) -> int:
    """Search, then confirm."""
    opened = _open(options)
    done = confirm_stage(opened, search_stage(opened))
    _print_confirmed(options, opened, done.networks, done.test_accuracy)
    return 0


def _print_confirmed(
    options: argparse.Namespace, opened: Run, rows: tuple[Confirmed, ...], test_accuracy: float
) -> None:
    best, path = rows[0], opened.folder.path
    if options.json:
        document = {
            "folder": str(path),
            "accuracy": best.accuracy,
            "accuracy_low": best.low,
            "accuracy_high": best.high,
            "test_accuracy": test_accuracy,
            "macs": best.macs,
            "params": best.params,
            "n_tied": sum(row.is_tied for row in rows),
        }
        print_json(document)
        return
    table = [
        (
            f"trial {row.number}",
            f"{row.macs:,}",
            f"{100 * row.accuracy:.2f} %",
            f"{100 * row.low:.2f} to {100 * row.high:.2f}",
            f"{100 * row.probability_best:.0f} %",
            "yes" if row.is_tied else "no",
        )
        for row in rows
    ]
    columns = ("network", "MACs", "accuracy", "95 % interval", "is best", "tied with the first")
    print_table("Confirmed with fresh seeds, best reward first", columns, table)
    print_note(f"test accuracy of the baseline: {100 * test_accuracy:.2f} %, measured once")
    print_note(f"{path}: trials.csv, pareto.csv, confirm.csv, baseline.yaml")

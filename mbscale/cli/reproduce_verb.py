"""The verb reproduce: one trial of a run trained again, and compared."""

import argparse
from pathlib import Path

from mbscale.cli.arguments import Verbs, add_verb
from mbscale.cli.console import print_json, print_table
from mbscale.cli.exit_codes import DONE, FAILED
from mbscale.config import load_run_config
from mbscale.errors import ConfigError
from mbscale.results.record import Record
from mbscale.results.run_folder import RunFolder
from mbscale.results.tables import read_records
from mbscale.search.execution.shared_images import SharedEvaluator
from mbscale.search.reproduction import Reproduction, check_record, reproduce_trial
from mbscale.search.task import SearchTask
from mbscale.space.search_space import load_search_space


def add_verbs(verbs: Verbs) -> None:
    """Reproduce."""
    parser = add_verb(verbs, "reproduce", reproduce)
    parser.add_argument("folder", type=Path, metavar="DIR", help="run folder")
    parser.add_argument("--trial", type=int, required=True, metavar="N", help="its number")


def reproduce(options: argparse.Namespace) -> int:
    """0 when every number is the same, 1 otherwise."""
    folder = RunFolder(options.folder)
    if not folder.config.exists():
        msg = f"{options.folder} holds no run"
        raise ConfigError(msg)
    config = load_run_config(folder.config)
    task = SearchTask(load_search_space(config.space), config.target, config.search, config.seed)
    path = folder.trials
    record = _find(path, options.trial)
    check_record(task, record, where=f"{path}, trial {record.number}")
    found = reproduce_trial(task, record, SharedEvaluator(config.proxy))
    if options.json:
        print_json(describe(record, found))
    else:
        rows = [(one.name, one.before, one.now, "" if one.is_same else "differs") for one in found]
        print_table(f"Trial {record.number}", ("what", "then", "now", ""), rows)
    return DONE if all(one.is_same for one in found) else FAILED


def _find(path: Path, number: int) -> Record:
    records = {record.number: record for record in read_records(path)}
    if number not in records:
        msg = f"{path} has no trial {number}; it holds {len(records)}, numbered from 0"
        raise ConfigError(msg)
    return records[number]


def describe(record: Record, found: tuple[Reproduction, ...]) -> dict[str, object]:
    """Each number then and now."""
    return {
        "trial": record.number,
        "seed": record.seed,
        "is_same": all(one.is_same for one in found),
        "compared": {one.name: [one.before, one.now] for one in found},
    }

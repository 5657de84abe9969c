"""The verbs that only look: profile, status."""

import argparse
from dataclasses import asdict
from pathlib import Path

from mbscale.cli.arguments import Verbs, add_verb
from mbscale.cli.console import Cell, format_seconds, print_json, print_table
from mbscale.results.status import summarize_run
from mbscale.space.published import load_network


def add_verbs(verbs: Verbs) -> None:
    """Profile and status."""
    parser = add_verb(verbs, "profile", profile, summary="what an architecture costs")
    parser.add_argument(
        "--architecture",
        required=True,
        metavar="NAME",
        help="a published network such as efficientnet-b0, or a YAML file",
    )
    parser = add_verb(verbs, "status", status, summary="where a run stands")
    parser.add_argument("folder", type=Path, metavar="DIR", help="run folder")


def profile(options: argparse.Namespace) -> int:
    """The exact cost of one network."""
    network = load_network(options.architecture)
    document: dict[str, Cell] = {
        "name": network.name,
        "resolution": network.target.resolution,
        "num_classes": network.target.num_classes,
        **asdict(network.count_cost()),
    }
    if options.json:
        print_json(document)
    else:
        rows = list(document.items())
        print_table("Cost of one image", ("what", "value"), rows)
    return 0


def status(options: argparse.Namespace) -> int:
    """Trials, best so far and time left, from the files of a run."""
    found = summarize_run(options.folder)
    best = found.best
    document = {
        "stage": found.stage,
        "n_trials": found.n_trials,
        "n_evaluated": found.n_evaluated,
        "counts": dict(found.counts),
        "best_accuracy": best.accuracy if best else None,
        "best_macs": best.macs if best else None,
        "front_size": found.front_size,
        "seconds_per_trial": found.seconds_per_trial,
        "seconds_left": found.seconds_left,
        "updated": found.updated.isoformat() if found.updated else None,
    }
    if options.json:
        print_json(document)
        return 0
    left = found.seconds_left
    shown = document | {"seconds_left": None if left is None else format_seconds(left)}
    counts = ", ".join(f"{count} {state}" for state, count in found.counts.items())
    rows = [(name, str(value)) for name, value in (shown | {"counts": counts}).items()]
    print_table(str(options.folder), ("what", "value"), rows)
    return 0

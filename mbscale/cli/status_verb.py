"""The verb status: where a run stands, from any machine that sees its folder."""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from mbscale.cli.arguments import Verbs, add_verb
from mbscale.cli.console import format_cell, format_seconds, print_json, print_text
from mbscale.results.pareto import pareto_records
from mbscale.results.record import find_best
from mbscale.results.status import RunStatus, summarize_run
from mbscale.search.study.live_view import LiveReader, LiveView

_SECONDS_BETWEEN_LOOKS = 2.0
_MOST_SHOWN = 8


def add_verbs(verbs: Verbs) -> None:
    """Status."""
    parser = add_verb(verbs, "status", status)
    parser.add_argument("folder", type=Path, metavar="DIR", help="run folder")
    text = "look again every two seconds; with --json, one document a line"
    parser.add_argument("--watch", action="store_true", help=text)


def status(options: argparse.Namespace) -> int:
    """Trials, best so far and time left; with ``--watch``, until its driver ends."""
    reader = LiveReader(options.folder)
    if options.watch and not options.json:
        return _watch(options.folder, reader)
    while True:
        document = describe(summarize_run(options.folder), reader.look())
        _print(options, document)
        if not options.watch or document["driver"] is None:
            return 0
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _print(options: argparse.Namespace, document: dict[str, object]) -> None:
    if not options.json:
        Console(highlight=False).print(_draw(options.folder, document))
    elif options.watch:
        print_text(json.dumps(document, allow_nan=False))
    else:
        print_json(document)


def _watch(folder: Path, reader: LiveReader) -> int:
    with Live(console=Console(highlight=False), auto_refresh=False) as screen:
        while True:
            document = describe(summarize_run(folder), reader.look())
            screen.update(_draw(folder, document), refresh=True)
            if document["driver"] is None:
                return 0
            time.sleep(_SECONDS_BETWEEN_LOOKS)


def describe(found: RunStatus, live: LiveView) -> dict[str, object]:
    """What the files and the journal say; the journal is ahead of the files."""
    best = find_best(live.records)
    n_evaluated = sum(record.is_evaluated for record in live.records)
    states = dict.fromkeys(found.counts, 0)
    for record in live.records:
        states[record.state] += 1
    pace = 3600 / live.trials_per_hour if live.trials_per_hour else found.seconds_per_trial
    n_left = None if found.n_trials is None else max(0, found.n_trials - n_evaluated)
    now = datetime.now(UTC)
    return {
        "stage": found.stage,
        "driver": None if live.driver is None else f"{live.driver.host}:{live.driver.pid}",
        "n_trials": found.n_trials,
        "n_evaluated": n_evaluated,
        "counts": states,
        "n_running": len(live.running),
        "running": [
            {
                "trial": one.number,
                "seconds": one.started and round((now - one.started).total_seconds()),
            }
            for one in live.running
        ],
        "best_trial": best.number if best else None,
        "best_accuracy": best.accuracy if best else None,
        "best_score": best.score if best else None,
        "best_macs": best.macs if best else None,
        "best_reward": best.reward if best else None,
        "front_size": len(pareto_records(live.records)),
        "seconds_per_trial": pace,
        "trials_per_hour": live.trials_per_hour,
        "seconds_left": None if n_left is None or pace is None else n_left * pace,
        "updated": found.updated.isoformat() if found.updated else None,
    }


def _draw(folder: Path, document: dict[str, object]) -> Table:
    """The document as a table; what runs in one cell."""
    table = Table(title=str(folder), title_justify="left", box=None, pad_edge=False)
    table.add_column("what")
    table.add_column("value")
    for name, value in document.items():
        table.add_row(name, _show(name, value))
    return table


def _show(name: str, value: object) -> str:
    if name == "seconds_left" and isinstance(value, float | int):
        return format_seconds(value)
    if isinstance(value, dict):
        return ", ".join(f"{count} {state}" for state, count in value.items())
    if isinstance(value, list):
        return _show_running(value)
    if name == "updated" and isinstance(value, str):
        return f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if value is None or not str(value):
        return "-"
    return format_cell(value) if isinstance(value, str | int | float) else str(value)


def _show_running(running: Sequence[Mapping[str, Any]]) -> str:
    """The trials that run longest; a cluster may have a thousand."""
    longest = sorted(running, key=lambda one: -(one["seconds"] or 0))
    shown = [
        f"{one['trial']} ({format_seconds(one['seconds'] or 0)})" for one in longest[:_MOST_SHOWN]
    ]
    rest = [f"and {len(running) - len(shown)} more"] * (len(running) > len(shown))
    return ", ".join([*shown, *rest]) or "-"

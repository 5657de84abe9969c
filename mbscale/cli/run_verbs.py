"""The verbs that search: run, search, confirm."""

import argparse

from mbscale.cli.arguments import Verbs, add_config_flags, add_search_flags, add_verb
from mbscale.cli.console import Cell, print_json, print_note, print_table
from mbscale.cli.exit_codes import DONE, TARGET_MISSED
from mbscale.cli.open_run import open_run, reopen_run
from mbscale.cli.outcomes import (
    describe_confirmed,
    describe_scaling,
    print_confirmed,
    print_scaling,
)
from mbscale.search.confirm import Confirmation
from mbscale.steps import confirm as confirming
from mbscale.steps.run import Run
from mbscale.steps.search import require_best, run_search
from mbscale.steps.whole_run import judge_baseline, run_steps


def add_verbs(verbs: Verbs) -> None:
    """Run, search and confirm."""
    for name, handler in (("run", run), ("search", search), ("confirm", confirm)):
        parser = add_verb(verbs, name, handler)
        add_config_flags(parser)
        if name in ("run", "search"):
            add_search_flags(parser)


def search(options: argparse.Namespace) -> int:
    """Stage 1."""
    with open_run(options) as opened:
        outcome = run_search(opened)
    best = require_best(outcome.records)
    document: dict[str, Cell] = {
        "folder": str(opened.folder.path),
        "n_trials": len(outcome.records),
        "baseline": str(opened.folder.baseline),
        "accuracy": best.accuracy,
        "score": best.score,
        "macs": best.macs,
        "params": best.params,
        "reward": best.reward,
    }
    if options.json:
        print_json(document)
    else:
        print_table("Best of the search", ("what", "value"), list(document.items()))
    if opened.folder.confirmed.exists():
        print_note(
            "baseline.yaml still holds the confirmed network; run `mbscale confirm` to update it"
        )
    return DONE


def confirm(options: argparse.Namespace) -> int:
    """The top k of a run again."""
    with reopen_run(options) as opened:
        done = confirming.confirm(opened)
    if options.json:
        print_json(describe_confirmed(opened, done))
    else:
        print_confirmed(done)
    return _judge(opened, done)


def _judge(run: Run, done: Confirmation) -> int:
    miss = judge_baseline(run, done)
    if not miss:
        return DONE
    print_note(miss)
    return TARGET_MISSED


def run(options: argparse.Namespace) -> int:
    """Search, confirm, scale, and make the family."""
    with open_run(options) as opened:
        outcome = run_steps(opened)
    done, scaling, family = outcome.confirmation, outcome.scaling, outcome.family
    if options.json:
        print_json(describe_confirmed(opened, done) | describe_scaling(scaling, family))
    else:
        print_confirmed(done)
        print_scaling(scaling, family)
        print_note(f"{opened.folder.path} holds the tables, figures, baseline.yaml and family/")
    return _judge(opened, done)

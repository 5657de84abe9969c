"""The verbs that search: run, search, confirm."""

import argparse
from pathlib import Path

from mbscale.cli.arguments import (
    Verbs,
    add_config_flags,
    add_search_flags,
    add_verb,
    read_overrides,
)
from mbscale.cli.console import Cell, print_json, print_note, print_table
from mbscale.cli.exit_codes import DONE, TARGET_MISSED
from mbscale.cli.proxy_certificate import check_proxy, keep_certificate
from mbscale.cli.run_folder import RunFolder, check_run_folder, make_folder, save_config
from mbscale.cli.scale_stages import family_stage, scale_stage
from mbscale.cli.show_stages import (
    describe_confirmed,
    describe_scaling,
    print_confirmed,
    print_scaling,
)
from mbscale.cli.stages import (
    Run,
    begin,
    confirm_stage,
    default_folder,
    read_searched,
    require_best,
    save_manifest,
    search_stage,
)
from mbscale.config import RunConfig, load_run_config
from mbscale.errors import ConfigError
from mbscale.search.confirm import Confirmation
from mbscale.search.limits import check_limits
from mbscale.search.outcome import describe_miss, has_missed_target
from mbscale.search.study.live_view import LiveReader
from mbscale.search.study.lock import lock_folder
from mbscale.space.search_space import load_search_space


def add_verbs(verbs: Verbs) -> None:
    """Run, search and confirm."""
    for name, handler, summary in (
        ("run", run, "search, confirm, scale, and make the family"),
        ("search", search, "stage 1: search a baseline"),
        ("confirm", confirm, "train the best of a search again with fresh seeds"),
    ):
        parser = add_verb(verbs, name, handler, summary=summary)
        add_config_flags(parser)
        if name in ("run", "search"):
            add_search_flags(parser)


def read_config(options: argparse.Namespace) -> RunConfig:
    """The settings that the flags of a command mean."""
    return load_run_config(options.config, read_overrides(options))


def _open(options: argparse.Namespace) -> Run:
    path = Path(options.out or default_folder(options.config))
    if options.resume and options.config is None and RunFolder(path).config.exists():
        # What the run was begun with needs no second mention.
        options.config = RunFolder(path).config
    config = read_config(options)
    check_limits(load_search_space(config.space), config.target, config.search.objective)
    certificate = check_proxy(config, options.config, is_trusted=options.trust_proxy)
    make_folder(path)
    # A second process must not change the settings of the one that runs.
    with lock_folder(path) as message:
        if message:
            print_note(message)
        check_run_folder(path, config, is_resumed=options.resume)
        # A journal that is damaged changes nothing of the folder.
        LiveReader(path).look()
        # The images first: settings of wrong ones would hold out those of right ones.
        opened = begin(config, RunFolder(path), is_quiet=options.quiet > 0)
        save_config(opened.folder, config)
        if certificate:
            keep_certificate(certificate, path)
        if not (path / "manifest.json").exists():
            save_manifest(opened)
    return opened


def search(options: argparse.Namespace) -> int:
    """Stage 1."""
    opened = _open(options)
    records = search_stage(opened)
    best = require_best(records)
    document: dict[str, Cell] = {
        "folder": str(opened.folder.path),
        "n_trials": len(records),
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
        rows = list(document.items())
        print_table("Best of the search", ("what", "value"), rows)
    if opened.folder.confirmed.exists():
        print_note("baseline.yaml stays the confirmed network; mbscale confirm looks again")
    return 0


def reopen(options: argparse.Namespace) -> Run:
    """The run in a folder, with its own settings and the overrides of this command."""
    path = Path(options.out or default_folder(options.config))
    folder = RunFolder(path)
    if not folder.config.exists():
        msg = f"{path} holds no run; search first, or name its folder with --out"
        raise ConfigError(msg)
    config = load_run_config(folder.config, read_overrides(options))
    return begin(config, folder, is_quiet=options.quiet > 0)


def confirm(options: argparse.Namespace) -> int:
    """The top k of a run again."""
    opened = reopen(options)
    done = confirm_stage(opened, read_searched(opened))
    if options.json:
        print_json(describe_confirmed(opened, done))
    else:
        print_confirmed(done)
    return judge_baseline(opened, done)


def judge_baseline(run: Run, done: Confirmation) -> int:
    """The exit status of a run with this baseline; a note where it misses the target.

    A search alone has no verdict: its best is not the baseline yet.
    """
    objective = run.config.search.objective
    if not has_missed_target(done.baseline, objective):
        return DONE
    print_note(describe_miss(done.baseline, objective))
    return TARGET_MISSED


def run(options: argparse.Namespace) -> int:
    """Search, confirm, scale, and make the family."""
    opened = _open(options)
    done = confirm_stage(opened, search_stage(opened))
    outcome = scale_stage(opened)
    family = family_stage(opened)
    if options.json:
        document = describe_confirmed(opened, done)
        print_json(document | describe_scaling(outcome, family))
    else:
        print_confirmed(done)
        print_scaling(outcome, family)
        print_note(f"{opened.folder.path} holds the tables, figures, baseline.yaml and family/")
    return judge_baseline(opened, done)

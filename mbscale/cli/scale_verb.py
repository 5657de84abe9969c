"""The verb scale: stage 2 on a run, its candidates alone, or a fit to recorded networks."""

import argparse
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path

from mbscale.cli.arguments import (
    Verbs,
    add_architecture_flag,
    add_config_flags,
    add_constraint_flag,
    add_resume_flag,
    add_verb,
)
from mbscale.cli.console import print_json, print_note, print_table
from mbscale.cli.experiment import experiment
from mbscale.cli.open_run import open_run_of, peek, reopen_run
from mbscale.cli.outcomes import describe_scaling, print_scaling
from mbscale.errors import ConfigError
from mbscale.search.scaling.recorded_grid import TableFit, fit_table
from mbscale.search.scaling.response_surface import Interval
from mbscale.search.scaling.rows import candidate_rows
from mbscale.space.candidates import find_candidates
from mbscale.space.published import load_network
from mbscale.steps import scale as steps
from mbscale.steps.experiment import EXPERIMENTS
from mbscale.steps.run import Run

_NOT_WITH_A_TABLE = (
    *("architecture", "constraint", "dry_run", "config", "out", "overrides", "resume", "seed"),
)


def add_verbs(verbs: Verbs) -> None:
    """Scale."""
    parser = add_verb(verbs, "scale", scale)
    add_config_flags(parser)
    add_architecture_flag(parser)
    add_constraint_flag(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be trained, and its cost"
    )
    add_resume_flag(parser)
    kind = parser.add_mutually_exclusive_group()
    text = "train a scaling experiment of EfficientNet's paper: figures 2 and 3, figure 4, "
    kind.add_argument("--experiment", choices=EXPERIMENTS, help=text + "table 3, table 7")
    kind.add_argument(
        "--curves",
        action="store_const",
        dest="experiment",
        const="dimensions",
        help="the same as --experiment dimensions",
    )
    kind.add_argument("--table", type=Path, metavar="FILE", help="fit recorded accuracies (CSV)")


def scale(options: argparse.Namespace) -> int:
    """Train the candidates of a baseline and fix the constants, unless a flag asks for less."""
    if options.table is not None:
        return _fit(options)
    if options.experiment is not None:
        _refuse(options, ("constraint",), "--experiment takes the paper's own factors")
        return experiment(options)
    if options.dry_run:
        return _list_candidates(options)
    with _open(options) as opened:
        outcome = steps.scale(opened)
        family = steps.make_family(opened)
    if options.json:
        print_json(describe_scaling(outcome, family))
    else:
        print_scaling(outcome, family)
    return 0


def _open(options: argparse.Namespace) -> AbstractContextManager[Run]:
    if options.architecture is None:
        return reopen_run(options)
    return open_run_of(options, load_network(options.architecture))


def _list_candidates(options: argparse.Namespace) -> int:
    config, baseline = peek(options)
    found = find_candidates(baseline, config.scale.candidates)
    rows = candidate_rows(found)
    for warning in found.warnings:
        print_note(warning)
    if options.json:
        print_json([asdict(row) for row in rows])
        return 0
    columns = ("control", "alpha", "beta", "gamma", "pixels", "MACs", "nominal", "measured")
    table = [
        (
            row.control or "",
            f"{row.alpha:.3f}",
            f"{row.beta:.3f}",
            f"{row.gamma:.3f}",
            row.resolution,
            row.macs,
            f"{row.nominal_product:.2f}",
            f"{row.measured_ratio:.2f}",
        )
        for row in rows
    ]
    print_table(f"Candidates of {baseline.name}", columns, table)
    return 0


def _refuse(options: argparse.Namespace, flags: tuple[str, ...], why: str) -> None:
    for flag in flags:
        value = getattr(options, flag)
        if value is not None and value is not False and value != []:
            name = "set" if flag == "overrides" else flag.replace("_", "-")
            msg = f"{why} and takes no --{name}"
            raise ConfigError(msg)


def _fit(options: argparse.Namespace) -> int:
    _refuse(options, _NOT_WITH_A_TABLE, "--table fits what is recorded")
    fits = fit_table(options.table)
    if options.json:
        print_json([asdict(fit) for fit in fits])
        return 0
    for fit in fits:
        _print_fit(fit)
    return 0


def _print_fit(fit: TableFit) -> None:
    title = f"{fit.family}: change of log error with each doubling ({fit.n_networks} networks)"
    rows = [(slope.dimension, *_format_interval(slope.log_error, "+")) for slope in fit.slopes]
    print_table(title, ("dimension", "slope", "95 % interval"), rows)
    if fit.split is not None:
        constants = {
            "depth": ("alpha", fit.split.alpha),
            "width": ("beta", fit.split.beta),
            "resolution": ("gamma", fit.split.gamma),
        }
        rows = [
            (name, *_format_interval(interval, ""))
            for name, interval in (constants[slope.dimension] for slope in fit.slopes)
        ]
        title = f"{fit.family}: constants to double the cost"
        print_table(title, ("constant", "best", "95 % interval"), rows)
    errors = [("plane", f"{fit.plane_error:.3f}")]
    if fit.surface_error is not None:
        errors.append(("curved surface", f"{fit.surface_error:.3f}"))
    print_table(f"{fit.family}: leave-one-out error", ("fit", "of log error"), errors)


def _format_interval(interval: Interval, sign: str) -> tuple[str, str]:
    best, low, high = (
        f"{value:{sign}.3f}" for value in (interval.best, interval.low, interval.high)
    )
    return best, f"{low} to {high}"

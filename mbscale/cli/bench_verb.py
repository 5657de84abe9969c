"""The verb that measures samplers: bench."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from mbscale.cli.arguments import Verbs, add_verb
from mbscale.cli.console import Cell, print_json, print_note, print_text
from mbscale.cli.progress import StageProgress
from mbscale.errors import ConfigError, RunError
from mbscale.results.files import replace_file
from mbscale.results.rows import write_table
from mbscale.results.run_folder import make_folder
from mbscale.search.bench.checks import check_bench, list_left_out
from mbscale.search.bench.comparison import (
    AIMS,
    EXAMPLE_SAMPLER,
    BenchRun,
    BenchSettings,
    list_jobs,
    make_problem,
    run_bench,
)
from mbscale.search.bench.figure import plot_bench
from mbscale.search.bench.summary import describe_rows, format_markdown, summarize_runs


def add_verbs(verbs: Verbs) -> None:
    """Bench."""
    parser = add_verb(verbs, "bench", bench)
    parser.add_argument(
        "--sampler",
        action="append",
        dest="samplers",
        metavar="NAME",
        help="surrogate, surrogate-imagenet (with the prior), random, ..., or an import path such "
        f"as {EXAMPLE_SAMPLER}; "
        "repeatable (default: surrogate); random is always run, to state the gain over it",
    )
    parser.add_argument("--n-trials", type=int, default=100, metavar="N")
    parser.add_argument("--seeds", type=int, default=20, metavar="N", help="runs of each sampler")
    parser.add_argument(
        "--table",
        type=Path,
        metavar="FILE",
        help="CSV of Accel-NASBench or NAS-Bench-Macro (default: the surrogate of the former "
        "that is part of the package)",
    )
    parser.add_argument(
        "--truth",
        choices=("quadratic", "trees"),
        default="quadratic",
        help="what stands for Accel-NASBench's accuracies",
    )
    parser.add_argument(
        "--mode",
        choices=("surrogate", "pool"),
        default="surrogate",
        help="pool: only recorded networks are proposed, each once",
    )
    parser.add_argument(
        "--aim", choices=AIMS, action="append", dest="aims", help="repeatable (default: both)"
    )
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes")
    parser.add_argument(
        "--out", type=_name_folder, metavar="DIR", help="write bench.csv, bench.md and bench.png"
    )


def bench(options: argparse.Namespace) -> int:
    """Mean regret and hypervolume of every sampler at every budget."""
    samplers = dict.fromkeys([*(options.samplers or ["surrogate"]), "random"])
    settings = BenchSettings(
        samplers=tuple(samplers),
        n_trials=options.n_trials,
        n_seeds=options.seeds,
        table=options.table,
        truth=options.truth,
        mode=options.mode,
        aims=tuple(dict.fromkeys(options.aims or AIMS)),
        n_workers=options.workers,
    )
    problem = make_problem(settings.table, settings.truth, settings.mode)
    check_bench(settings, problem)
    _tell_left_out(settings, options.samplers or ["surrogate"])
    if options.out:
        _make_folder(options.out)
    runs = _run(settings, is_quiet=bool(options.quiet))
    rows = summarize_runs(runs, n_trials=settings.n_trials)
    if options.out:
        write_files(options.out, runs, table=problem.table.name, text=format_markdown(rows))
    if options.json:
        print_json(
            {
                "table": problem.table.name,
                "mode": settings.mode,
                "n_trials": settings.n_trials,
                "n_seeds": settings.n_seeds,
                "best_reward": problem.best.reward,
                "target_macs": problem.table.target_macs,
                "samplers": describe_rows(rows),
            }
        )
    else:
        print_text(format_markdown(rows))
    return 0


def _tell_left_out(settings: BenchSettings, asked: Sequence[str]) -> None:
    left_out = list_left_out(settings)
    reason = (
        f"{', '.join(left_out)} follows one number, and cannot be run for the hypervolume alone"
    )
    if set(asked) <= set(left_out):
        msg = f"{reason}; add --aim regret, or name another --sampler"
        raise ConfigError(msg)
    if left_out:
        print_note(f"{reason}: it is left out")


def _name_folder(text: str) -> Path:
    if not text:
        msg = "must name a folder; got ''"
        raise argparse.ArgumentTypeError(msg)
    return Path(text)


def _make_folder(path: Path) -> None:
    try:
        make_folder(path)
    except RunError as failure:
        if not isinstance(failure.__cause__, FileExistsError):
            raise
        msg = f"--out {path} is a file; name a folder"
        raise ConfigError(msg) from failure


def _run(settings: BenchSettings, *, is_quiet: bool) -> list[BenchRun]:
    runs: list[BenchRun] = []
    with StageProgress("bench", total=len(list_jobs(settings)), is_quiet=is_quiet) as progress:
        for run in run_bench(settings):
            runs.append(run)
            remark = f"{run.sampler} {run.aim} {run.curve.values[-1]:.3f}"
            progress.show(len(runs), remark=remark)
    return sorted(runs, key=lambda run: (run.seed, settings.samplers.index(run.sampler)))


def write_files(folder: Path, runs: Sequence[BenchRun], *, table: str, text: str) -> None:
    """bench.csv with every run after every trial, bench.md and bench.png."""
    header = ["table", "sampler", "aim", "seed", "trial", "value"]
    rows: list[list[Cell]] = [
        [table, run.sampler, run.aim, run.seed, trial, float(value)]
        for run in runs
        for trial, value in enumerate(run.curve.values, start=1)
    ]
    write_table(folder / "bench.csv", header, rows)
    replace_file(folder / "bench.md", text)
    plot_bench(folder / "bench.png", runs, title=table)
    print_note(f"wrote bench.csv, bench.md and bench.png to {folder}")

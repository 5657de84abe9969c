"""Flags that several verbs share."""

import argparse
from pathlib import Path
from typing import Any, get_args

from mbscale.cli.verbs import VERBS
from mbscale.search.settings import ExecutorName
from mbscale.space.candidate_settings import Constraint

# What is said of an interrupt.
_SAVED = "; everything that was finished is saved"

Verbs = Any  # argparse's sub-parser collection has no public type


def add_verb(verbs: Verbs, name: str, handler: object) -> argparse.ArgumentParser:
    """A sub-parser with the flags of every verb: ``--json``, ``-q`` and ``-v``."""
    summary = VERBS[name].summary
    parser: argparse.ArgumentParser = verbs.add_parser(
        name, help=summary, description=summary, allow_abbrev=False
    )
    parser.set_defaults(handler=handler, going_on="")
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    parser.add_argument("-q", "--quiet", action="count", default=0, help="no progress")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="say more")
    return parser


def add_config_flags(parser: argparse.ArgumentParser) -> None:
    """``--config``, ``--set``, ``--seed`` and ``--out``, for verbs that keep what is finished."""
    parser.set_defaults(going_on=f"{_SAVED}, the same command goes on")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (YAML)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="overrides",
        help="change one setting by its dotted name, such as search.n_trials=12; repeatable",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="same as --set seed=N")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="run folder (default: runs/<name of the config>)"
    )


def add_resume_flag(parser: argparse.ArgumentParser) -> None:
    """``--resume``."""
    parser.set_defaults(going_on=f"{_SAVED}, --resume goes on")
    parser.add_argument("--resume", action="store_true", help="go on with a stopped run")


# Flags of the search and the settings that they mean.
_SEARCH_FLAGS = {
    "n_trials": "search.n_trials",
    "timeout": "search.timeout_seconds",
    "trial_timeout": "search.trial_timeout_seconds",
    "workers": "search.n_workers",
    "executor": "search.executor",
    "address": "search.ray.address",
}


def add_search_flags(parser: argparse.ArgumentParser) -> None:
    """How long the search goes on and where it runs, each short for a ``--set``."""
    add_resume_flag(parser)
    parser.add_argument(
        "--trust-proxy", action="store_true", help="search though the certificate refutes the proxy"
    )
    parser.add_argument("--n-trials", metavar="N", help="distinct networks trained in total")
    parser.add_argument("--timeout", metavar="S", help="start no trial after so many seconds")
    parser.add_argument("--trial-timeout", metavar="S", help="end a trial that takes longer")
    parser.add_argument("--workers", metavar="N", help="trainings at once")
    names = [name for name in get_args(ExecutorName) if name != "auto"]
    parser.add_argument("--executor", choices=names, help="where trainings run")
    parser.add_argument("--address", metavar="ADDRESS", help="of a Ray cluster, such as auto")


# Flags of stage 2, likewise.
_SCALE_FLAGS = {"constraint": "scale.candidates.constraint"}


def add_constraint_flag(parser: argparse.ArgumentParser) -> None:
    """``--constraint``: what makes a scaled network a candidate."""
    text = "candidates: measured MACs near the multiple, or the paper's alpha * beta^2 * gamma^2"
    parser.add_argument("--constraint", choices=get_args(Constraint), help=text)


def read_overrides(options: argparse.Namespace) -> list[str]:
    """All ``key=value`` that the flags of a command mean; those with a flag of their own win."""
    flags = {"seed": "seed", **_SEARCH_FLAGS, **_SCALE_FLAGS}
    given = {key: getattr(options, name, None) for name, key in flags.items()}
    return [
        *options.overrides,
        *(f"{key}={value}" for key, value in given.items() if value is not None),
    ]


def add_architecture_flag(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """``--architecture``: a published name or the path of a YAML file."""
    parser.add_argument(
        "--architecture",
        required=required,
        metavar="NAME",
        help="a published network such as efficientnet-b0, or a YAML file",
    )

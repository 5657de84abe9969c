"""Flags that several verbs share."""

import argparse
from pathlib import Path
from typing import Any

Verbs = Any  # argparse's sub-parser collection has no public type


def add_verb(verbs: Verbs, name: str, handler: object, *, summary: str) -> argparse.ArgumentParser:
    """A sub-parser with the flags of every verb: ``--json``, ``-q`` and ``-v``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        name, help=summary, description=summary, allow_abbrev=False
    )
    parser.set_defaults(handler=handler)
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    parser.add_argument("-q", "--quiet", action="count", default=0, help="no progress")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="say more")
    return parser


def add_config_flags(parser: argparse.ArgumentParser) -> None:
    """``--config``, ``--set``, ``--seed`` and ``--out``."""
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


def add_architecture_flag(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """``--architecture``: a published name or the path of a YAML file."""
    parser.add_argument(
        "--architecture",
        required=required,
        metavar="NAME",
        help="a published network such as efficientnet-b0, or a YAML file",
    )

"""The verbs, the flags that all of them share, and the exit codes."""

import argparse
import io
import logging
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import NoReturn

from mbscale.cli.bench_verb import add_verbs as add_bench_verb
from mbscale.cli.console import OutputClosedError, print_error
from mbscale.cli.design_verbs import add_verbs as add_design_verbs
from mbscale.cli.exit_codes import FAILED, INTERRUPTED, WRONG_USE
from mbscale.cli.proxy_verb import add_verbs as add_proxy_verb
from mbscale.cli.reproduce_verb import add_verbs as add_reproduce_verb
from mbscale.cli.run_verbs import add_verbs as add_run_verbs
from mbscale.cli.scale_verb import add_verbs as add_scale_verb
from mbscale.cli.show_verbs import add_verbs as add_show_verbs
from mbscale.cli.status_verb import add_verbs as add_status_verb
from mbscale.errors import MbscaleError, RunError

Handler = Callable[[argparse.Namespace], int]


class OneSentenceParser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage text."""

    def error(self, message: str) -> NoReturn:
        """Print it and exit with 2."""
        print_error(f"{message}; `{self.prog} --help` shows what can be given")
        sys.exit(WRONG_USE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0 done, 1 failed, 2 wrong use, 3 target not met, 130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A sign that the terminal does not know is no reason to lose what was computed.
        sys.stdout.reconfigure(errors="replace")
    options = build_parser().parse_args(with_default_verb(given))
    level = (logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)
    logging.basicConfig(
        level=level[min(3, 1 + options.verbose - options.quiet)], format="%(message)s", force=True
    )
    # One line a study and a trial, which the progress shows already.
    logging.getLogger("optuna").setLevel(logging.WARNING)
    handler: Handler = options.handler
    try:
        return handler(options)
    except RunError as error:
        print_error(str(error))
        return FAILED
    except MbscaleError as error:
        print_error(str(error))
        return WRONG_USE
    except OutputClosedError:
        # Python would write the rest when it ends, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        print_error(f"interrupted{options.going_on}")
        return INTERRUPTED


def with_default_verb(arguments: Sequence[str]) -> list[str]:
    """The arguments with ``run`` in front where no verb stands there.

    >>> with_default_verb(["--config", "quick.yaml"])
    ['run', '--config', 'quick.yaml']
    """
    first = arguments[0] if arguments else "--help"
    is_complete = not first.startswith("-") or first in ("-h", "--help", "--version")
    return list(arguments or ["--help"]) if is_complete else ["run", *arguments]


def build_parser() -> argparse.ArgumentParser:
    """The command line with all its verbs."""
    parser = OneSentenceParser(
        prog="mbscale",
        description="Search an MBConv baseline on a proxy task, then scale it.",
        epilog="`mbscale VERB --help` shows the flags of a verb; without a verb, `run` is meant. "
        "Exit status: 0 done, 1 failed, 2 wrong use, 3 the baseline's MACs are more than a tenth "
        "off the target (everything is saved), 130 interrupted.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"mbscale {version('mbscale')}")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for add_verbs in (
        add_run_verbs,
        add_scale_verb,
        add_design_verbs,
        add_show_verbs,
        add_status_verb,
        add_reproduce_verb,
        add_bench_verb,
        add_proxy_verb,
    ):
        add_verbs(verbs)
    return parser

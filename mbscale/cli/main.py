"""One command: its verb is imported, its flags are read, and its end becomes an exit status."""

import argparse
import importlib
import io
import logging
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from mbscale.cli.console import OutputClosedError, print_error, print_text
from mbscale.cli.exit_codes import FAILED, INTERRUPTED, WRONG_USE
from mbscale.cli.verbs import VERBS, suggest_verb
from mbscale.errors import MbscaleError, RunError

Handler = Callable[[argparse.Namespace], int]


class OneSentenceParser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage text."""

    def error(self, message: str) -> NoReturn:
        """Print it and exit with 2."""
        print_error(f"{message}; `{self.prog} --help` shows what can be given")
        sys.exit(WRONG_USE)


class _ShowVersion(argparse.Action):
    """``--version``, looked up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_given: object) -> None:
        from importlib.metadata import version  # noqa: PLC0415 - slow to import

        print_text(f"mbscale {version('mbscale')}")
        parser.exit()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0 done, 1 failed, 2 wrong use, 3 target not met, 130 interrupted."""
    given = with_default_verb(list(sys.argv[1:] if arguments is None else arguments))
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A sign that the terminal does not know is no reason to lose what was computed.
        sys.stdout.reconfigure(errors="replace")
    if not given[0].startswith("-") and given[0] not in VERBS:
        build_parser().error(suggest_verb(given[0]))
    options = build_parser(given[0]).parse_args(given)
    _set_up_logging(options)
    return _handle(options)


def _set_up_logging(options: argparse.Namespace) -> None:
    level = (logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)
    logging.basicConfig(
        level=level[min(3, 1 + options.verbose - options.quiet)], format="%(message)s", force=True
    )
    # One line per study and trial, which the progress shows already.
    logging.getLogger("optuna").setLevel(logging.WARNING)


def _handle(options: argparse.Namespace) -> int:
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


def build_parser(verb: str | None = None) -> argparse.ArgumentParser:
    """The command line; only the flags of ``verb`` are there, since others would be imported."""
    parser = OneSentenceParser(
        prog="mbscale",
        description="Search an MBConv baseline on a proxy task, then scale it.",
        epilog="`mbscale VERB --help` shows the flags of a verb; without a verb, `run` is meant. "
        "Exit status: 0 done, 1 failed, 2 wrong use, 3 the baseline's MACs are more than a tenth "
        "off the target (everything is saved), 130 interrupted.",
        allow_abbrev=False,
    )
    text = "show the version and exit"
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help=text)
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    if verb is not None and verb in VERBS:
        module = importlib.import_module(f"mbscale.cli.{VERBS[verb].module}")
        module.add_verbs(verbs)
    else:
        for name, known in VERBS.items():
            verbs.add_parser(name, help=known.summary)
    return parser

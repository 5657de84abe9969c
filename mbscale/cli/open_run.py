"""The run that the flags of a command mean."""

import argparse
import sys
from contextlib import AbstractContextManager
from pathlib import Path

from mbscale.cli.arguments import read_overrides
from mbscale.cli.progress import ConsoleProgress
from mbscale.config import RunConfig, load_run_config
from mbscale.errors import ConfigError
from mbscale.results.run_folder import RunFolder
from mbscale.space.network import Network
from mbscale.space.published import load_network
from mbscale.steps import run as runs
from mbscale.steps.run import Run


def read_config(options: argparse.Namespace) -> RunConfig:
    """The settings that the flags of a command mean."""
    return load_run_config(options.config, read_overrides(options))


def find_folder(options: argparse.Namespace) -> Path:
    """``--out``, or runs/<name of the settings>."""
    name = options.config.stem if options.config else "default"
    return Path(options.out or Path("runs") / name)


def open_run(options: argparse.Namespace) -> AbstractContextManager[Run]:
    """The run to search in, new or resumed."""
    folder = find_folder(options)
    config_path = options.config
    if options.resume and config_path is None and RunFolder(folder).config.exists():
        # What the run was started with needs no second mention.
        config_path = RunFolder(folder).config
    return runs.open_run(
        folder,
        load_run_config(config_path, read_overrides(options)),
        resume=options.resume,
        config_path=config_path,
        trust_proxy=options.trust_proxy,
        progress=ConsoleProgress(is_quiet=options.quiet > 0),
        command=sys.argv,
    )


def open_run_of(
    options: argparse.Namespace, baseline: Network | None
) -> AbstractContextManager[Run]:
    """The run, new or resumed, whose baseline comes from outside; None: it needs none."""
    return runs.open_run(
        find_folder(options),
        read_config(options),
        resume=options.resume,
        baseline=baseline,
        needs_search=False,
        progress=ConsoleProgress(is_quiet=options.quiet > 0),
        command=sys.argv,
    )


def reopen_run(options: argparse.Namespace) -> AbstractContextManager[Run]:
    """The run in a folder, with its own settings and the changes of this command."""
    return runs.reopen_run(
        find_folder(options),
        read_overrides(options),
        progress=ConsoleProgress(is_quiet=options.quiet > 0),
    )


def peek(options: argparse.Namespace) -> tuple[RunConfig, Network]:
    """Settings and baseline that a command would train with, from the run folder if need be."""
    if options.architecture is not None:
        return read_config(options), load_network(options.architecture)
    folder = RunFolder(find_folder(options))
    if not folder.baseline.exists():
        msg = (
            f"{folder.path} holds no baseline.yaml: name a network with --architecture, such as "
            "efficientnet-b0, or the folder of a run with --out"
        )
        raise ConfigError(msg)
    config = load_run_config(folder.config, read_overrides(options))
    return config, load_network(str(folder.baseline))

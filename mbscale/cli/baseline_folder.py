"""A run folder that begins with a baseline from outside instead of a search."""

import argparse
from pathlib import Path

from mbscale.cli.arguments import read_overrides
from mbscale.cli.console import print_note
from mbscale.cli.run_folder import RunFolder, check_run_folder, make_folder, save_config
from mbscale.cli.run_verbs import read_config
from mbscale.cli.stages import Run, begin, default_folder, save_manifest
from mbscale.config import RunConfig, load_run_config
from mbscale.errors import ConfigError
from mbscale.results.files import replace_file
from mbscale.search.study.lock import lock_folder
from mbscale.space.network import Network
from mbscale.space.network_yaml import format_network
from mbscale.space.published import load_network


def open_with_baseline(options: argparse.Namespace, baseline: Network | None) -> Run:
    """The run in ``--out``, begun or gone on with, whose baseline.yaml holds ``baseline``.

    Without a baseline the folder gets none. Raises ConfigError where it holds another one.
    """
    config = read_config(options)
    path = Path(options.out or default_folder(options.config))
    if baseline is not None:
        _refuse_another(RunFolder(path), baseline)
    # The images first: a folder that was made for wrong ones would have to be removed.
    opened = begin(config, RunFolder(path), is_quiet=options.quiet > 0)
    make_folder(path)
    # A second process must not change the settings of the one that runs.
    with lock_folder(path) as message:
        if message:
            print_note(message)
        check_run_folder(path, config, is_resumed=options.resume)
        save_config(opened.folder, config)
        if baseline is not None and not opened.folder.baseline.exists():
            provenance = {"chosen_by": "--architecture", "architecture": options.architecture}
            replace_file(opened.folder.baseline, format_network(baseline, provenance))
        if not (path / "manifest.json").exists():
            save_manifest(opened)
    return opened


def peek(options: argparse.Namespace) -> tuple[RunConfig, Network]:
    """Settings and baseline that a command would train with, from the run folder if need be."""
    if options.architecture is not None:
        return read_config(options), load_network(options.architecture)
    folder = RunFolder(Path(options.out or default_folder(options.config)))
    if not folder.baseline.exists():
        msg = (
            f"{folder.path} holds no baseline.yaml: name a network with --architecture, such as "
            "efficientnet-b0, or the folder of a run with --out"
        )
        raise ConfigError(msg)
    return load_run_config(folder.config, read_overrides(options)), load_network(
        str(folder.baseline)
    )


def _refuse_another(folder: RunFolder, baseline: Network) -> None:
    if not folder.baseline.exists():
        return
    held = load_network(str(folder.baseline))
    if (held.architecture, held.target) != (baseline.architecture, baseline.target):
        msg = f"{folder.baseline} holds another network than {baseline.name}; name another --out"
        raise ConfigError(msg)

"""Settings, networks and spaces from files and to files."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from mbscale.config import RunConfig, load_run_config, save_run_config
from mbscale.results.files import replace_file
from mbscale.space.network import Network
from mbscale.space.network_yaml import format_network
from mbscale.space.search_space import SearchSpace, Skeleton, SpaceFile
from mbscale.space.stage_space import StageChoices
from mbscale.strict_yaml import dump_yaml


def load_config(path: Path | str | None = None, changes: Sequence[str] = ()) -> RunConfig:
    """The settings in a YAML file, or the defaults, with ``key=value`` changes.

    Raises ConfigError naming the setting that is unknown or out of range.

    >>> load_config(changes=["search.n_trials=12"]).search.n_trials
    12
    """
    return load_run_config(None if path is None else Path(path), changes)


def save_config(path: Path | str, config: RunConfig) -> None:
    """Write all settings as YAML that ``load_config`` reads back equal. Raises RunError.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     save_config(f"{folder}/config.yaml", RunConfig(seed=7))
    ...     load_config(f"{folder}/config.yaml").seed
    7
    """
    save_run_config(Path(path), config)


def save_network(path: Path | str, network: Network) -> None:
    """Write a network as YAML that ``load_network`` reads back equal. Raises RunError.

    >>> from tempfile import TemporaryDirectory
    >>> from mbscale.space.published import load_network
    >>> network = load_network("mobilenet-v2")
    >>> with TemporaryDirectory() as folder:
    ...     save_network(f"{folder}/v2.yaml", network)
    ...     load_network(f"{folder}/v2.yaml") == network
    True
    """
    replace_file(Path(path), format_network(network))


def save_search_space(path: Path | str, space: SearchSpace) -> None:
    """Write a space as YAML that ``load_search_space`` reads back equal. Raises RunError.

    >>> from tempfile import TemporaryDirectory
    >>> from mbscale.space.search_space import load_search_space
    >>> space = load_search_space("small")
    >>> with TemporaryDirectory() as folder:
    ...     save_search_space(f"{folder}/mine.yaml", space)
    ...     load_search_space(f"{folder}/mine.yaml") == space
    True
    """
    shared = {known.name: getattr(space, known.name) for known in fields(Skeleton)}
    stages = tuple(StageChoices(**asdict(stage)) for stage in space.stages)
    replace_file(Path(path), dump_yaml(SpaceFile(schema_version=1, stages=stages, **shared)))

"""A run's folder: where its files are, and whether these settings may go on in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from mbscale.config import RunConfig, load_run_config
from mbscale.errors import ConfigError, RunError
from mbscale.free_settings import list_deciding, list_free
from mbscale.results.files import replace_file
from mbscale.search.run_files import CONFIRMED
from mbscale.strict_yaml import dump_yaml


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The paths of a run's files (README.md lists what each holds)."""

    path: Path

    @property
    def config(self) -> Path:
        """The resolved settings."""
        return self.path / "config.yaml"

    @property
    def confirmed(self) -> Path:
        """The networks that were trained again."""
        return self.path / CONFIRMED

    @property
    def baseline(self) -> Path:
        """The chosen architecture."""
        return self.path / "baseline.yaml"

    @property
    def scaling(self) -> Path:
        """The compound constants."""
        return self.path / "scaling.yaml"

    @property
    def family(self) -> Path:
        """The folder of b0.yaml and its larger brothers."""
        return self.path / "family"


def dump_config(config: RunConfig) -> str:
    """The settings as YAML that ``load_run_config`` reads back equal."""
    return dump_yaml(config)


def check_run_folder(path: Path, config: RunConfig, *, is_resumed: bool) -> None:
    """Raise ConfigError where the folder holds a run that cannot go on with these settings."""
    folder = RunFolder(path)
    if not folder.config.exists():
        return
    if not is_resumed:
        msg = f"{path} already holds a run; add --resume to go on with it, or name another --out"
        raise ConfigError(msg)
    _check_unchanged(load_run_config(folder.config), config, folder=path)


def save_config(folder: RunFolder, config: RunConfig) -> None:
    """config.yaml; from then on the folder holds a run."""
    replace_file(folder.config, dump_config(config))


def make_folder(path: Path) -> None:
    """The folder, with those above it. Raises RunError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        msg = f"{path} cannot be made: {failure.strerror}; name another --out"
        raise RunError(msg) from failure


def _check_unchanged(old: RunConfig, new: RunConfig, *, folder: Path) -> None:
    before, after = flatten(list_deciding(old)), flatten(list_deciding(new))
    changed = [key for key in after if before.get(key) != after[key]]
    if changed:
        key = changed[0]
        msg = (
            f"{folder} was started with {key}={before.get(key)!r} and cannot resume with "
            f"{after[key]!r}; only {', '.join(list_free(RunConfig))} may change, "
            "so name another --out"
        )
        raise ConfigError(msg)
    if new.search.n_trials < old.search.n_trials:
        msg = (
            f"{folder} was started with search.n_trials={old.search.n_trials} and cannot resume "
            f"with fewer, {new.search.n_trials}; give at least as many, or name another --out"
        )
        raise ConfigError(msg)


def flatten(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one with dotted names.

    >>> flatten({"search": {"n_trials": 12}, "seed": 3})
    {'search.n_trials': 12, 'seed': 3}
    """
    flat: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            flat |= flatten(cast("dict[str, Any]", value), f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat

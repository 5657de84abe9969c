"""A run's folder: where its files are, and whether these settings may go on in it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import TypeAdapter

from mbscale.config import RunConfig, load_run_config
from mbscale.errors import ConfigError, RunError
from mbscale.results.files import replace_file
from mbscale.search.run_files import CONFIRMED

# What may differ when a run goes on: how long it lasts and where it runs, not what its trials
# mean. Trials may only become more; a time limit counts from each start, so its end is later.
CHANGEABLE = (
    "search.n_trials", "search.timeout_seconds", "search.n_workers", "search.executor",
    "search.ray.address", "search.ray.cpus_per_trial", "search.ray.gpus_per_trial",
    "proxy.certificate",
)  # fmt: skip


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
    plain = TypeAdapter(RunConfig).dump_python(config, mode="json")
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)


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
    before, after = flatten(asdict(old)), flatten(asdict(new))
    changed = [key for key in after if before.get(key) != after[key] and key not in CHANGEABLE]
    if changed:
        key = changed[0]
        msg = (
            f"{folder} was begun with {key}={before.get(key)!r} and cannot go on with "
            f"{after[key]!r}; only {', '.join(CHANGEABLE)} may change, so name another --out"
        )
        raise ConfigError(msg)
    if new.search.n_trials < old.search.n_trials:
        msg = (
            f"{folder} was begun with search.n_trials={old.search.n_trials} and cannot go on "
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

"""manifest.json: what a run was made with."""

import hashlib
import importlib.metadata
import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from mbscale.errors import ConfigError, RunError
from mbscale.results.files import replace_file
from mbscale.strict_dataclass import strict_dataclass
from mbscale.strict_yaml import parse_strict

# Those whose version can change a number or a file of a run.
_PACKAGES = (
    "matplotlib", "numpy", "optuna", "pandas", "pillow", "pydantic", "pyyaml", "scipy", "thop",
    "torch",
)  # fmt: skip


@strict_dataclass
class Machine:
    """Where a run computes. ``cores`` are those that the process may use."""

    system: str
    cpu: str
    cores: int
    device: str


@strict_dataclass
class Manifest:
    """What is needed to say whether two runs may be compared.

    Hashes are SHA-256 in hexadecimal, ``started`` is ISO 8601 with its time zone.
    """

    mbscale: str
    python: str
    packages: Mapping[str, str]
    machine: Machine
    command: tuple[str, ...]
    seed: int
    settings_hash: str
    data_hash: str
    started: str

    def __post_init__(self) -> None:
        if not _has_zone(self.started):
            msg = f"started must be a time in ISO 8601 with its zone; got {self.started!r}"
            raise ConfigError(msg)


def describe_run(
    *, command: Sequence[str], seed: int, device: str, hashes: tuple[str, str], started: datetime
) -> Manifest:
    """The manifest of a run in this process; ``hashes`` are of the settings and of the data."""
    settings_hash, data_hash = hashes
    return Manifest(
        mbscale=_version("mbscale"),
        python=platform.python_version(),
        packages={name: _version(name) for name in _PACKAGES},
        machine=Machine(
            system=platform.platform(), cpu=_cpu_name(), cores=_count_cores(), device=device
        ),
        command=tuple(command),
        seed=seed,
        settings_hash=settings_hash,
        data_hash=data_hash,
        started=started.isoformat(timespec="seconds"),
    )


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Replace ``path`` by the manifest as JSON."""
    replace_file(path, json.dumps(asdict(manifest), indent=2, ensure_ascii=False) + "\n")


def read_manifest(path: Path) -> Manifest:
    """The manifest that ``write_manifest`` has written. Raises RunError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else "it is not JSON"
        msg = f"{path} cannot be read: {reason}"
        raise RunError(msg) from failure
    return parse_strict(Manifest, data, where=str(path), error=RunError)


def hash_text(text: str) -> str:
    """The SHA-256 of a text, such as the resolved settings in YAML."""
    return hashlib.sha256(text.encode()).hexdigest()


def hash_arrays(arrays: Iterable[NDArray[Any]]) -> str:
    """The SHA-256 of arrays in their order, shapes and types included."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _has_zone(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _count_cores() -> int:
    # The cores of the machine say little in a container or under taskset.
    has_affinity = hasattr(os, "sched_getaffinity")
    return len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1

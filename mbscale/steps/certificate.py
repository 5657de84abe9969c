"""The certificate of a search's proxy: found, said, and refused where it refutes the proxy."""

from collections.abc import Callable
from pathlib import Path

from mbscale.config import RunConfig
from mbscale.errors import ConfigError
from mbscale.proxy.images.dataset import Dataset
from mbscale.results.files import replace_file
from mbscale.results.run_folder import RunFolder
from mbscale.search.validation.certificate import Certificate, read_certificate

_NONE = (
    "this proxy has no certificate: whether it orders networks as the target does was not "
    "measured; mbscale validate-proxy measures it and writes one"
)


def check_proxy(
    config: RunConfig,
    dataset: Dataset,
    config_path: Path | None,
    *,
    is_trusted: bool,
    note: Callable[[str], None],
) -> Path | None:
    """The certificate of the proxy, or None; ``note`` gets a sentence on it.

    Raises ConfigError where the proxy loses to parameters alone and is not trusted.
    """
    found = _find(config, dataset, config_path, note)
    if found is None:
        note(_NONE)
        return None
    path, certificate = found
    note(f"{path}: {certificate.describe()}")
    if certificate.is_refuted and not is_trusted:
        msg = (
            f"{path} shows that the proxy orders networks worse than their parameters do (tau at "
            f"most {certificate.tau_high:.2f} against {certificate.parameters_tau:.2f}); use "
            "another proxy, or add --trust-proxy"
        )
        raise ConfigError(msg)
    return path


def keep_certificate(path: Path, folder: RunFolder) -> None:
    """Copy the certificate into the folder of the run, which keeps the one it started with."""
    if path != folder.certificate:
        replace_file(folder.certificate, path.read_bytes())


def _find(
    config: RunConfig, dataset: Dataset, config_path: Path | None, note: Callable[[str], None]
) -> tuple[Path, Certificate] | None:
    """The certificate that is named, or that of certificates/ beside the settings, if it fits."""
    named = config.proxy.certificate
    if named is not None:
        return Path(named), _read_fitting(Path(named), config, dataset)
    beside = _list_beside(config_path) if config_path else []
    if not beside:
        return None
    return _read_if_fitting(beside[0], config, dataset, note)


def _list_beside(config_path: Path) -> list[Path]:
    folder = config_path.parent
    places = [folder / "certificates" / config_path.name, RunFolder(folder).certificate]
    return [path for path in places if path.exists()]


def _read_if_fitting(
    beside: Path, config: RunConfig, dataset: Dataset, note: Callable[[str], None]
) -> tuple[Path, Certificate] | None:
    certificate = read_certificate(beside)
    if certificate.is_for(config.space, config.proxy, dataset):
        return beside, certificate
    note(f"{beside} is of another proxy: settings that decide the scores differ")
    return None


def _read_fitting(path: Path, config: RunConfig, dataset: Dataset) -> Certificate:
    certificate = read_certificate(path)
    if not certificate.is_for(config.space, config.proxy, dataset):
        msg = (
            f"proxy.certificate {path} is of another proxy or of another space than "
            f"{config.space}; validate this one, or set proxy.certificate to null"
        )
        raise ConfigError(msg)
    return certificate

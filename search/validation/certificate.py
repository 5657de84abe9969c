"""The certificate of a proxy: which settings it is for, and how far they can be trusted."""

from pathlib import Path

from mbscale.errors import ConfigError
from mbscale.proxy.fingerprint import fingerprint
from mbscale.proxy.images.dataset import Dataset
from mbscale.proxy.settings import ProxySettings
from mbscale.results.files import replace_file
from mbscale.search.validation.proxy_validation import ProxyRow
from mbscale.strict_dataclass import strict_dataclass
from mbscale.strict_yaml import dump_yaml, parse_strict, read_yaml


@strict_dataclass
class Certificate:
    """Tau of a proxy with a reference over networks of one space, and that of parameters."""

    name: str
    space: str
    # Of the settings and images that decide the scores; another recipe is another proxy.
    fingerprint: str
    # What the order was compared with.
    reference: str
    tau: float
    tau_low: float
    tau_high: float
    p: float
    n_networks: int
    core_seconds_per_network: float
    # Two seeds of the proxy against each other.
    seed_tau: float | None
    # What counting parameters and MACs reaches on the same networks.
    parameters_tau: float
    macs_tau: float
    # Among how many proxies these networks chose it; the best of several looks better than it is.
    n_proxies: int = 1

    @property
    def is_refuted(self) -> bool:
        """Whether the whole interval lies below what parameters alone reach."""
        return self.tau_high < self.parameters_tau

    def is_for(self, space: str, settings: ProxySettings, dataset: Dataset | None = None) -> bool:
        """Whether a search with these settings has this proxy; loads images that are not given."""
        return self.space == space and self.fingerprint == fingerprint(settings, dataset)

    def describe(self) -> str:
        """What was measured, in one sentence."""
        chosen = f"; it was picked among {self.n_proxies} by these networks, which flatters it"
        return (
            f"the proxy orders {self.n_networks} networks as {self.reference} does with "
            f"tau {self.tau:.2f} (95 % {self.tau_low:.2f} to {self.tau_high:.2f}); parameters "
            f"alone reach {self.parameters_tau:.2f}, MACs {self.macs_tau:.2f}"
            f"{chosen if self.n_proxies > 1 else ''}"
        )


def certify(
    row: ProxyRow,
    counts: dict[str, ProxyRow],
    *,
    space: str,
    settings: ProxySettings,
    reference: str,
    n_proxies: int,
) -> Certificate:
    """The certificate of a proxy from its row over all networks and those of the counts.

    ``n_proxies`` says among how many the networks chose it: 1 for one that was named before.
    """
    return Certificate(
        name=row.name,
        space=space,
        fingerprint=fingerprint(settings),
        reference=reference,
        tau=row.tau,
        tau_low=row.tau_low,
        tau_high=row.tau_high,
        p=row.p,
        n_networks=row.n_networks,
        core_seconds_per_network=row.seconds_per_network,
        seed_tau=row.seed_tau,
        parameters_tau=counts["parameters"].tau,
        macs_tau=counts["macs"].tau,
        n_proxies=n_proxies,
    )


def write_certificate(path: Path, certificate: Certificate, *, comment: str) -> None:
    """A certificate as YAML with the command that made it."""
    replace_file(path, f"# {comment}\n{dump_yaml(certificate)}")


def read_certificate(path: Path) -> Certificate:
    """The certificate in a file. Raises ConfigError."""
    data = read_yaml(path, error=ConfigError)
    return parse_strict(Certificate, data, where=str(path), error=ConfigError)

"""What a certificate says comes back from its file."""

from pathlib import Path

import pytest

from mbscale.search.validation.certificate import (
    Certificate,
    read_certificate,
    write_certificate,
)


# The second and third look like numbers.
@pytest.mark.parametrize(
    "fingerprint", ["06da8725b60c9c26", "123456789e012345", "0123456789012345"]
)
def test_a_certificate_comes_back_from_its_file(tmp_path: Path, fingerprint: str) -> None:
    certificate = Certificate(
        name="configured", space="1e3", fingerprint=fingerprint, reference="long training",
        tau=0.65, tau_low=0.35, tau_high=0.9, p=2e-4, n_networks=16, core_seconds_per_network=2.5,
        seed_tau=None, parameters_tau=0.2, macs_tau=0.2,
    )  # fmt: skip
    path = tmp_path / "proxy.yaml"
    write_certificate(path, certificate, comment="mbscale validate-proxy")

    assert read_certificate(path) == certificate

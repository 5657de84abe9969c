"""Networks as YAML: explicit numbers, checked on load."""

from collections.abc import Mapping
from dataclasses import asdict, field
from pathlib import Path
from typing import Any

import yaml

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Architecture
from mbscale.space.network import Network, Target
from mbscale.strict_dataclass import strict_dataclass
from mbscale.strict_yaml import load_yaml, parse_strict, read_yaml
from mbscale.yaml_dialect import Dumper

SCHEMA_VERSION = 1

Scalar = str | int | float | bool | None


@strict_dataclass
class NetworkFile:
    """The keys of a network file; ``macs`` and ``params`` may be left out by hand."""

    schema_version: int
    name: str
    resolution: int
    num_classes: int
    architecture: Architecture
    macs: int | None = None
    params: int | None = None
    provenance: dict[str, Scalar] = field(default_factory=dict)


def read_network(path: Path) -> Network:
    """The network in a YAML file; ArchitectureError says what is wrong with it."""
    return _to_network(read_yaml(path, error=ArchitectureError), where=str(path))


def parse_network(text: str, *, where: str) -> Network:
    """The network that a YAML text holds."""
    return _to_network(load_yaml(text, where=where, error=ArchitectureError), where=where)


def _to_network(data: dict[str, Any], *, where: str) -> Network:
    # Before the keys: a later version may have others.
    version = data.get("schema_version", SCHEMA_VERSION)
    if version != SCHEMA_VERSION:
        msg = f"{where}: schema_version must be {SCHEMA_VERSION}; got {version!r}"
        raise ArchitectureError(msg)
    file = parse_strict(NetworkFile, data, where=where, error=ArchitectureError)
    network = Network(file.name, file.architecture, Target(file.resolution, file.num_classes))
    cost = network.count_cost()
    for name, stated, counted in (
        ("macs", file.macs, cost.macs),
        ("params", file.params, cost.params),
    ):
        if stated is not None and stated != counted:
            msg = f"{where}: {name} is {stated}, but the stages count {counted}; correct one"
            raise ArchitectureError(msg)
    return network


def format_network(network: Network, provenance: Mapping[str, Scalar] | None = None) -> str:
    """The YAML text of a network, one line a stage."""
    cost, target = network.count_cost(), network.target
    architecture = asdict(network.architecture)
    stages = architecture.pop("stages")
    lines = [
        "# MACs are multiply-accumulates of convolutions and linear layers at this resolution;",
        "# macs and params are checked on load. Only the first block of a stage strides;",
        "# expand_ratio and se_ratio are over the input channels of each block.",
        *_dump({"schema_version": SCHEMA_VERSION, "name": network.name}),
        *_dump({"resolution": target.resolution, "num_classes": target.num_classes}),
        *_dump({"macs": cost.macs, "params": cost.params}),
        "architecture:",
        *[f"  {name}: {_flow(value)}" for name, value in architecture.items()],
        "  stages:",
        *[f"    - {_flow(_without_none(stage))}" for stage in stages],
    ]
    if provenance:
        lines += _dump({"provenance": dict(provenance)})
    text = "\n".join(lines) + "\n"
    # What could not be read again, such as a provenance of NaN, is refused while it is known.
    parse_network(text, where=network.name)
    return text


def _dump(data: Mapping[str, Any]) -> list[str]:
    return yaml.dump(dict(data), Dumper=Dumper, sort_keys=False, allow_unicode=True).splitlines()


def _without_none(stage: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in stage.items() if value is not None}


def _flow(value: object) -> str:
    text: str = yaml.dump(
        value, Dumper=Dumper, sort_keys=False, default_flow_style=True, width=1000
    )
    return text.removesuffix("...\n").strip()

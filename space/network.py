"""An architecture in the place it is used: resolution and classes."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Architecture
from mbscale.space.cost import Cost, count_cost
from mbscale.strict_dataclass import settings_dataclass


@settings_dataclass(error=ArchitectureError)
class Target:
    """Where the network will be used; cost is counted here. ``resolution`` in pixels."""

    resolution: Annotated[
        int,
        Field(ge=1, le=65_536, description="Side of the input images in pixels."),
    ] = 224
    num_classes: Annotated[
        int,
        Field(ge=2, le=10_000_000, description="Classes that the network tells apart."),
    ] = 1000


@dataclass(frozen=True, slots=True)
class Network:
    """A named architecture with its resolution and classes: what a YAML file holds."""

    name: str
    architecture: Architecture
    target: Target

    def count_cost(self) -> Cost:
        """The exact cost at the target."""
        target = self.target
        resolution, num_classes = target.resolution, target.num_classes
        return count_cost(self.architecture, resolution=resolution, num_classes=num_classes)

"""An architecture in the place it is used: resolution and classes."""

from dataclasses import dataclass

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Architecture
from mbscale.space.cost import Cost, count_cost
from mbscale.strict_dataclass import strict_dataclass


@strict_dataclass
class Target:
    """Where the network will be used; cost is counted here. ``resolution`` in pixels."""

    resolution: int = 224
    num_classes: int = 1000

    def __post_init__(self) -> None:
        is_met = 1 <= self.resolution <= 65_536 and 2 <= self.num_classes <= 10_000_000
        if not is_met:
            msg = (
                "target needs a resolution from 1 to 65536 and 2 to 10000000 classes; "
                f"got {self.resolution} and {self.num_classes}"
            )
            raise ArchitectureError(msg)


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

"""What the figures of stage 2 and of the scaling experiments read of any scaled network."""

# ruff: noqa: D102 - the fields of the protocol are those of the CSV files

from typing import Protocol


class ScaledNetwork(Protocol):
    """A network with its factors, its pixels, and its accuracy where it was trained."""

    @property
    def depth(self) -> float: ...
    @property
    def width(self) -> float: ...
    @property
    def resolution(self) -> int: ...
    @property
    def accuracy(self) -> float | None: ...
    @property
    def accuracy_low(self) -> float | None: ...
    @property
    def accuracy_high(self) -> float | None: ...

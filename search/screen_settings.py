"""Which cheap scores a search begins with."""

from typing import Annotated

from pydantic import Field

from mbscale.errors import ConfigError
from mbscale.proxy.zero_cost_settings import ScoreName
from mbscale.strict_dataclass import settings_dataclass

# Fewer say nothing about a space with many choices.
_FEWEST = 8


@settings_dataclass
class ScreenSettings:
    """Networks that are scored cheaply before the search, to give the sampler a start.

    The sampler learns from the trained networks how far each score can be trusted.
    """

    n_networks: Annotated[
        int,
        Field(
            ge=0,
            description="Random networks of the space to score before the search, at least 8; 0 "
            "turns screening off.",
        ),
    ] = 0
    scores: Annotated[
        tuple[ScoreName, ...],
        Field(
            description="Zero-cost scores to compute, by the names of proxy.zero_cost.score. "
            "parameters, macs and stages add nothing: the sampler knows the architecture."
        ),
    ] = ("synflow",)
    epochs: Annotated[
        int | None,
        Field(
            ge=1,
            description="Also train each screened network for this many epochs and use its "
            "accuracy as one more score; null trains none.",
        ),
    ] = None

    def __post_init__(self) -> None:
        if 0 < self.n_networks < _FEWEST:
            msg = f"n_networks must be 0, or at least {_FEWEST}; got {self.n_networks}"
            raise ConfigError(msg)
        if self.n_networks and not self.scores and self.epochs is None:
            msg = "n_networks networks are to be scored, and neither scores nor epochs says how"
            raise ConfigError(msg)

"""Which cheap scores a search begins with."""

from mbscale.errors import ConfigError
from mbscale.proxy.zero_cost_settings import ScoreName
from mbscale.strict_dataclass import strict_dataclass

# Fewer say nothing of a space with many choices.
_FEWEST = 8


@strict_dataclass
class ScreenSettings:
    """Networks that are scored cheaply before the search, so that it knows where to begin.

    The sampler learns from the trained networks how far each score is to be believed.
    """

    # Networks drawn by chance from the space; 0: none is scored.
    n_networks: int = 0
    # Scores without training, of proxy.zero_cost. What is counted from the architecture alone
    # (parameters, macs, stages) is known to the sampler anyhow.
    scores: tuple[ScoreName, ...] = ("synflow",)
    # A short run of this many epochs is one more score. None: no short runs.
    epochs: int | None = None

    def __post_init__(self) -> None:
        if self.n_networks != 0 and self.n_networks < _FEWEST:
            msg = f"n_networks must be 0, or at least {_FEWEST}; got {self.n_networks}"
            raise ConfigError(msg)
        if self.epochs is not None and self.epochs < 1:
            msg = f"epochs must be at least 1, or null; got {self.epochs}"
            raise ConfigError(msg)
        if self.n_networks and not self.scores and self.epochs is None:
            msg = "n_networks networks are to be scored, and neither scores nor epochs says how"
            raise ConfigError(msg)

"""How networks are scored without training."""

from typing import Literal

from mbscale.errors import ConfigError
from mbscale.strict_dataclass import strict_dataclass

ScoreName = Literal[
    "stages", "parameters", "macs", "synflow", "parameters_synflow", "gradient_norm", "zico",
    "naswot", "zen", "imagenet",
]  # fmt: skip


@strict_dataclass
class ZeroCostSettings:
    """The score of the evaluator ``zero_cost``."""

    score: ScoreName = "stages"
    # Images of a batch: gradient_norm, zico, naswot, zen.
    batch_size: int = 32
    # Batches that zico compares; the paper uses two.
    n_batches: int = 2

    def __post_init__(self) -> None:
        for name in ("batch_size", "n_batches"):
            value = getattr(self, name)
            if value < 2:
                msg = f"{name} must be at least 2; got {value}"
                raise ConfigError(msg)

"""How the weight-sharing network is trained and used."""

from typing import Annotated, Literal

from mbscale.errors import ConfigError
from mbscale.free_settings import FREE
from mbscale.strict_dataclass import strict_dataclass

SamplingName = Literal["sandwich", "fair"]


@strict_dataclass
class SupernetSettings:
    """The supernet of the evaluator ``supernet``; its recipe is ``training``, but the epochs."""

    # The search space that shares weights, a preset or a file; None: that of the run.
    space: str | None = None
    # Times that every training image is shown.
    epochs: int = 20
    # fair: every option equally often in each step (Chu et al., 2019, arXiv:1907.01845);
    # sandwich: the largest, the smallest and random networks (Yu et al., 2020,
    # arXiv:2003.11142), at nearly twice the time in the space small.
    sampling: SamplingName = "fair"
    # Random networks of a sandwich.
    n_random: int = 2
    # Training images that batch norm is measured on anew before each evaluation.
    n_recalibration: int = 1000
    # Of its weights and of the networks drawn in each step.
    seed: int = 0
    # Trained supernets are kept here, relative to the current folder.
    cache: Annotated[str, FREE] = "runs/supernets"

    def __post_init__(self) -> None:
        least = {"epochs": 1, "n_random": 0, "n_recalibration": 2, "seed": 0}
        for name, smallest in least.items():
            value = getattr(self, name)
            if value < smallest:
                msg = f"{name} must be at least {smallest}; got {value}"
                raise ConfigError(msg)

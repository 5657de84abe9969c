"""How networks are scored without training."""

from typing import Annotated, Literal

from pydantic import Field

from mbscale.strict_dataclass import settings_dataclass

ScoreName = Literal[
    "stages", "parameters", "macs", "synflow", "parameters_synflow", "gradient_norm", "zico",
    "naswot", "zen", "imagenet",
]  # fmt: skip


@settings_dataclass
class ZeroCostSettings:
    """The score of the evaluator zero_cost."""

    score: Annotated[
        ScoreName,
        Field(
            description="Zero-cost score that orders the networks; higher is better. stages, "
            "parameters, macs and imagenet are computed from the architecture alone, the others "
            "from a network with random weights."
        ),
    ] = "stages"
    batch_size: Annotated[
        int,
        Field(ge=2, description="Images per batch for gradient_norm, zico, naswot and zen."),
    ] = 32
    n_batches: Annotated[
        int,
        Field(ge=2, description="Batches that zico compares; its paper uses two."),
    ] = 2

"""How the weight-sharing network is trained and used."""

from typing import Annotated, Literal

from pydantic import Field

from mbscale.free_settings import FREE
from mbscale.strict_dataclass import settings_dataclass

SamplingName = Literal["sandwich", "fair"]


@settings_dataclass
class SupernetSettings:
    """The network with shared weights of the evaluator supernet.

    It is trained with the recipe of proxy.training, except for the number of epochs.
    """

    space: Annotated[
        str | None,
        Field(
            description="Search space whose networks share weights: a preset's name or a YAML "
            "file; null takes the space of the run."
        ),
    ] = None
    epochs: Annotated[
        int,
        Field(
            ge=1,
            description="Passes of the supernet over the training images. It is trained once; more "
            "epochs order networks more reliably.",
        ),
    ] = 20
    sampling: Annotated[
        SamplingName,
        Field(
            description="Networks trained in each step. fair: every option equally often (Chu et "
            "al., 2019, arXiv:1907.01845). sandwich: the largest, the smallest and random networks "
            "(Yu et al., 2020, arXiv:2003.11142), in nearly twice the time on the space small."
        ),
    ] = "fair"
    n_random: Annotated[
        int,
        Field(ge=0, description="Random networks per step of sandwich; fair ignores it."),
    ] = 2
    n_recalibration: Annotated[
        int,
        Field(
            ge=2,
            description="Training images on which the batch norm statistics of a network are "
            "measured again before it is evaluated.",
        ),
    ] = 1000
    seed: Annotated[
        int,
        Field(ge=0, description="Seed of the supernet's weights and of the networks it samples."),
    ] = 0
    cache: Annotated[
        str,
        FREE,
        Field(description="Folder for trained supernets, relative to the current one."),
    ] = "runs/supernets"

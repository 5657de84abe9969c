"""Which networks a proxy is validated on, against what, and beside which other proxies."""

from typing import Annotated

from pydantic import Field

from mbscale.errors import ConfigError
from mbscale.strict_dataclass import settings_dataclass


@settings_dataclass
class Candidate:
    """Another proxy: the configured one with changes such as ``training.epochs=6``."""

    name: Annotated[str, Field(description="Name of the proxy in the report.")]
    changes: Annotated[
        tuple[str, ...],
        Field(description="Changes to the settings below proxy, such as training.epochs=6."),
    ] = ()


# Rows of proxy.csv and scores.csv that no candidate may be taken for.
ROW_NAMES = ("configured", "reference", "macs", "parameters")
STAGES = Candidate("stages", ("evaluator=zero_cost", "zero_cost.score=stages"))


@settings_dataclass
class ValidationSettings:
    """How the ranking of a proxy is compared with that of a reference."""

    n_networks: Annotated[
        int,
        Field(
            ge=4,
            description="Networks to rank, sampled from the space or the table. More narrow the "
            "interval of tau; without a table each costs a long training.",
        ),
    ] = 16
    n_seeds: Annotated[
        int,
        Field(ge=1, description="Evaluations of each network by each proxy; two show the noise."),
    ] = 2
    sample_seed: Annotated[
        int, Field(ge=0, description="Seed that chooses which networks are ranked.")
    ] = 0
    min_macs: Annotated[
        float | None,
        Field(
            ge=0,
            description="Networks of a table with fewer MACs are left out; null sets no limit.",
        ),
    ] = None
    max_macs: Annotated[
        float | None,
        Field(
            ge=0,
            description="Networks of a table with more MACs are left out; null sets no limit.",
        ),
    ] = None
    band_ratio: Annotated[
        float,
        Field(
            gt=1,
            description="Largest ratio of MACs within a band. Tau is also reported in bands of "
            "similar cost, where size alone cannot rank; a band needs eight networks.",
        ),
    ] = 1.2
    n_bands: Annotated[
        int,
        Field(
            ge=1,
            description="Equally large bands to use where no band of band_ratio has eight "
            "networks.",
        ),
    ] = 2
    threshold: Annotated[
        float,
        Field(
            ge=-1,
            le=1,
            description="Lowest tau of a proxy that can be recommended: the cheapest proxy that "
            "reaches it is written to proxy.yaml.",
        ),
    ] = 0.6
    reference: Annotated[
        tuple[str, ...],
        Field(
            description="Changes to the settings below proxy that make the reference, a long "
            "training; not used with a table."
        ),
    ] = ("training.epochs=20", "resolution=null")
    candidates: Annotated[
        tuple[Candidate, ...],
        Field(
            description="Other proxies to compare with the configured one, each a name and its "
            "changes."
        ),
    ] = (STAGES,)
    labels: Annotated[
        tuple[Annotated[int, Field(ge=2)], ...],
        Field(
            description="With a table, also report how well the accuracy model of a search ranks "
            "the networks once this many others are known, sampled at random and spread out. It "
            "is no proxy, because it uses accuracies; an empty list skips it."
        ),
    ] = (20, 50)

    def __post_init__(self) -> None:
        if len({*self.labels}) < len(self.labels):
            msg = f"labels must be different numbers; got {list(self.labels)}"
            raise ConfigError(msg)
        if 2 * self.n_bands > self.n_networks:
            msg = f"n_bands must leave two of {self.n_networks} networks a band; got {self.n_bands}"
            raise ConfigError(msg)
        self._check_names()

    def _check_names(self) -> None:
        names = [one.name for one in self.candidates]
        labels = [name_labels(n, way) for n in self.labels for way in ("by chance", "spread")]
        taken = {*ROW_NAMES, *labels}
        if len({*names}) < len(names) or taken & {*names}:
            msg = (
                f"each candidate needs a name of its own, and none of {', '.join(sorted(taken))}; "
                f"got {', '.join(names)}"
            )
            raise ConfigError(msg)


def name_labels(n_labels: int, way: str) -> str:
    """The row of what so many labels tell, chosen in this way.

    >>> name_labels(20, "spread")
    '20 labels spread'
    """
    return f"{n_labels} labels {way}"

"""Which networks a proxy is validated on, against what, and beside which other proxies."""

from mbscale.errors import ConfigError
from mbscale.strict_dataclass import strict_dataclass


@strict_dataclass
class Candidate:
    """Another proxy: the configured one with changes such as ``training.epochs=6``."""

    name: str
    changes: tuple[str, ...] = ()


# Rows of proxy.csv and scores.csv that no candidate may be taken for.
ROW_NAMES = ("configured", "reference", "macs", "parameters")
STAGES = Candidate("stages", ("evaluator=zero_cost", "zero_cost.score=stages"))


@strict_dataclass
class ValidationSettings:
    """How the order of a proxy is compared with that of a reference."""

    # Networks of the space, or of the table; 10 to 20 cost a long training each.
    n_networks: int = 16
    # Trainings of each network by each proxy; two show the noise.
    n_seeds: int = 2
    # Which networks are drawn.
    sample_seed: int = 0
    # Of a table, only networks with MACs in between are drawn. None: no limit.
    min_macs: float | None = None
    max_macs: float | None = None
    # Tau is counted inside bands, too, whose dearest network has this many times the MACs of
    # the cheapest one. A band needs eight networks; where none has them, n_bands parts of
    # equally many networks are taken.
    band_ratio: float = 1.2
    n_bands: int = 2
    # The cheapest proxy of at least this tau goes to proxy.yaml.
    threshold: float = 0.6
    # What the long training changes in the proxy; not used with a table.
    reference: tuple[str, ...] = ("training.epochs=20", "resolution=null")
    # Beside the configured proxy; the score that costs a count, where nothing is said.
    candidates: tuple[Candidate, ...] = (STAGES,)
    # With a table: how far the accuracy model of a search orders the networks once so many
    # others of the table are known, chosen by chance and spread. No proxy of a search: it has
    # what proxies do without. An empty list leaves it out.
    labels: tuple[int, ...] = (20, 50)

    def __post_init__(self) -> None:
        least = {"n_networks": 4, "n_seeds": 1, "sample_seed": 0, "n_bands": 1}
        for name, smallest in least.items():
            value = getattr(self, name)
            if value < smallest:
                msg = f"{name} must be at least {smallest}; got {value}"
                raise ConfigError(msg)
        if self.band_ratio <= 1:
            msg = f"band_ratio must be above 1; got {self.band_ratio}"
            raise ConfigError(msg)
        if not -1 <= self.threshold <= 1:
            msg = f"threshold must be from -1 to 1; got {self.threshold}"
            raise ConfigError(msg)
        if any(n_labels < 2 for n_labels in self.labels) or len({*self.labels}) < len(self.labels):
            msg = f"labels must be different numbers of at least 2; got {list(self.labels)}"
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

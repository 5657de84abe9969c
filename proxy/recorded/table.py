"""The evaluator that looks accuracies up in a table of recorded networks."""

import time
from pathlib import Path

from mbscale.errors import ConfigError
from mbscale.proxy.evaluation import Evaluation, OnEpoch, SplitName
from mbscale.proxy.images.dataset import Dataset
from mbscale.proxy.recorded.networks import read_recorded
from mbscale.proxy.settings import ProxySettings
from mbscale.space.architecture import Architecture
from mbscale.space.blocks import canonical_key


class RecordedTable:
    """Gives each network the accuracy in the table; a network that is not there fails.

    A table has no log loss, so there is none. Of a network with several recorded trainings
    the seed picks one. Split and resolution are those of whoever recorded it.
    """

    def __init__(self, settings: ProxySettings, dataset: Dataset | None = None) -> None:
        del dataset
        path = settings.table.path
        if path is None:
            msg = "proxy.table.path must name a CSV file of recorded networks for this evaluator"
            raise ConfigError(msg)
        self._path = path
        self._known: dict[str, tuple[float, ...]] = {}
        for one in read_recorded(Path(path)):
            key = canonical_key(one.architecture)
            self._known[key] = (*self._known.get(key, ()), *one.accuracies)

    def __call__(
        self,
        architecture: Architecture,
        *,
        seed: int,
        split: SplitName = "selection",
        resolution: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        """The recorded accuracy, without a log loss."""
        del split, resolution, on_epoch
        start = time.perf_counter()
        found = self._known.get(canonical_key(architecture))
        reason = "" if found else f"{self._path} has no such network"
        return Evaluation(
            status="complete" if found else "failed",
            accuracy=found[seed % len(found)] if found else None,
            log_loss=None,
            seconds=time.perf_counter() - start,
            epochs=0,
            seed=seed,
            n_images=0,
            reason=reason,
        )

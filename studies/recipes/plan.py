"""What is trained, in order: the recipes, the networks and the seeds."""

from dataclasses import dataclass, replace

from networks import NETWORKS

from mbscale.proxy.settings import TrainingSettings

FULL = TrainingSettings(
    epochs=20, batch_size=64, learning_rate=0.005, schedule="cosine", warmup=0.1, amp="everywhere"
)
BEST = replace(FULL, learning_rate=0.01)
TODAY = TrainingSettings(epochs=3)
LOOKS = (2, 4, 7, 12, 16)


@dataclass(frozen=True, slots=True)
class Run:
    """One training, and the epochs at which it is evaluated."""

    recipe: str
    network: str
    seed: int = 0
    training: TrainingSettings = FULL
    n_train: int = 8000
    resolution: int = 28
    shifts: bool = True
    dropout: float = 0.0
    # The training ends after this epoch of its schedule; None: after the last.
    stop: int | None = None

    @property
    def looks(self) -> tuple[int, ...]:
        """Epochs after which the network is evaluated."""
        if self.stop is not None:
            return tuple(range(1, self.stop + 1))
        before = LOOKS if self.recipe == "full" else ()
        return (*before, self.training.epochs)


def _sweep(names: tuple[str, ...], rates: tuple[float, ...], *, seed: int = 0) -> list[Run]:
    return [
        Run(
            "full" if rate == FULL.learning_rate else f"full lr {rate:g}",
            name,
            seed,
            replace(FULL, learning_rate=rate),
        )
        for rate in rates
        for name in names
    ]


def _rung(name: str) -> list[Run]:
    return [
        Run("today", name, training=TODAY, n_train=5000, resolution=20, shifts=False),
        *(Run(f"cosine {n}", name, training=replace(FULL, epochs=n)) for n in (2, 4, 7)),
    ]


def _factors(names: tuple[str, ...], *, seed: int) -> list[Run]:
    changes = {
        "smoothing 0.1": replace(BEST, label_smoothing=0.1),
        "warmup 0.3": replace(BEST, warmup=0.3),
        "decay 0.01": replace(BEST, weight_decay=0.01),
        "batch 32": replace(BEST, batch_size=32, learning_rate=0.007),
        "batch 128": replace(BEST, batch_size=128, learning_rate=0.014),
        "sgd 0.1": replace(BEST, optimizer="sgd", learning_rate=0.1, weight_decay=5e-4),
        "one_cycle 0.3": replace(BEST, schedule="one_cycle", warmup=0.3),
    }
    runs = [
        Run(f"full lr 0.01 {change}", name, seed, training)
        for change, training in changes.items()
        for name in names
    ]
    return [
        *runs,
        *(Run("full lr 0.01 dropout 0.2", name, seed, BEST, dropout=0.2) for name in names),
    ]


KINDS = ("plain-vgg6", "basic-resnet8", "fused-a", "se-evolved", "ds-short")
PARTS: dict[str, list[Run]] = {
    "rates": _sweep(KINDS, (0.005, 0.0025, 0.01)),
    "rungs": [run for name in NETWORKS for run in (*_sweep((name,), (0.005,)), *_rung(name))],
    "far rates": _sweep(KINDS, (0.02,)),
    "factors": _factors(KINDS[:2], seed=0),
    "start": [Run("start", name, seed=1, stop=3) for name in NETWORKS],
}

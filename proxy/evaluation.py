"""What comes out of judging one network, and what judges it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from mbscale.space.architecture import Architecture

Status = Literal["complete", "failed", "pruned"]
SplitName = Literal["selection", "test"]
# Gets the epoch (1, 2, ...) and the accuracy after it; True stops the training.
OnEpoch = Callable[[int, float], bool]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One network, judged once.

    ``accuracy`` is from 0 to 1, ``log_loss`` the mean natural one (lower is better);
    both are None for a failed evaluation, and ``reason`` says why. ``seconds`` is all
    the time it took, ``n_images`` the training images shown, repeats counted.
    """

    status: Status
    accuracy: float | None
    log_loss: float | None
    seconds: float
    epochs: int
    seed: int
    n_images: int
    reason: str = ""

    def __post_init__(self) -> None:
        scores = (self.accuracy, self.log_loss)
        if self.status == "failed":
            is_sound = scores == (None, None) and bool(self.reason)
        else:
            is_sound = all(score is not None and math.isfinite(score) for score in scores)
        if not is_sound:
            msg = f"a {self.status} evaluation cannot hold {scores} with reason {self.reason!r}"
            raise ValueError(msg)


class Evaluator(Protocol):
    """Judges architectures: the same architecture and seed give the same numbers on a CPU."""

    def __call__(
        self,
        architecture: Architecture,
        *,
        seed: int,
        split: SplitName = "selection",
        resolution: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        """Accuracy and log loss on ``split``; ``resolution`` in proxy pixels, None: the setting."""
        ...

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

    ``accuracy`` is from 0 to 1, ``log_loss`` the mean natural one (lower is better), None
    where the evaluator knows none. ``score`` is what an evaluator gives that measures no
    accuracy at all: any finite number, higher is better. A complete evaluation has an
    accuracy or a score, a failed one has neither, and ``reason`` says why. ``seconds`` is
    all the time it took, ``n_images`` the training images shown, repeats counted.
    """

    status: Status
    accuracy: float | None
    log_loss: float | None
    seconds: float
    epochs: int
    seed: int
    n_images: int
    reason: str = ""
    score: float | None = None

    def __post_init__(self) -> None:
        values = (self.accuracy, self.log_loss, self.score)
        if self.status == "failed":
            is_sound = values == (None, None, None) and bool(self.reason)
        else:
            is_finite = all(value is None or math.isfinite(value) for value in values)
            is_sound = is_finite and (self.accuracy is None) != (self.score is None)
        if not is_sound:
            msg = f"a {self.status} evaluation cannot hold {values} with reason {self.reason!r}"
            raise ValueError(msg)

    @property
    def merit(self) -> float | None:
        """What orders networks: the accuracy, or the score where there is none."""
        return self.accuracy if self.score is None else self.score


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
        """What is known of it on ``split``; ``resolution`` in proxy pixels, None: the setting."""
        ...

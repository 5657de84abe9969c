"""A finished trial, as it goes to disk."""

from collections.abc import Sequence
from typing import Literal

from mbscale.strict_dataclass import strict_dataclass

TrialState = Literal["complete", "failed", "infeasible", "duplicate", "pruned"]


@strict_dataclass
class Record:
    """What is known of one trial; what was not measured is None.

    ``architecture`` is a timm-style string, ``choices`` hold (name, realized value) in the order
    of the search space, costs are those at the target resolution, ``accuracy`` goes from 0 to 1,
    and ``reason`` says why a trial is not complete, or is empty. ``score`` is what an
    evaluator gave that measures no accuracy; higher is better.
    """

    number: int
    state: TrialState
    key: str
    architecture: str
    choices: tuple[tuple[str, int | float | str], ...]
    macs: int
    params: int
    activations: int
    accuracy: float | None
    log_loss: float | None
    reward: float | None
    seconds: float | None
    epochs: int | None
    seed: int
    reason: str
    score: float | None = None
    # In bytes (int8). None in tables from before it was counted.
    peak_memory: int | None = None

    @property
    def merit(self) -> float | None:
        """What orders the networks of a run: the accuracy, or the score where there is none."""
        return self.accuracy if self.score is None else self.score

    @property
    def is_evaluated(self) -> bool:
        """Whether the trial was paid for: trained to the end, pruned or failed."""
        return self.state in ("complete", "pruned", "failed")

    @property
    def lacks(self) -> str:
        """What a complete trial must have and this one has not; empty for a sound record."""
        if self.state != "complete":
            return ""
        if self.merit is None:
            return "accuracy and no score"
        return "reward" if self.reward is None else ""


def find_best(records: Sequence[Record]) -> Record | None:
    """The complete record with the highest reward, the one with the lowest number of equals."""
    complete = [one for one in records if one.state == "complete" and one.reward is not None]
    return max(complete, key=lambda one: (one.reward or 0.0, -one.number), default=None)

"""Settings of stage 2 and of the family that it ends in."""

from dataclasses import field
from typing import Literal

from mbscale.errors import ConfigError
from mbscale.space.candidate_settings import CandidateSettings
from mbscale.space.family import FamilySettings
from mbscale.strict_dataclass import strict_dataclass

__all__ = ["CandidateSettings", "FamilySettings", "Metric", "ScaleSettings"]

Metric = Literal["accuracy", "log_loss"]


@strict_dataclass
class ScaleSettings:
    """How stage 2 finds the scaling constants."""

    # Which networks are compared.
    candidates: CandidateSettings = field(default_factory=CandidateSettings)
    # What ranks them; log loss is less noisy where accuracies are close together.
    metric: Metric = "accuracy"
    # Networks trained at most, controls included; the ones that lie farthest apart are
    # taken from a longer list. At least 2.
    max_candidates: int = 16
    # Each round trains the survivors once more with a fresh seed and keeps the better half.
    # This many reach the last round, with the best single dimension and the best compound
    # network always among them. At least 2.
    n_finalists: int = 4
    # Seeds of the finalists, 3 to 100: fewer tell little of the noise.
    n_seeds: int = 3
    # Train the best constants again at phi = 2, where a candidate costs the square of
    # the multiple, before they are fixed. With phi_search 2 all were trained there already.
    confirm_phi_2: bool = True
    # Constants that are compared at phi = 2, beside the best single dimension. 1 to 10.
    n_confirmed: int = 2

    def __post_init__(self) -> None:
        _require(self.max_candidates, 2, 10_000, name="max_candidates")
        _require(self.n_finalists, 2, 10_000, name="n_finalists")
        _require(self.n_seeds, 3, 100, name="n_seeds")
        _require(self.n_confirmed, 1, 10, name="n_confirmed")

    @property
    def has_confirmation(self) -> bool:
        """Whether constants are trained again at phi = 2."""
        return self.confirm_phi_2 and self.candidates.phi_search == 1

    @property
    def n_confirmations(self) -> int:
        """Trainings at phi = 2, at most: two contenders may come down to one network."""
        return (self.n_confirmed + 1) * self.n_seeds * self.has_confirmation


def _require(value: int, low: int, high: int, *, name: str) -> None:
    if not low <= value <= high:
        msg = f"{name} must be from {low} to {high}; got {value}"
        raise ConfigError(msg)

"""Settings of stage 2 and of the family that it ends in."""

from dataclasses import field
from typing import Annotated

from pydantic import Field

from mbscale.search.settings import Metric
from mbscale.space.candidate_settings import CandidateSettings
from mbscale.space.family import FamilySettings
from mbscale.strict_dataclass import settings_dataclass

__all__ = ["CandidateSettings", "FamilySettings", "Metric", "ScaleSettings"]


@settings_dataclass
class ScaleSettings:
    """How the scaling constants are found."""

    candidates: CandidateSettings = field(default_factory=CandidateSettings)
    metric: Annotated[
        Metric,
        Field(
            description="Quality that ranks the scaled networks; log_loss is less noisy where "
            "accuracies are close together."
        ),
    ] = "accuracy"
    max_candidates: Annotated[
        int,
        Field(
            ge=2,
            le=10_000,
            description="Scaled networks to train at most, controls included; of a longer list "
            "those farthest apart are taken.",
        ),
    ] = 16
    n_finalists: Annotated[
        int,
        Field(
            ge=2,
            le=10_000,
            description="Networks in the last round. Each round trains the remaining networks "
            "with a new seed and keeps the better half; the best network scaled in one dimension "
            "and the best compound one always stay.",
        ),
    ] = 4
    n_seeds: Annotated[
        int,
        Field(
            ge=3,
            le=100,
            description="Trainings per finalist, each with its own seed. More give narrower "
            "intervals.",
        ),
    ] = 3
    confirm_phi_2: Annotated[
        bool,
        Field(
            description="Train the best constants again at phi = 2, at the square of the cost "
            "multiple, before they are final. No effect where candidates.phi_search is 2."
        ),
    ] = True
    n_confirmed: Annotated[
        int,
        Field(
            ge=1,
            le=10,
            description="Sets of constants to compare at phi = 2, besides the best network scaled "
            "in one dimension.",
        ),
    ] = 2

    @property
    def has_confirmation(self) -> bool:
        """Whether constants are trained again at phi = 2."""
        return self.confirm_phi_2 and self.candidates.phi_search == 1

    @property
    def n_confirmations(self) -> int:
        """Trainings at phi = 2, at most: two contenders may come down to one network."""
        return (self.n_confirmed + 1) * self.n_seeds * self.has_confirmation

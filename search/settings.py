"""How the space is searched and the winner confirmed."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import ConfigDict

from mbscale.errors import ConfigError
from mbscale.strict_yaml import STRICT

RewardKind = Literal["soft", "hard", "absolute"]
SamplerName = Literal["tpe", "nsga2", "gp", "random"]


def _require(value: object, allowed: object, *, is_met: bool, name: str) -> None:
    if not is_met:
        msg = f"{name} must be {allowed}; got {value!r}"
        raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class ObjectiveSettings:
    """What a trial is worth; MACs are those at the target resolution and class count."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    # soft: accuracy * (macs / target_macs) ** exponent (MnasNet, EfficientNet).
    # hard: the same above target_macs with exponent -1, and accuracy alone below it.
    # absolute: accuracy + absolute_weight * |macs / target_macs - 1| (TuNAS).
    kind: RewardKind = "soft"
    target_macs: float = 400e6
    exponent: float = -0.07
    absolute_weight: float = -0.07
    # Networks outside are not trained; None: no bound.
    min_macs: float | None = None
    max_macs: float | None = None

    def __post_init__(self) -> None:
        _require(self.target_macs, "above 0", is_met=self.target_macs > 0, name="target_macs")
        for name in ("exponent", "absolute_weight"):
            value = getattr(self, name)
            _require(value, "from -10 to 0", is_met=-10 <= value <= 0, name=name)
        low, high = self.min_macs or 0, self.max_macs
        _require(low, "at least 0", is_met=low >= 0, name="min_macs")
        _require(high, "above min_macs", is_met=high is None or high > low, name="max_macs")


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """Stage 1."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    # Distinct architectures evaluated in total, those of an earlier part of the run included.
    n_trials: int = 40
    sampler: SamplerName = "tpe"
    # Random proposals before the sampler learns (the population of nsga2).
    n_startup: int = 16
    objective: ObjectiveSettings = field(default_factory=ObjectiveSettings)
    # Processes that evaluate; each uses proxy.training.threads threads.
    n_workers: int = 1
    # Ends the search after this time; None: no end.
    timeout_seconds: float | None = None

    def __post_init__(self) -> None:
        for name, low, high in (
            ("n_trials", 1, 1_000_000),
            ("n_startup", 2, 10_000),
            ("n_workers", 1, 256),
        ):
            value = getattr(self, name)
            _require(value, f"from {low} to {high}", is_met=low <= value <= high, name=name)
        timeout = self.timeout_seconds
        is_met = timeout is None or timeout > 0
        _require(timeout, "above 0, or null", is_met=is_met, name="timeout_seconds")


@dataclass(frozen=True, slots=True)
class ConfirmSettings:
    """The best of stage 1, trained again."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    # MnasNet trains its best 15 in full.
    top_k: int = 15
    # Fresh seeds for each of them.
    n_seeds: int = 2

    def __post_init__(self) -> None:
        for name, low, high in (("top_k", 1, 1000), ("n_seeds", 2, 100)):
            value = getattr(self, name)
            _require(value, f"from {low} to {high}", is_met=low <= value <= high, name=name)

"""Stage 2 with an evaluator whose best constants are known."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from mbscale.proxy.evaluation import Evaluation, OnEpoch, SplitName
from mbscale.search.evaluation_log import EvaluationLog
from mbscale.search.scaling.find_constants import ScalingOutcome, run_scaling
from mbscale.search.scaling.rounds import ScalingTask
from mbscale.search.scaling.settings import ScaleSettings
from mbscale.space.architecture import Architecture, Stage, Stem
from mbscale.space.network import Network, Target
from mbscale.space.published import load_network

B0 = load_network("efficientnet-b0")
TINY = Network(
    "tiny",
    Architecture(Stem(8, stride=2), (Stage("ds", 8, 1), Stage("mbconv", 16, 2, 2, 3, 3)), 32),
    Target(28, 10),
)


@dataclass
class SyntheticEvaluator:
    """Accuracy that falls with the distance from the best division of the cost."""

    baseline: Network
    shares: tuple[float, float, float]
    noise: float = 0.0
    curvature: float = 0.06
    gain: float = 0.02
    reason: Callable[[Architecture], str] = field(default=lambda architecture: "")
    calls: list[tuple[Architecture, int, int | None]] = field(default_factory=list)

    def __call__(
        self,
        architecture: Architecture,
        *,
        seed: int,
        split: SplitName = "selection",
        resolution: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        self.calls.append((architecture, seed, resolution))
        if reason := self.reason(architecture):
            return Evaluation("failed", None, None, 1.0, 1, seed, 100, reason)
        logs = self._logs(architecture, resolution or 0)
        total = math.fsum(logs)
        miss = (
            math.fsum(
                (value / total - share) ** 2 for value, share in zip(logs, self.shares, strict=True)
            )
            if total
            else 0
        )
        lucky = self.noise * np.random.default_rng(seed).standard_normal()
        accuracy = 0.7 + self.gain * total - self.curvature * miss + float(lucky)
        return Evaluation("complete", accuracy, 1.0 - accuracy, 1.0, 1, seed, 100)

    def _logs(self, architecture: Architecture, resolution: int) -> list[float]:
        native = self.baseline.architecture
        pairs = list(zip(architecture.stages, native.stages, strict=True))
        depth = sum(new.depth for new, _ in pairs) / sum(old.depth for _, old in pairs)
        width = math.prod(new.width / old.width for new, old in pairs) ** (1 / len(pairs))
        growth = resolution / self.baseline.target.resolution
        return [math.log2(depth), 2 * math.log2(width), 2 * math.log2(growth)]


def make_scaling_task(baseline: Network = B0, *, seed: int = 0, **settings: object) -> ScalingTask:
    """B0, or another network, with some settings of stage 2."""
    return ScalingTask(
        baseline=baseline,
        settings=replace(ScaleSettings(), **settings),  # type: ignore[arg-type]
        proxy_resolution=baseline.target.resolution,
        epochs=350,
        seed=seed,
    )


def scale_in_memory(task: ScalingTask, evaluator: SyntheticEvaluator) -> ScalingOutcome:
    """Stage 2, nothing on disk."""
    return run_scaling(task, evaluator, EvaluationLog())

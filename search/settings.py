"""How the search is steered, and how its best networks are confirmed."""

from dataclasses import field
from typing import Annotated, Literal

from mbscale.errors import ConfigError
from mbscale.free_settings import FREE
from mbscale.search.screen_settings import ScreenSettings
from mbscale.strict_dataclass import strict_dataclass

ObjectiveKind = Literal["soft", "hard", "absolute"]
Metric = Literal["accuracy", "log_loss"]
SamplerName = Literal["surrogate", "tpe", "nsga2", "gp", "random", "evolution"]
PriorName = Literal["none", "imagenet"]
PrunerName = Literal["none", "pareto", "median", "successive_halving", "hyperband"]
ExecutorName = Literal["auto", "inline", "process", "ray"]

# A target far from what networks have makes rewards that are no numbers.
_MOST_MACS = 1e15

# These follow one number; with two objectives there is none.
SINGLE_OBJECTIVE = ("evolution",)


def _require(value: object, allowed: object, *, is_met: bool, name: str) -> None:
    if not is_met:
        msg = f"{name} must be {allowed}; got {value!r}"
        raise ConfigError(msg)


@strict_dataclass
class ObjectiveSettings:
    """What the search maximizes: the quality of a network, paid for with its MACs.

    With ``q`` for the quality, ``m`` for the MACs and ``T`` for ``target_macs``:

    * soft: ``q * (m / T) ** exponent`` (MnasNet, arXiv:1807.11626, equation 2). ``T`` is
      a constant factor in it, so ``exponent`` alone decides the winner, not the target.
    * hard: ``q`` up to the target, ``q * T / m`` above (the same, exponents 0 and -1).
    * absolute: ``q + beta * abs(m / T - 1)`` (TuNAS, arXiv:2008.06120): pulls towards
      the target from both sides.
    """

    kind: ObjectiveKind = "soft"
    # What quality is. accuracy: the share of right answers. log_loss: exp(-log loss), the
    # geometric mean of the probability given to the true class, also from 0 to 1; it has
    # less noise, so that it orders networks better after a short training.
    metric: Metric = "accuracy"
    # MACs at the target resolution and class count; papers print them as FLOPs.
    target_macs: float = 400e6
    # Of soft; at -0.07 twice the MACs are worth 5 % of the quality.
    exponent: float = -0.07
    # Of absolute; at -0.1 a network 10 % off the target loses 0.01.
    beta: float = -0.1
    # Networks outside are never trained. None: no limit.
    min_macs: float | None = None
    max_macs: float | None = None
    # Quality up and MACs down as two objectives of the sampler. The reward is still
    # computed, and picks the baseline.
    multi_objective: bool = False
    # Limits on other costs, in the same way. Parameters:
    min_params: float | None = None
    max_params: float | None = None
    # Outputs of convolutions, in elements.
    min_activations: float | None = None
    max_activations: float | None = None
    # Peak memory of the activations of one image, in bytes at one per activation (int8):
    # 256e3 is 256 kB. space/peak_memory.py defines what is counted.
    min_peak_memory: float | None = None
    max_peak_memory: float | None = None

    def __post_init__(self) -> None:
        target = self.target_macs
        is_met = 1 <= target <= _MOST_MACS
        _require(target, f"from 1 to {_MOST_MACS:g}", is_met=is_met, name="target_macs")
        exponent, beta = self.exponent, self.beta
        _require(exponent, "from -10 to 0", is_met=-10 <= exponent <= 0, name="exponent")
        _require(beta, "from -10 to below 0", is_met=-10 <= beta < 0, name="beta")
        for cost in ("macs", "params", "activations", "peak_memory"):
            self._check_limits(f"min_{cost}", f"max_{cost}")

    def _check_limits(self, *names: str) -> None:
        limits = {name: getattr(self, name) for name in names}
        for name, limit in limits.items():
            _require(limit, "above 0, or null", is_met=limit is None or limit > 0, name=name)
        low, high = limits.values()
        if low and high and low > high:
            msg = f"{names[0]} {low:g} is above {names[1]} {high:g}"
            raise ConfigError(msg)


@strict_dataclass
class RaySettings:
    """Where the cluster is, and what one training is lent of it."""

    # ray://HOST:10001, HOST:6379, or auto for the cluster that this machine is part of.
    # None: a cluster of this machine alone, for the time of the run.
    address: str | None = None
    cpus_per_trial: float = 1.0
    # Half a GPU lets two trainings share one. At 0 they run on the CPU, also on a machine
    # that has a GPU.
    gpus_per_trial: float = 0.0

    def __post_init__(self) -> None:
        cpus, gpus = self.cpus_per_trial, self.gpus_per_trial
        _require(cpus, "above 0", is_met=cpus > 0, name="cpus_per_trial")
        is_met = 0 <= gpus <= 1 or gpus == int(gpus) > 0
        _require(gpus, "from 0 to 1, or a whole number", is_met=is_met, name="gpus_per_trial")


@strict_dataclass
class SearchSettings:
    """Stage 1: how many networks are tried, and who proposes them."""

    # pareto: a training ends early when it can no longer reach the front of accuracy and MACs
    # (search/pruning/pareto_pruning.py). median, successive_halving, hyperband: Optuna's, which
    # compare the reward after an epoch with that of other trials, and may stop what would have
    # reached the front. Accuracy is then measured after every epoch. none: never.
    pruner: PrunerName = "none"
    # Of pareto: after each epoch it stops a training whose chance to reach the front is lower.
    # More saves time and loses points of the front (docs/scaling-out.md).
    pruner_risk: float = 0.02
    # Distinct networks trained in total, those that failed included; a resumed search
    # counts the ones it already has.
    n_trials: Annotated[int, FREE] = 40
    sampler: SamplerName = "surrogate"
    # What surrogate expects before any measurement. imagenet: what public records of ImageNet
    # say, as far as the measurements agree. none: nothing.
    prior: PriorName = "none"
    screen: ScreenSettings = field(default_factory=ScreenSettings)
    objective: ObjectiveSettings = field(default_factory=ObjectiveSettings)
    # Random trials before a model (tpe, gp) is asked; surrogate needs four.
    n_startup: int = 10
    # Of nsga2 and evolution (the paper of the latter uses 100, of runs of 20,000).
    population_size: int = 20
    # Proposals in a row that were known, or outside the limits, before the driver draws
    # a new member of the space by chance.
    max_useless: int = 20
    # Evaluations at once; each uses proxy.training.threads threads.
    n_workers: Annotated[int, FREE] = 1
    # inline: in this process, one at a time. process: in n_workers processes. ray: on a
    # cluster, n_workers at a time.
    # auto: inline for one worker without limits, processes otherwise.
    executor: Annotated[ExecutorName, FREE] = "auto"
    ray: Annotated[RaySettings, FREE] = field(default_factory=RaySettings)
    # No trial starts after this many seconds; those that run are finished. None: no limit.
    timeout_seconds: Annotated[float | None, FREE] = None
    # A training without a result after this many seconds is ended and has failed; the first
    # one of a worker loads the images, too. None: no limit.
    trial_timeout_seconds: Annotated[float | None, FREE] = None
    # A worker process that holds more is ended, and its trial has failed. None: no limit.
    max_memory_gib: Annotated[float | None, FREE] = None
    # How often a trial is tried again after its worker process died.
    max_retries: Annotated[int, FREE] = 1
    # Trials failing in a row that end the search: then something else is wrong.
    max_failures: Annotated[int, FREE] = 10

    def __post_init__(self) -> None:
        least = {
            "n_trials": 1, "n_startup": 1, "population_size": 2, "max_useless": 1,
            "n_workers": 1, "max_retries": 0, "max_failures": 1,
        }  # fmt: skip
        for name, smallest in least.items():
            value = getattr(self, name)
            _require(value, f"at least {smallest}", is_met=value >= smallest, name=name)
        for name in ("timeout_seconds", "trial_timeout_seconds", "max_memory_gib"):
            limit = getattr(self, name)
            _require(limit, "above 0, or null", is_met=limit is None or limit > 0, name=name)
        risk = self.pruner_risk
        _require(risk, "above 0 and below 0.5", is_met=0 < risk < 0.5, name="pruner_risk")
        self._check_together()

    def _check_together(self) -> None:
        if self.objective.multi_objective and self.sampler in SINGLE_OBJECTIVE:
            msg = (
                f"sampler {self.sampler!r} follows one objective; "
                "use surrogate, tpe, nsga2, gp or random with multi_objective: true"
            )
            raise ConfigError(msg)
        if self.prior != "none" and self.sampler != "surrogate":
            msg = f"prior {self.prior!r} needs sampler: surrogate; got {self.sampler!r}"
            raise ConfigError(msg)
        if self.screen.n_networks and self.sampler != "surrogate":
            msg = f"search.screen needs sampler: surrogate, which uses it; got {self.sampler!r}"
            raise ConfigError(msg)
        if self.pruner not in ("none", "pareto") and self.objective.multi_objective:
            msg = (
                f"pruner {self.pruner!r} follows one reward and would stop small networks of the "
                "front; use pareto or none with multi_objective: true"
            )
            raise ConfigError(msg)
        if self.pruner != "none" and self.objective.metric != "accuracy":
            msg = f"pruner {self.pruner!r} sees accuracies alone; it needs metric: accuracy"
            raise ConfigError(msg)
        if self.executor == "inline" and self.n_workers > 1:
            msg = (
                f"n_workers {self.n_workers} needs executor: process or ray; inline has one worker"
            )
            raise ConfigError(msg)
        if self.executor == "inline" and (self.trial_timeout_seconds or self.max_memory_gib):
            msg = (
                "trial_timeout_seconds and max_memory_gib need executor: process or ray; "
                "inline cannot end a training"
            )
            raise ConfigError(msg)


@strict_dataclass
class ConfirmSettings:
    """The best of the search, trained again with fresh seeds."""

    # Networks with the highest reward; MnasNet confirms 15.
    top_k: int = 15
    # Trainings of each.
    n_seeds: int = 2
    # Of the intervals and of the tied set.
    confidence: float = 0.95

    def __post_init__(self) -> None:
        _require(self.top_k, "at least 1", is_met=self.top_k >= 1, name="top_k")
        allowed = "at least 2, so that the spread of seeds can be estimated"
        _require(self.n_seeds, allowed, is_met=self.n_seeds >= 2, name="n_seeds")
        level = self.confidence
        _require(level, "above 0.5 and below 1", is_met=0.5 < level < 1, name="confidence")

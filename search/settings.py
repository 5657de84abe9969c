"""How the search is steered, and how its best networks are confirmed."""

from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field

from mbscale.errors import ConfigError
from mbscale.free_settings import FREE
from mbscale.search.screen_settings import ScreenSettings
from mbscale.strict_dataclass import settings_dataclass

ObjectiveKind = Literal["soft", "hard", "absolute"]
Metric = Literal["accuracy", "log_loss"]
SamplerName = Literal["surrogate", "tpe", "nsga2", "gp", "random", "evolution"]
PriorName = Literal["none", "imagenet"]
PrunerName = Literal["none", "pareto", "median", "successive_halving", "hyperband"]
ExecutorName = Literal["auto", "inline", "process", "ray"]

# Far beyond any network, rewards would overflow.
_MOST_MACS = 1e15

# These follow a single reward, which multi_objective does not give.
SINGLE_OBJECTIVE = ("evolution",)


@settings_dataclass
class ObjectiveSettings:
    """What the search maximizes: the quality of a network, paid for with its MACs.

    With ``q`` for the quality, ``m`` for the MACs and ``T`` for ``target_macs``:

    * soft: ``q * (m / T) ** exponent`` (MnasNet, arXiv:1807.11626, equation 2). ``T`` is
      a constant factor in it, so ``exponent`` alone decides the winner, not the target.
    * hard: ``q`` up to the target, ``q * T / m`` above (the same, exponents 0 and -1).
    * absolute: ``q + beta * abs(m / T - 1)`` (TuNAS, arXiv:2008.06120): pulls towards
      the target from both sides.
    """

    kind: Annotated[
        ObjectiveKind,
        Field(
            description="How quality and MACs become one reward. soft: every MAC counts, by "
            "exponent. hard: MACs count only above target_macs. absolute: distance from "
            "target_macs counts on both sides, by beta."
        ),
    ] = "soft"
    metric: Annotated[
        Metric,
        Field(
            description="Quality of a network. accuracy: share of correct answers. log_loss: "
            "exp(-log loss), the geometric mean of the probability of the true class, also from 0 "
            "to 1; it is less noisy and orders networks better after short trainings."
        ),
    ] = "accuracy"
    target_macs: Annotated[
        float,
        Field(
            ge=1,
            le=_MOST_MACS,
            description="Multiply-accumulates to aim for, counted at the target's resolution and "
            "classes; papers print them as FLOPs.",
        ),
    ] = 400e6
    exponent: Annotated[
        float,
        Field(
            ge=-10,
            le=0,
            description="Price of MACs in soft: at -0.07, twice the MACs cost 5 % of the quality. "
            "A lower exponent finds smaller networks.",
        ),
    ] = -0.07
    beta: Annotated[
        float,
        Field(
            ge=-10,
            lt=0,
            description="Price of missing the target in absolute: at -0.1, a network 10 % off "
            "target_macs loses 0.01. A lower beta finds networks closer to the target.",
        ),
    ] = -0.1
    min_macs: Annotated[
        float | None,
        Field(
            gt=0,
            description="Networks with fewer MACs are never trained; null sets no limit.",
        ),
    ] = None
    max_macs: Annotated[
        float | None,
        Field(
            gt=0,
            description="Networks with more MACs are never trained; null sets no limit.",
        ),
    ] = None
    multi_objective: Annotated[
        bool,
        Field(
            description="Give the sampler two objectives, quality up and MACs down, in place of "
            "the reward. The baseline is still the network with the highest reward."
        ),
    ] = False

    min_params: Annotated[
        float | None,
        Field(
            gt=0,
            description="Networks with fewer parameters are never trained; null sets no limit.",
        ),
    ] = None
    max_params: Annotated[
        float | None,
        Field(
            gt=0,
            description="Networks with more parameters are never trained; null sets no limit.",
        ),
    ] = None
    min_activations: Annotated[
        float | None,
        Field(
            gt=0,
            description="Networks with fewer activations (outputs of convolutions) are never "
            "trained; null sets no limit.",
        ),
    ] = None
    max_activations: Annotated[
        float | None,
        Field(
            gt=0,
            description="Networks with more activations (outputs of convolutions) are never "
            "trained; null sets no limit.",
        ),
    ] = None
    min_peak_memory: Annotated[
        float | None,
        Field(
            gt=0,
            description="Networks with less peak memory are never trained; null sets no limit. In "
            "bytes of the activations of one image, at one byte each (int8): 256e3 is 256 kB.",
        ),
    ] = None
    max_peak_memory: Annotated[
        float | None,
        Field(
            gt=0,
            description="Networks with more peak memory are never trained; null sets no limit. In "
            "bytes of the activations of one image, at one byte each (int8): 256e3 is 256 kB.",
        ),
    ] = None

    def __post_init__(self) -> None:
        for cost in ("macs", "params", "activations", "peak_memory"):
            self._check_limits(f"min_{cost}", f"max_{cost}")

    def _check_limits(self, *names: str) -> None:
        low, high = (getattr(self, name) for name in names)
        if low and high and low > high:
            msg = f"{names[0]} {low:g} is above {names[1]} {high:g}"
            raise ConfigError(msg)


@settings_dataclass
class RaySettings:
    """Where the Ray cluster is, and what each training gets of it."""

    address: Annotated[
        str | None,
        Field(
            description="Address of the cluster: ray://HOST:10001, HOST:6379, or auto for the one "
            "that this machine belongs to. null starts a cluster on this machine for the time of "
            "the run."
        ),
    ] = None
    cpus_per_trial: Annotated[float, Field(gt=0, description="CPU cores per training.")] = 1.0
    gpus_per_trial: Annotated[
        float,
        Field(
            ge=0,
            description="GPUs per training: a share up to 1, so that 0.5 lets two trainings share "
            "one, or a whole number. At 0 trainings run on the CPU, even on a machine with a GPU.",
        ),
    ] = 0.0

    def __post_init__(self) -> None:
        gpus = self.gpus_per_trial
        if gpus > 1 and gpus != int(gpus):
            msg = f"gpus_per_trial must be from 0 to 1, or a whole number; got {gpus!r}"
            raise ConfigError(msg)


@settings_dataclass
class SearchSettings:
    """How many networks the search trains, and how it chooses them."""

    pruner: Annotated[
        PrunerName,
        Field(
            description="Ends unpromising trainings early; accuracy is then measured after every "
            "epoch. pareto: when a network can no longer reach the front of accuracy and MACs. "
            "median, successive_halving, hyperband: Optuna's, which compare rewards at the same "
            "epoch and may stop networks of the front. none: never."
        ),
    ] = "none"
    pruner_risk: Annotated[
        float,
        Field(
            gt=0,
            lt=0.5,
            description="pareto ends a training whose probability of reaching the front falls "
            "below this. A higher risk saves time and loses networks of the front.",
        ),
    ] = 0.02
    n_trials: Annotated[
        int,
        FREE,
        Field(
            ge=1,
            description="Distinct networks to train in total, failed ones included; a resumed "
            "search counts those it already has. More trials find better networks.",
        ),
    ] = 40
    sampler: Annotated[
        SamplerName,
        Field(
            description="Chooses the networks to train. surrogate learns a model of accuracy "
            "and knows the cost of every network; tpe, nsga2 and gp are Optuna's; evolution is "
            "regularized evolution; random is the baseline to compare with."
        ),
    ] = "surrogate"
    prior: Annotated[
        PriorName,
        Field(
            description="What surrogate expects before any training. imagenet: the ranking of "
            "public ImageNet records, as far as the trainings confirm it. none: nothing."
        ),
    ] = "none"
    screen: ScreenSettings = field(default_factory=ScreenSettings)
    objective: ObjectiveSettings = field(default_factory=ObjectiveSettings)
    n_startup: Annotated[
        int,
        Field(
            ge=1,
            description="Random trials before tpe or gp uses its model; surrogate always needs "
            "four.",
        ),
    ] = 10
    population_size: Annotated[
        int,
        Field(
            ge=2,
            description="Networks that nsga2 and evolution keep. Larger populations pay in "
            "searches of thousands of trials.",
        ),
    ] = 20
    max_useless: Annotated[
        int,
        Field(
            ge=1,
            description="Consecutive proposals, already known or outside the limits, after which "
            "a network is drawn at random.",
        ),
    ] = 20
    n_workers: Annotated[
        int,
        FREE,
        Field(
            ge=1,
            description="Trainings at the same time; each uses proxy.training.threads threads. "
            "Set it to the number of cores.",
        ),
    ] = 1
    executor: Annotated[
        ExecutorName,
        FREE,
        Field(
            description="Where trainings run. inline: in this process, one at a time. process: in "
            "n_workers processes. ray: on a cluster, n_workers at a time. auto: inline for one "
            "worker without limits on time or memory, process otherwise."
        ),
    ] = "auto"
    ray: Annotated[RaySettings, FREE] = field(default_factory=RaySettings)
    timeout_seconds: Annotated[
        float | None,
        FREE,
        Field(
            gt=0,
            description="No trial starts after this many seconds; running ones finish. null sets "
            "no limit.",
        ),
    ] = None
    trial_timeout_seconds: Annotated[
        float | None,
        FREE,
        Field(
            gt=0,
            description="A trial that takes longer is stopped and counts as failed. The first one "
            "of each worker also loads the images; null sets no limit.",
        ),
    ] = None
    max_memory_gib: Annotated[
        float | None,
        FREE,
        Field(
            gt=0,
            description="A worker process that uses more memory, in GiB, is stopped and its trial "
            "counts as failed; null sets no limit.",
        ),
    ] = None
    max_retries: Annotated[
        int,
        FREE,
        Field(ge=0, description="New attempts at a trial whose worker process died."),
    ] = 1
    max_failures: Annotated[
        int,
        FREE,
        Field(
            ge=1,
            description="Consecutive failed trials that end the search, because something other "
            "than the networks must be wrong.",
        ),
    ] = 10

    def __post_init__(self) -> None:
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


@settings_dataclass
class ConfirmSettings:
    """How the best networks of the search are trained again with new seeds."""

    top_k: Annotated[
        int,
        Field(
            ge=1,
            description="Networks with the highest reward to train again; MnasNet confirms 15. "
            "The noisier the proxy, the more are needed.",
        ),
    ] = 15
    n_seeds: Annotated[
        int,
        Field(
            ge=2,
            description="Trainings per network, each with its own seed. More give narrower "
            "intervals; two are needed to estimate the spread.",
        ),
    ] = 2
    confidence: Annotated[
        float,
        Field(
            gt=0.5,
            lt=1,
            description="Confidence level of the intervals and of the set of networks that are "
            "tied with the best.",
        ),
    ] = 0.95

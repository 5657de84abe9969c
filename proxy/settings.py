"""How networks are judged: the images, the training, the strides."""

import re
from dataclasses import field, replace
from typing import Annotated, Literal

from mbscale.errors import ConfigError
from mbscale.free_settings import FREE
from mbscale.proxy.supernet_settings import SupernetSettings
from mbscale.proxy.zero_cost_settings import ZeroCostSettings
from mbscale.strict_dataclass import strict_dataclass

DatasetName = Literal["fashion_mnist", "npz", "cifar10", "image_folder"]
OptimizerName = Literal["adamw", "sgd", "rmsprop"]
ScheduleName = Literal["one_cycle", "cosine"]
EvaluatorName = Literal["train", "zero_cost", "supernet", "table"]

# Evaluators that know an accuracy or a score alone.
WITHOUT_LOG_LOSS: frozenset[EvaluatorName] = frozenset({"zero_cost", "table"})

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


def _require(value: object, allowed: object, *, is_met: bool, name: str) -> None:
    if not is_met:
        msg = f"{name} must be {allowed}; got {value!r}"
        raise ConfigError(msg)


@strict_dataclass
class DataSettings:
    """Which images, and how they are divided into train, selection and test."""

    name: DatasetName = "fashion_mnist"
    # The file (npz, cifar10) or the folder (image_folder); fashion_mnist is in the package.
    path: Annotated[str | None, FREE] = None
    # Held out of the training images; None: half of them, at most 5,000.
    n_selection: int | None = None
    # None: every training image that the selection split leaves.
    n_train: int | None = None
    # None: the whole test split.
    n_test: int | None = None
    # Which images are held out; another seed is another experiment.
    split_seed: int = 0
    # Photos and compressed images are cut to a square of this side in pixels when they
    # are decoded; None keeps the size of a set whose images are square and of one size.
    image_size: int | None = None
    # Decoded images are kept here, relative to the current folder.
    cache: Annotated[str, FREE] = "runs/image-cache"
    # Mirrors half of the training images; wrong for digits, letters and shoes that all
    # point the same way. Augmentation pays in longer trainings only.
    flip: bool = False
    # Training images move up to this many pixels, black at the border; 0: not at all.
    crop_padding: int = 0

    def __post_init__(self) -> None:
        for name in ("n_selection", "n_train", "n_test", "image_size"):
            value = getattr(self, name)
            _require(value, "at least 1, or null", is_met=value is None or value >= 1, name=name)
        _require(self.split_seed, "at least 0", is_met=self.split_seed >= 0, name="split_seed")
        padding = self.crop_padding
        _require(padding, "from 0 to 32", is_met=0 <= padding <= 32, name="crop_padding")
        if (self.path is None) != (self.name == "fashion_mnist"):
            needs = "is in the package and takes no path" if self.path else "needs a path"
            msg = f"the data set {self.name!r} {needs}; got path {self.path!r}"
            raise ConfigError(msg)
        if self.name == "fashion_mnist" and self.image_size:
            msg = "fashion_mnist takes no image_size: proxy.resolution scales its 28 pixels"
            raise ConfigError(msg)


@strict_dataclass
class TrainingSettings:
    """The recipe that every network is trained with."""

    # Times that every training image is shown.
    epochs: int = 3
    # Small batches take more steps an epoch, and large networks need the steps most.
    batch_size: int = 64
    optimizer: OptimizerName = "adamw"
    # The peak of the schedule.
    learning_rate: float = 0.005
    # Not applied to batch norm and biases.
    weight_decay: float = 0.05
    # Of sgd (Nesterov) and rmsprop.
    momentum: float = 0.9
    schedule: ScheduleName = "one_cycle"
    # The share of the steps that the rate rises.
    warmup: float = 0.3
    label_smoothing: float = 0.0
    # Residual branches start at zero, so that deep networks do not start behind.
    zero_init_residual: bool = True
    # Replaces the architecture's own in the proxy: 0.01 needs more steps than a short
    # training has. None keeps the architecture's.
    bn_momentum: float | None = 0.1
    # Mixed precision in bfloat16: true on CUDA alone, everywhere on the CPU too, which pays
    # where it computes in bfloat16 (avx512_bf16).
    amp: bool | Literal["everywhere"] = True
    # CPU threads of one training; several processes of one thread are faster.
    threads: Annotated[int, FREE] = 1

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "threads"):
            value = getattr(self, name)
            _require(value, "at least 1", is_met=value >= 1, name=name)
        _require(self.threads, "at most 1024", is_met=self.threads <= 1024, name="threads")
        rate = self.learning_rate
        _require(rate, "above 0", is_met=rate > 0, name="learning_rate")
        decay = self.weight_decay
        _require(decay, "at least 0", is_met=decay >= 0, name="weight_decay")
        for name in ("momentum", "label_smoothing"):
            value = getattr(self, name)
            _require(value, "from 0 to below 1", is_met=0 <= value < 1, name=name)
        _require(self.warmup, "from 0 to 1", is_met=0 <= self.warmup <= 1, name="warmup")
        momentum = self.bn_momentum
        is_met = momentum is None or 0 < momentum <= 1
        _require(momentum, "above 0 and at most 1, or null", is_met=is_met, name="bn_momentum")


@strict_dataclass
class TableSettings:
    """Where recorded accuracies are."""

    # A CSV file with the columns of Accel-NASBench or of NAS-Bench-Macro.
    path: Annotated[str | None, FREE] = None


@strict_dataclass
class ProxySettings:
    """The cheap task that stands for the target."""

    # train: short training. zero_cost: a score of the untrained network, which is no accuracy.
    # supernet: one network with shared weights, trained once.
    # table: recorded accuracies.
    evaluator: EvaluatorName = "train"
    data: DataSettings = field(default_factory=DataSettings)
    # Pixels that the networks see; None: the images' own.
    resolution: int | None = None
    # Small images need less striding than the target; None: the architecture's own.
    stem_stride: int | None = None
    # One number a stage.
    stage_strides: tuple[int, ...] | None = None
    # Widths are multiplied by this; 1 trains the network as it is.
    width_factor: float = 1.0
    training: TrainingSettings = field(default_factory=TrainingSettings)
    zero_cost: ZeroCostSettings = field(default_factory=ZeroCostSettings)
    supernet: SupernetSettings = field(default_factory=SupernetSettings)
    table: TableSettings = field(default_factory=TableSettings)
    # What validate-proxy wrote of this proxy. None: the file of the same name in the folder
    # certificates beside the settings, where it is of this proxy.
    certificate: Annotated[str | None, FREE] = None
    # auto: CUDA where there is one, otherwise the CPU; or cpu, cuda, cuda:1, mps.
    device: Annotated[str, FREE] = "auto"

    def __post_init__(self) -> None:
        resolution = self.resolution
        is_met = resolution is None or 8 <= resolution <= 65_536
        _require(resolution, "from 8 to 65536, or null", is_met=is_met, name="resolution")
        strides = (self.stem_stride, *(self.stage_strides or ()))
        is_met = all(stride in (None, 1, 2) for stride in strides)
        _require(strides, "1 or 2", is_met=is_met, name="stem_stride and stage_strides")
        factor = self.width_factor
        _require(factor, "above 0 and at most 8", is_met=0 < factor <= 8, name="width_factor")
        is_met = _DEVICE.fullmatch(self.device) is not None
        _require(self.device, "auto, cpu, mps, cuda or cuda:N", is_met=is_met, name="device")

    def as_training(self) -> "ProxySettings":
        """The same with short training: what confirms and scales is an accuracy."""
        return replace(self, evaluator="train")

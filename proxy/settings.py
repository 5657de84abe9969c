"""How networks are judged: the images, the training, the strides."""

import re
from dataclasses import field, replace
from typing import Annotated, Literal

from pydantic import Field

from mbscale.errors import ConfigError
from mbscale.free_settings import FREE
from mbscale.proxy.supernet_settings import SupernetSettings
from mbscale.proxy.zero_cost_settings import ZeroCostSettings
from mbscale.strict_dataclass import settings_dataclass

DatasetName = Literal["fashion_mnist", "npz", "cifar10", "image_folder"]
OptimizerName = Literal["adamw", "sgd", "rmsprop"]
ScheduleName = Literal["one_cycle", "cosine"]
EvaluatorName = Literal["train", "zero_cost", "supernet", "table"]

# Evaluators that know an accuracy or a score alone.
WITHOUT_LOG_LOSS: frozenset[EvaluatorName] = frozenset({"zero_cost", "table"})

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


@settings_dataclass
class DataSettings:
    """Which images are used, and how they are split into training, selection and test."""

    name: Annotated[
        DatasetName,
        Field(
            description="Kind of image set. fashion_mnist is in the package; npz and cifar10 are "
            "one file of arrays or compressed images; image_folder is a folder with one folder "
            "per class."
        ),
    ] = "fashion_mnist"
    path: Annotated[
        str | None,
        FREE,
        Field(
            description="File (npz, cifar10) or folder (image_folder) with the images; null for "
            "fashion_mnist."
        ),
    ] = None
    n_selection: Annotated[
        int | None,
        Field(
            ge=1,
            description="Training images held out to compare networks on. More images give less "
            "noisy accuracies and leave fewer to train on; null holds out half of them, at most "
            "5,000.",
        ),
    ] = None
    n_train: Annotated[
        int | None,
        Field(
            ge=1,
            description="Images to train on. Fewer make each training faster and its accuracy less "
            "telling; null takes all that the selection split leaves.",
        ),
    ] = None
    n_test: Annotated[
        int | None,
        Field(
            ge=1,
            description="Test images, used only for final accuracies; null takes the whole test "
            "split.",
        ),
    ] = None
    split_seed: Annotated[
        int,
        Field(
            ge=0,
            description="Seed that chooses which images are held out. Accuracies from different "
            "splits are not comparable.",
        ),
    ] = 0
    image_size: Annotated[
        int | None,
        Field(
            ge=1,
            description="Side in pixels of the square that photos and compressed images are "
            "cropped to when decoded; null keeps the size, for sets of equally large squares.",
        ),
    ] = None
    cache: Annotated[
        str,
        FREE,
        Field(description="Folder for decoded images, relative to the current one."),
    ] = "runs/image-cache"
    flip: Annotated[
        bool,
        Field(
            description="Mirror each training image at random. Helps trainings of many epochs; "
            "wrong where left and right matter, as for digits, letters, or shoes that all point "
            "the same way."
        ),
    ] = False
    crop_padding: Annotated[
        int,
        Field(
            ge=0,
            le=32,
            description="Shift each training image at random by up to this many pixels, with black "
            "at the border. Helps trainings of many epochs; 0 turns it off.",
        ),
    ] = 0

    def __post_init__(self) -> None:
        if (self.path is None) != (self.name == "fashion_mnist"):
            needs = "is in the package and takes no path" if self.path else "needs a path"
            msg = f"the data set {self.name!r} {needs}; got path {self.path!r}"
            raise ConfigError(msg)
        if self.name == "fashion_mnist" and self.image_size:
            msg = "fashion_mnist takes no image_size: proxy.resolution scales its 28 pixels"
            raise ConfigError(msg)


@settings_dataclass
class TrainingSettings:
    """The recipe that every network is trained with."""

    epochs: Annotated[
        int,
        Field(
            ge=1,
            description="Passes over the training images. More epochs order networks more "
            "reliably; time grows in proportion.",
        ),
    ] = 3
    batch_size: Annotated[
        int,
        Field(
            ge=1,
            description="Images per step. Short trainings favor small batches: they take more "
            "steps per epoch, which large networks need most.",
        ),
    ] = 64
    optimizer: Annotated[OptimizerName, Field(description="Rule that updates the weights.")] = (
        "adamw"
    )
    learning_rate: Annotated[
        float, Field(gt=0, description="Peak learning rate of the schedule.")
    ] = 0.005
    weight_decay: Annotated[
        float,
        Field(ge=0, description="Weight decay; batch norm and biases have none."),
    ] = 0.05
    momentum: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="Momentum of sgd (Nesterov) and rmsprop; adamw ignores it.",
        ),
    ] = 0.9
    schedule: Annotated[
        ScheduleName,
        Field(
            description="Course of the learning rate. one_cycle rises and falls as half a cosine "
            "wave; cosine rises in a straight line and falls as half a cosine wave."
        ),
    ] = "one_cycle"
    warmup: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Share of all steps during which the learning rate rises to its peak.",
        ),
    ] = 0.3
    label_smoothing: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="Share of the target probability that is spread evenly over all classes.",
        ),
    ] = 0.0
    zero_init_residual: Annotated[
        bool,
        Field(
            description="Start every residual branch at zero, so that deep networks do not start "
            "behind shallow ones."
        ),
    ] = True
    bn_momentum: Annotated[
        float | None,
        Field(
            gt=0,
            le=1,
            description="Weight of each new batch in the running statistics of batch norm. Short "
            "trainings need a large one; null keeps the value of the architecture, often 0.01.",
        ),
    ] = 0.1
    amp: Annotated[
        bool | Literal["everywhere"],
        Field(
            description="Mixed precision in bfloat16: true on CUDA only, everywhere on the CPU "
            "too, which is faster only on processors that compute in bfloat16 (avx512_bf16)."
        ),
    ] = True
    threads: Annotated[
        int,
        FREE,
        Field(
            ge=1,
            le=1024,
            description="CPU threads per training. To use more cores, raise search.n_workers "
            "first: several processes of one thread are faster.",
        ),
    ] = 1


@settings_dataclass
class TableSettings:
    """Where recorded accuracies are read from."""

    path: Annotated[
        str | None,
        FREE,
        Field(
            description="CSV file with the columns of Accel-NASBench or NAS-Bench-Macro; needed by "
            "the evaluator table."
        ),
    ] = None


@settings_dataclass
class ProxySettings:
    """The cheap task on which networks are compared in place of the target."""

    evaluator: Annotated[
        EvaluatorName,
        Field(
            description="How a network is evaluated. train: a short training. zero_cost: a score "
            "of the untrained network, which is no accuracy. supernet: shared weights of one "
            "network that is trained once. table: recorded accuracies."
        ),
    ] = "train"
    data: DataSettings = field(default_factory=DataSettings)
    resolution: Annotated[
        int | None,
        Field(
            ge=8,
            le=65_536,
            description="Side in pixels of the images that networks are given. Halving it saves "
            "three quarters of the work; null keeps the size of the images.",
        ),
    ] = None
    stem_stride: Annotated[
        Literal[1, 2] | None,
        Field(
            description="Stride of the stem. Small images need less striding than the target; "
            "null keeps that of the architecture."
        ),
    ] = None
    stage_strides: Annotated[
        tuple[Literal[1, 2], ...] | None,
        Field(
            description="One stride per stage. Small images need less striding than the target; "
            "null keeps those of the architecture."
        ),
    ] = None
    width_factor: Annotated[
        float,
        Field(
            gt=0,
            le=8,
            description="Factor on all widths while networks are compared; at 0.5 a "
            "network costs less than half, 1 keeps networks as they are.",
        ),
    ] = 1.0
    training: TrainingSettings = field(default_factory=TrainingSettings)
    zero_cost: ZeroCostSettings = field(default_factory=ZeroCostSettings)
    supernet: SupernetSettings = field(default_factory=SupernetSettings)
    table: TableSettings = field(default_factory=TableSettings)
    certificate: Annotated[
        str | None,
        FREE,
        Field(
            description="File in which validate-proxy reported how far these settings can be "
            "trusted. null looks in the folder certificates next to the settings, for a file of "
            "the same name that belongs to these settings."
        ),
    ] = None
    device: Annotated[
        str,
        FREE,
        Field(
            description="Where trainings run: cpu, cuda, cuda:1, mps, or auto, which takes CUDA "
            "where there is one and the CPU otherwise."
        ),
    ] = "auto"

    def __post_init__(self) -> None:
        if not _DEVICE.fullmatch(self.device):
            msg = f"device must be auto, cpu, mps, cuda or cuda:N; got {self.device!r}"
            raise ConfigError(msg)

    def as_training(self) -> "ProxySettings":
        """The same with short training: what confirms and scales is an accuracy."""
        return replace(self, evaluator="train")

"""An architecture as plain data: a stem, stages of alike blocks, a head."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from mbscale.errors import ArchitectureError
from mbscale.space.operators import OPERATORS, Operator
from mbscale.strict_dataclass import strict_dataclass

Pool = Literal["none", "max"]
Skip = Literal["identity", "none"]
Activation = Literal["silu", "relu", "relu6", "hard_swish"]
Gate = Literal["sigmoid", "hard_sigmoid"]

# Far beyond any published network; what stands above is a slip of the keyboard.
LARGEST_WIDTH = 1_000_000
LARGEST_DEPTH = 10_000


def _require(value: object, allowed: object, *, is_met: bool, name: str) -> None:
    if not is_met:
        msg = f"{name} must be {allowed}; got {value!r}"
        raise ArchitectureError(msg)


@strict_dataclass
class Stem:
    """The first convolution, with batch norm and activation.

    ``pool`` ``max`` is ResNet's 3x3 max pooling, which halves the map once more.
    """

    width: int
    kernel_size: int = 3
    stride: int = 2
    pool: Pool = "none"

    def __post_init__(self) -> None:
        _require_width(self.width, name="stem width")
        _require_kernel(self.kernel_size)
        _require(self.stride, "1 or 2", is_met=self.stride in (1, 2), name="stem stride")

    @property
    def total_stride(self) -> int:
        """Pixels of the image a side for one pixel of the map that the stages get."""
        return self.stride * (2 if self.pool == "max" else 1)


@strict_dataclass
class Stage:
    """Blocks of one width and one operator of ``OPERATORS``; only the first block strides.

    ``expand_ratio`` and ``se_ratio`` are expanded and squeezed channels over the
    *input* channels of each block, as in EfficientNet. ``skip`` adds the input where
    stride and width allow it. The pooling skip of MnasNet is left out: EfficientNetV2
    (arXiv:2104.00298) reports that it was never used. ``activation`` None is that of the
    architecture.
    """

    operator: Operator
    width: int
    depth: int
    stride: int = 1
    kernel_size: int = 3
    expand_ratio: float = 1
    se_ratio: float = 0
    skip: Skip = "identity"
    activation: Activation | None = None

    def __post_init__(self) -> None:
        _require_width(self.width, name="stage width")
        allowed = f"from 1 to {LARGEST_DEPTH}"
        _require(self.depth, allowed, is_met=1 <= self.depth <= LARGEST_DEPTH, name="stage depth")
        _require(self.stride, "1 or 2", is_met=self.stride in (1, 2), name="stage stride")
        _require_kernel(self.kernel_size)
        self._check_operator()
        self._check_ratios()

    def _check_operator(self) -> None:
        spec, divisor = OPERATORS[self.operator], OPERATORS[self.operator].inner_divisor or 1
        name = f"skip of a {self.operator} stage"
        _require(self.skip, "none", is_met=spec.can_skip or self.skip == "none", name=name)
        name, is_met = f"width of a {self.operator} stage", self.width % divisor == 0
        _require(self.width, f"a multiple of {divisor}", is_met=is_met, name=name)

    def _check_ratios(self) -> None:
        expand_ratio, se_ratio = self.expand_ratio, self.se_ratio
        _require(
            expand_ratio,
            "above 0 and at most 16",
            is_met=0 < expand_ratio <= 16,
            name="expand_ratio",
        )
        # MobileNetV3 squeezes a quarter of the expanded channels, which may be above its input.
        most = max(1, expand_ratio)
        _require(se_ratio, f"from 0 to {most:g}", is_met=0 <= se_ratio <= most, name="se_ratio")
        spec = OPERATORS[self.operator]
        name = f"expand_ratio of a {self.operator} stage"
        _require(expand_ratio, "1", is_met=spec.expands or expand_ratio == 1, name=name)
        if spec.needs_expansion:
            name += f" (a {spec.plain} stage is the one with 1)"
            _require(expand_ratio, "other than 1", is_met=expand_ratio != 1, name=name)
        name = f"se_ratio of a {self.operator} stage"
        _require(se_ratio, "0", is_met=spec.has_se or se_ratio == 0, name=name)


@strict_dataclass
class Architecture:
    """A network without the place it is used in: no resolution, no class count.

    ``head_width`` is the 1x1 convolution before pooling, ``classifier_width`` a linear
    layer with activation after it; 0 leaves either out. ``se_gate`` ``hard_sigmoid`` is
    MobileNetV3's squeeze and excite, which has ReLU between its two convolutions.
    ``dropout`` stands before the classifier. ``drop_path`` is the rate of the last
    block; block ``i`` of ``n`` gets ``drop_path * i / n``, as in EfficientNet's code.
    ``bn_momentum`` is PyTorch's: the weight of the new batch.
    """

    stem: Stem
    stages: tuple[Stage, ...]
    head_width: int
    activation: Activation = "silu"
    se_gate: Gate = "sigmoid"
    classifier_width: int = 0
    bn_eps: float = 1e-3
    bn_momentum: float = 0.01
    dropout: float = 0.0
    drop_path: float = 0.0

    def __post_init__(self) -> None:
        _require(len(self.stages), "at least 1", is_met=bool(self.stages), name="number of stages")
        _require_width(self.head_width, name="head_width", smallest=0)
        _require_width(self.classifier_width, name="classifier_width", smallest=0)
        _require(self.bn_eps, "above 0", is_met=0 < self.bn_eps < 1, name="bn_eps")
        momentum = self.bn_momentum
        _require(momentum, "above 0, at most 1", is_met=0 < momentum <= 1, name="bn_momentum")
        _require(self.dropout, "from 0 to below 1", is_met=0 <= self.dropout < 1, name="dropout")
        drop_path = self.drop_path
        _require(drop_path, "from 0 to below 1", is_met=0 <= drop_path < 1, name="drop_path")


def override_strides(
    architecture: Architecture,
    *,
    stem_stride: int | None = None,
    stage_strides: Sequence[int] | None = None,
) -> Architecture:
    """The architecture with other strides, such as those of a proxy with small images."""
    stages = architecture.stages
    if stage_strides is not None:
        if len(stage_strides) != len(stages):
            msg = (
                f"stage_strides needs one stride for each of the {len(stages)} stages; "
                f"got {list(stage_strides)}"
            )
            raise ArchitectureError(msg)
        pairs = zip(stages, stage_strides, strict=True)
        stages = tuple(replace(stage, stride=stride) for stage, stride in pairs)
    stem = architecture.stem
    if stem_stride is not None:
        stem = replace(stem, stride=stem_stride)
    return replace(architecture, stem=stem, stages=stages)


def _require_width(width: int, *, name: str, smallest: int = 1) -> None:
    allowed = f"from {smallest} to {LARGEST_WIDTH}"
    _require(width, allowed, is_met=smallest <= width <= LARGEST_WIDTH, name=name)


def _require_kernel(kernel_size: int) -> None:
    allowed = "odd and from 1 to 11, so that padding keeps the size"
    is_met = kernel_size % 2 == 1 and 1 <= kernel_size <= 11
    _require(kernel_size, allowed, is_met=is_met, name="kernel_size")

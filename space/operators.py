"""Operators: one entry of a table says everything about each, and search spaces label them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mbscale.errors import ArchitectureError

Operator = Literal[
    "ds", "dsa", "bottleneck", "linear_conv", "conv", "basic", "mbconv", "fused_mbconv"
]
Width = Literal["in", "inner", "out"]

_LABEL = re.compile(r"(\w*?[a-z])(\d+(?:\.\d+)?)?")


@dataclass(frozen=True, slots=True)
class ConvolutionSpec:
    """A convolution of a block: the widths it reads and writes, and what else it gets.

    Without ``has_kernel`` it is 1x1. A strided one takes the stride of the block. Batch
    norm follows, and the activation if ``is_activated``.
    """

    name: str
    reads: Width
    writes: Width
    has_kernel: bool = False
    is_strided: bool = False
    is_depthwise: bool = False
    is_activated: bool = True


@dataclass(frozen=True, slots=True)
class SqueezeSpec:
    """Squeeze and excite on the inner width, in stages with an ``se_ratio`` above 0."""

    name: str = "se"


LayerSpec = ConvolutionSpec | SqueezeSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSpec:
    """Everything that distinguishes an operator; the rest of the package asks here.

    ``layers`` are those of the branch, in order: the network is built from them and
    counted by them.

    The inner width is the input times ``expand_ratio`` where the operator ``expands``, the
    output over ``inner_divisor`` where that is given, or else the input. An output is a
    multiple of ``inner_divisor``, before and after scaling.

    ``plain`` is the operator to write where ``expand_ratio`` is 1; a stage that
    ``needs_expansion`` may not have that ratio, any other is built as ``plain``.

    ``can_skip`` says whether the input may be added to the output. ``projects_skip`` adds
    it where stride or width differ, too, through a 1x1 convolution.

    ``code`` is the name in timm's block strings; ``code_has_expansion`` writes the ratio,
    and ``code_implies_skip`` says that timm adds the input unless it is told not to.
    """

    layers: tuple[LayerSpec, ...]
    code: str
    expands: bool = False
    needs_expansion: bool = False
    plain: Operator | None = None
    inner_divisor: int | None = None
    can_skip: bool = True
    projects_skip: bool = False
    is_activated_after_sum: bool = False
    code_has_expansion: bool = False
    code_implies_skip: bool = True

    @property
    def has_se(self) -> bool:
        """Whether an ``se_ratio`` above 0 means anything."""
        return any(isinstance(layer, SqueezeSpec) for layer in self.layers)


_CONV = ConvolutionSpec("conv", "in", "out", has_kernel=True, is_strided=True)
_LINEAR_CONV = ConvolutionSpec(
    "conv", "in", "out", has_kernel=True, is_strided=True, is_activated=False
)
_EXPAND = ConvolutionSpec("expand", "in", "inner")
_FUSED_EXPAND = ConvolutionSpec("expand", "in", "inner", has_kernel=True, is_strided=True)
_REDUCE = ConvolutionSpec("reduce", "in", "inner")
_INNER_CONV = ConvolutionSpec("conv", "inner", "inner", has_kernel=True, is_strided=True)
_DEPTHWISE = ConvolutionSpec(
    "depthwise", "inner", "inner", has_kernel=True, is_strided=True, is_depthwise=True
)
_PROJECT = ConvolutionSpec("project", "inner", "out", is_activated=False)
_ACTIVATED_PROJECT = ConvolutionSpec("project", "inner", "out")
_CONV1 = ConvolutionSpec("conv1", "in", "out", has_kernel=True, is_strided=True)
_CONV2 = ConvolutionSpec("conv2", "out", "out", has_kernel=True, is_activated=False)

# Cheapest first, among operators of equal expansion and width: options of a search space
# stand in this order.
OPERATORS: Mapping[Operator, OperatorSpec] = {
    # Depthwise, then pointwise without activation: MBConv without expansion.
    "ds": OperatorSpec(
        layers=(_DEPTHWISE, SqueezeSpec(), _PROJECT), code="ds", code_has_expansion=True
    ),
    # With activation and without skip: MobileNetV1 (arXiv:1704.04861). The name is timm's.
    "dsa": OperatorSpec(
        layers=(_DEPTHWISE, SqueezeSpec(), _ACTIVATED_PROJECT), code="dsa", can_skip=False
    ),
    # He et al., 2016, arXiv:1512.03385: the output is four times the inner width. The 3x3
    # strides, as in torchvision; the paper strides in the first 1x1.
    "bottleneck": OperatorSpec(
        layers=(_REDUCE, _INNER_CONV, _PROJECT),
        code="bottle",
        inner_divisor=4,
        projects_skip=True,
        is_activated_after_sum=True,
    ),
    # A convolution without activation: NAS-Bench-Macro (arXiv:2103.11922). timm has none.
    "linear_conv": OperatorSpec(layers=(_LINEAR_CONV,), code="linear"),
    "conv": OperatorSpec(layers=(_CONV,), code="cn", code_implies_skip=False),
    # He et al., 2016. ``basic`` and ``bottle`` are timm's names, though not of its strings.
    "basic": OperatorSpec(
        layers=(_CONV1, _CONV2),
        code="basic",
        inner_divisor=1,
        projects_skip=True,
        is_activated_after_sum=True,
    ),
    # Sandler et al., 2018, arXiv:1801.04381. timm's ``ir`` keeps a 1x1 convolution for
    # expansion 1, so that one is written ``ds``.
    "mbconv": OperatorSpec(
        layers=(_EXPAND, _DEPTHWISE, SqueezeSpec(), _PROJECT),
        code="ir",
        expands=True,
        plain="ds",
        code_has_expansion=True,
    ),
    # Tan and Le, 2021, arXiv:2104.00298.
    "fused_mbconv": OperatorSpec(
        layers=(_FUSED_EXPAND, SqueezeSpec(), _PROJECT),
        code="er",
        expands=True,
        needs_expansion=True,
        plain="conv",
        code_has_expansion=True,
    ),
}
_BY_NAME: Mapping[str, Operator] = {operator: operator for operator in OPERATORS}


def resolve_operator(operator: Operator, expand_ratio: float) -> Operator:
    """The operator that is built: an MBConv with expansion 1 is ``ds``."""
    plain = OPERATORS[operator].plain
    return plain if plain is not None and expand_ratio == 1 else operator


def parse_operator(label: str) -> tuple[Operator, float]:
    """The operator and expansion that a label means.

    >>> parse_operator("mbconv6"), parse_operator("ds")
    (('mbconv', 6.0), ('ds', 1.0))
    """
    match = _LABEL.fullmatch(label)
    name, number = match.groups() if match else (label, None)
    operator = _BY_NAME.get(name)
    if operator is None or OPERATORS[operator].expands != (number is not None):
        *others, last = (one + "N" * spec.expands for one, spec in OPERATORS.items())
        msg = f"unknown operator {label!r}; known are {', '.join(others)} and {last}"
        raise ArchitectureError(msg)
    expand_ratio = float(number or 1)
    plain = resolve_operator(operator, expand_ratio)
    if plain != operator:
        msg = f"operator {label!r} expands nothing; write {plain!r}"
        raise ArchitectureError(msg)
    return operator, expand_ratio


def format_operator(operator: Operator, expand_ratio: float) -> str:
    """The label of an operator; MBConv with expansion 1 is ``ds``.

    >>> format_operator("mbconv", 6), format_operator("fused_mbconv", 2.5)
    ('mbconv6', 'fused_mbconv2.5')
    """
    built = resolve_operator(operator, expand_ratio)
    if not OPERATORS[built].expands:
        return built
    return built + np.format_float_positional(expand_ratio, trim="-")


def _rank(label: str) -> tuple[float, int]:
    operator, expand_ratio = parse_operator(label)
    return expand_ratio, list(OPERATORS).index(operator)


def sort_operators(labels: Iterable[str]) -> tuple[str, ...]:
    """Distinct labels, ascending by expansion.

    >>> sort_operators(["mbconv6.0", "conv", "mbconv6", "ds"])
    ('ds', 'conv', 'mbconv6')
    """
    # Through the parts and back, so that mbconv6 and mbconv6.0 are one option.
    return tuple(sorted({format_operator(*parse_operator(label)) for label in labels}, key=_rank))

"""The layers of a block: what the model is built from is what is counted."""

from dataclasses import dataclass

from mbscale.space.architecture import Stem
from mbscale.space.blocks import Block
from mbscale.space.operators import OPERATORS, ConvolutionSpec, LayerSpec, Width


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution without bias, then batch norm, then maybe the activation."""

    name: str
    in_width: int
    out_width: int
    kernel_size: int = 1
    stride: int = 1
    groups: int = 1
    is_activated: bool = True


@dataclass(frozen=True, slots=True)
class Squeeze:
    """Squeeze and excite: two 1x1 convolutions with bias on the average of the map."""

    name: str
    width: int
    squeeze_width: int


Layer = Convolution | Squeeze


def stem_layer(stem: Stem) -> Convolution:
    """The first convolution, on three channels."""
    return Convolution("stem", 3, stem.width, stem.kernel_size, stem.stride)


def head_layer(in_width: int, head_width: int) -> Convolution:
    """The 1x1 convolution before pooling."""
    return Convolution("head", in_width, head_width)


def branch_layers(block: Block) -> tuple[Layer, ...]:
    """The layers of a block without its skip, in order."""
    made = [_make_layer(spec, block) for spec in OPERATORS[block.kind].layers]
    return tuple(layer for layer in made if layer is not None)


def projection_layer(block: Block) -> Convolution:
    """The convolution in the skip of a block with ``has_projection``."""
    in_width, out_width, stride = block.in_width, block.out_width, block.stride
    return Convolution("shortcut", in_width, out_width, stride=stride, is_activated=False)


def _make_layer(spec: LayerSpec, block: Block) -> Layer | None:
    if isinstance(spec, ConvolutionSpec):
        return _make_convolution(spec, block)
    width, squeeze_width = block.expanded_width, block.squeeze_width
    return Squeeze(spec.name, width, squeeze_width) if squeeze_width else None


def _make_convolution(spec: ConvolutionSpec, block: Block) -> Convolution:
    in_width = _get_width(spec.reads, block)
    return Convolution(
        spec.name,
        in_width,
        _get_width(spec.writes, block),
        kernel_size=block.kernel_size if spec.has_kernel else 1,
        stride=block.stride if spec.is_strided else 1,
        groups=in_width if spec.is_depthwise else 1,
        is_activated=spec.is_activated,
    )


def _get_width(width: Width, block: Block) -> int:
    return {"in": block.in_width, "inner": block.expanded_width, "out": block.out_width}[width]

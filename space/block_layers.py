"""The layers of a block: what the model is built from is what is counted."""

from dataclasses import dataclass, replace

from mbscale.space.architecture import Stem
from mbscale.space.blocks import Block


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
    match block.kind:
        case "conv":
            return (_spatial("conv", block, block.in_width, block.out_width),)
        case "linear_conv":
            layer = _spatial("conv", block, block.in_width, block.out_width)
            return (replace(layer, is_activated=False),)
        case "basic":
            return _basic_layers(block)
        case "bottleneck":
            return _bottleneck_layers(block)
        case "fused_mbconv":
            inner = _spatial("expand", block, block.in_width, block.expanded_width)
            return (inner, *_squeeze_layers(block), _project(block))
        case "ds" | "dsa" | "mbconv":
            return _depthwise_layers(block)


def projection_layer(block: Block) -> Convolution:
    """The convolution in the skip of a block with ``has_projection``."""
    in_width, out_width, stride = block.in_width, block.out_width, block.stride
    return Convolution("shortcut", in_width, out_width, stride=stride, is_activated=False)


def _depthwise_layers(block: Block) -> tuple[Layer, ...]:
    expanded = block.expanded_width
    depthwise = _spatial("depthwise", block, expanded, expanded, groups=expanded)
    layers = (depthwise, *_squeeze_layers(block), _project(block))
    if block.kind != "mbconv":
        return layers
    return (Convolution("expand", block.in_width, expanded), *layers)


def _basic_layers(block: Block) -> tuple[Layer, ...]:
    first = _spatial("conv1", block, block.in_width, block.out_width)
    second = replace(first, name="conv2", in_width=block.out_width, stride=1, is_activated=False)
    return (first, second)


def _bottleneck_layers(block: Block) -> tuple[Layer, ...]:
    # The 3x3 strides, as in torchvision; the paper strides in the first 1x1.
    inner = block.expanded_width
    reduce = Convolution("reduce", block.in_width, inner)
    return (reduce, _spatial("conv", block, inner, inner), _project(block))


def _spatial(
    name: str, block: Block, in_width: int, out_width: int, *, groups: int = 1
) -> Convolution:
    return Convolution(name, in_width, out_width, block.kernel_size, block.stride, groups)


def _squeeze_layers(block: Block) -> tuple[Layer, ...]:
    squeeze_width = block.squeeze_width
    return (Squeeze("se", block.expanded_width, squeeze_width),) if squeeze_width else ()


def _project(block: Block) -> Convolution:
    is_activated = block.kind == "dsa"
    return Convolution("project", block.expanded_width, block.out_width, is_activated=is_activated)

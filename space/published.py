"""Published networks as data; their names work wherever an architecture is asked for."""

import difflib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Activation, Architecture, Skip, Stage, Stem
from mbscale.space.network import Network, Target
from mbscale.space.network_yaml import read_network
from mbscale.space.operators import Operator
from mbscale.space.scaling import scale_architecture

# expand_ratio, kernel_size, stride, width, depth, se_ratio, skip
Row = tuple[float, int, int, int, int, float, Skip]

# EfficientNet-B0: arXiv:1905.11946, Table 1; strides and SE from the authors' code.
_B0: tuple[Row, ...] = (
    (1, 3, 1, 16, 1, 0.25, "identity"),
    (6, 3, 2, 24, 2, 0.25, "identity"),
    (6, 5, 2, 40, 2, 0.25, "identity"),
    (6, 3, 2, 80, 3, 0.25, "identity"),
    (6, 5, 1, 112, 3, 0.25, "identity"),
    (6, 5, 2, 192, 4, 0.25, "identity"),
    (6, 3, 1, 320, 1, 0.25, "identity"),
)
# The coefficients of the authors' code: width, depth, resolution, dropout. They are not
# phi = 1 to 7 of the constants that the paper gives.
EFFICIENTNET_COEFFICIENTS: Mapping[str, tuple[float, float, int, float]] = {
    "efficientnet-b0": (1.0, 1.0, 224, 0.2),
    "efficientnet-b1": (1.0, 1.1, 240, 0.2),
    "efficientnet-b2": (1.1, 1.2, 260, 0.3),
    "efficientnet-b3": (1.2, 1.4, 300, 0.3),
    "efficientnet-b4": (1.4, 1.8, 380, 0.4),
    "efficientnet-b5": (1.6, 2.2, 456, 0.4),
    "efficientnet-b6": (1.8, 2.6, 528, 0.5),
    "efficientnet-b7": (2.0, 3.1, 600, 0.5),
}
# MobileNetV2: arXiv:1801.04381, Table 2.
_MOBILENET_V2: tuple[Row, ...] = (
    (1, 3, 1, 16, 1, 0, "identity"),
    (6, 3, 2, 24, 2, 0, "identity"),
    (6, 3, 2, 32, 3, 0, "identity"),
    (6, 3, 2, 64, 4, 0, "identity"),
    (6, 3, 1, 96, 3, 0, "identity"),
    (6, 3, 2, 160, 3, 0, "identity"),
    (6, 3, 1, 320, 1, 0, "identity"),
)
# MnasNet: arXiv:1807.11626, Figure 7, and the authors' mnasnet_models.py.
_MNASNET_A1: tuple[Row, ...] = (
    (1, 3, 1, 16, 1, 0, "none"),
    (6, 3, 2, 24, 2, 0, "identity"),
    (3, 5, 2, 40, 3, 0.25, "identity"),
    (6, 3, 2, 80, 4, 0, "identity"),
    (6, 3, 1, 112, 2, 0.25, "identity"),
    (6, 5, 2, 160, 3, 0.25, "identity"),
    (6, 3, 1, 320, 1, 0, "identity"),
)
_MNASNET_B1: tuple[Row, ...] = (
    (1, 3, 1, 16, 1, 0, "none"),
    (3, 3, 2, 24, 3, 0, "identity"),
    (3, 5, 2, 40, 3, 0, "identity"),
    (6, 5, 2, 80, 3, 0, "identity"),
    (6, 3, 1, 96, 2, 0, "identity"),
    (6, 5, 2, 192, 4, 0, "identity"),
    (6, 3, 1, 320, 1, 0, "none"),
)
# MobileNetV3-Large: arXiv:1905.02244, Table 1: expand_ratio, kernel_size, stride, width, depth,
# squeezed channels over those of the input, activation where it is not hard_swish. Squeezed
# are a quarter of the expanded channels, rounded to 8 as in the authors' code.
_MOBILENET_V3: tuple[tuple[float, int, int, int, int, float, Activation | None], ...] = (
    (1, 3, 1, 16, 1, 0, "relu"),
    (4, 3, 2, 24, 1, 0, "relu"),
    (3, 3, 1, 24, 1, 0, "relu"),
    (3, 5, 2, 40, 1, 1, "relu"),
    (3, 5, 1, 40, 2, 0.8, "relu"),
    (6, 3, 2, 80, 1, 0, None),
    (2.5, 3, 1, 80, 1, 0, None),
    (2.3, 3, 1, 80, 2, 0, None),
    (6, 3, 1, 112, 2, 1.5, None),
    (6, 5, 2, 160, 3, 1.5, None),
)
# MobileNetV1: arXiv:1704.04861, Table 1: stride, width, depth.
_MOBILENET_V1 = ((1, 64, 1), (2, 128, 2), (2, 256, 2), (2, 512, 6), (2, 1024, 2))
# ResNet: arXiv:1512.03385, Table 1: operator, width, depths.
_RESNETS: Mapping[str, tuple[Operator, int, tuple[int, ...]]] = {
    "resnet-18": ("basic", 64, (2, 2, 2, 2)),
    "resnet-50": ("bottleneck", 256, (3, 4, 6, 3)),
}


def _make_stage(row: Row) -> Stage:
    expand_ratio, kernel_size, stride, width, depth, se_ratio, skip = row
    return Stage(
        operator="ds" if expand_ratio == 1 else "mbconv",
        width=width,
        depth=depth,
        stride=stride,
        kernel_size=kernel_size,
        expand_ratio=expand_ratio,
        se_ratio=se_ratio,
        skip=skip,
    )


def _make_mbconv(rows: tuple[Row, ...], activation: Activation) -> Architecture:
    stages = tuple(_make_stage(row) for row in rows)
    return Architecture(Stem(32), stages, head_width=1280, activation=activation)


def _make_efficientnet(name: str) -> Network:
    width, depth, resolution, dropout = EFFICIENTNET_COEFFICIENTS[name]
    scaled = scale_architecture(_make_mbconv(_B0, "silu"), depth=depth, width=width)
    architecture = replace(scaled, dropout=dropout, drop_path=0.2)
    return Network(name, architecture, Target(resolution))


def _make_mobilenet_v1() -> Architecture:
    stages = tuple(
        Stage("dsa", width, depth, stride, skip="none") for stride, width, depth in _MOBILENET_V1
    )
    return Architecture(Stem(32), stages, head_width=0, activation="relu")


def _make_mobilenet_v3() -> Architecture:
    stages = tuple(
        replace(_make_stage((*row[:-1], "identity")), activation=row[-1]) for row in _MOBILENET_V3
    )
    return Architecture(
        Stem(16),
        stages,
        head_width=960,
        activation="hard_swish",
        se_gate="hard_sigmoid",
        classifier_width=1280,
    )


def _make_resnet(name: str) -> Architecture:
    operator, width, depths = _RESNETS[name]
    stages = tuple(
        Stage(operator, width * 2**index, depth, stride=1 if index == 0 else 2)
        for index, depth in enumerate(depths)
    )
    # Batch norm as torchvision trains it; the paper does not state it.
    return Architecture(
        Stem(64, kernel_size=7, pool="max"),
        stages,
        head_width=0,
        activation="relu",
        bn_eps=1e-5,
        bn_momentum=0.1,
    )


def _make_published() -> dict[str, Network]:
    others = {
        "mobilenet-v1": _make_mobilenet_v1(),
        "mobilenet-v2": _make_mbconv(_MOBILENET_V2, "relu6"),
        "mobilenet-v3-large": _make_mobilenet_v3(),
        "mnasnet-a1": _make_mbconv(_MNASNET_A1, "relu"),
        "mnasnet-b1": _make_mbconv(_MNASNET_B1, "relu"),
        **{name: _make_resnet(name) for name in _RESNETS},
    }
    return {
        **{name: _make_efficientnet(name) for name in EFFICIENTNET_COEFFICIENTS},
        **{name: Network(name, architecture, Target(224)) for name, architecture in others.items()},
    }


PUBLISHED: Mapping[str, Network] = MappingProxyType(_make_published())


def load_network(name_or_path: str) -> Network:
    """A published network by name, or one from a YAML file by path."""
    if name_or_path in PUBLISHED:
        return PUBLISHED[name_or_path]
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml") or _is_file(path):
        return read_network(path)
    close = difflib.get_close_matches(name_or_path, PUBLISHED, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(PUBLISHED)}"
    msg = f"no architecture {name_or_path!r}: neither a file nor a published name; {hint}"
    raise ArchitectureError(msg)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long for the file system
        return False

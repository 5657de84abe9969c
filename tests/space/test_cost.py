"""Costs against published numbers."""

from mbscale.space.architecture import Architecture, Stage, Stem
from mbscale.space.cost import count_cost

# arXiv:1905.11946, Table 1: operator, expand_ratio, kernel_size, stride, width, depth.
B0 = Architecture(
    stem=Stem(32),
    stages=tuple(
        Stage(
            operator="ds" if expand_ratio == 1 else "mbconv",
            width=width,
            depth=depth,
            stride=stride,
            kernel_size=kernel_size,
            expand_ratio=expand_ratio,
            se_ratio=0.25,
        )
        for expand_ratio, kernel_size, stride, width, depth in [
            (1, 3, 1, 16, 1),
            (6, 3, 2, 24, 2),
            (6, 5, 2, 40, 2),
            (6, 3, 2, 80, 3),
            (6, 5, 1, 112, 3),
            (6, 5, 2, 192, 4),
            (6, 3, 1, 320, 1),
        ]
    ),
    head_width=1280,
)


def test_efficientnet_b0_costs_what_timm_and_torchvision_count() -> None:
    cost = count_cost(B0, resolution=224, num_classes=1000)

    assert (cost.params, cost.macs) == (5_288_548, 385_814_752)

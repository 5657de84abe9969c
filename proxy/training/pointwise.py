"""Dense convolutions that are products of matrices on a CPU.

On a map of one pixel only the middle of a kernel meets the image. oneDNN (3.x, as in
PyTorch 2.13) spends more time on such a convolution than on the same product, and in
bfloat16 also on 1x1 convolutions of small maps. Its weight gradient of a strided kernel on a
map of one pixel holds numbers of any size in bfloat16; a product's does not.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from mbscale.proxy.training.device import computing_dtype

# Products are faster up to maps of 8 x 8 in bfloat16, and on one pixel alone in float32.
_MOST_PIXELS_IN_HALF = 64


def is_dense(module: nn.Conv2d) -> bool:
    """Whether the convolution is of all channels, and one pixel stays one pixel."""
    return (
        module.groups == 1
        and module.padding == tuple(size // 2 for size in module.kernel_size)
        and all(size % 2 for size in module.kernel_size)
        and module.padding_mode == "zeros"
    )


def convolve_dense(module: nn.Conv2d, images: Tensor) -> Tensor:
    """The convolution of ``(N, C, H, W)``, as a product where that is faster."""
    weight, bias = module.weight, module.bias
    if not _is_product(module, images):
        return functional.conv2d(
            images, weight, bias, module.stride, module.padding, module.dilation
        )
    rows, columns = weight.shape[2:]
    middle = weight[:, :, rows // 2, columns // 2]
    # With channels last, so that the map of a 1x1 convolution is used as it lies.
    return functional.linear(images.permute(0, 2, 3, 1), middle, bias).permute(0, 3, 1, 2)


def _is_product(module: nn.Conv2d, images: Tensor) -> bool:
    n_pixels = images.shape[2] * images.shape[3]
    if n_pixels == 1:
        return True
    is_half = computing_dtype(images) == torch.bfloat16
    is_small = is_half and n_pixels <= _MOST_PIXELS_IN_HALF
    return is_small and module.kernel_size == module.stride == (1, 1)

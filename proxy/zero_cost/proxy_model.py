"""The network as a proxy sees it: narrowed, with other strides, maybe without its noise."""

from dataclasses import replace

from mbscale.proxy.settings import ProxySettings
from mbscale.space.architecture import Architecture, override_strides
from mbscale.space.scaling import scale_architecture


def adapt_architecture(architecture: Architecture, settings: ProxySettings) -> Architecture:
    """The architecture with the width factor and the strides of the proxy, without dropout.

    Scores of untrained networks are of the network itself: dropout and drop path only add
    noise to them.
    """
    narrowed = scale_architecture(architecture, depth=1, width=settings.width_factor)
    strided = override_strides(
        narrowed, stem_stride=settings.stem_stride, stage_strides=settings.stage_strides
    )
    return replace(strided, dropout=0.0, drop_path=0.0)

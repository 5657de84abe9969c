"""Layers that compute what PyTorch's do, and sooner on a CPU."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial

from torch import Tensor, nn

from mbscale.proxy.training.depthwise import convolve_depthwise, is_depthwise
from mbscale.proxy.training.pointwise import convolve_dense, is_dense
from mbscale.proxy.training.squeeze import squeeze
from mbscale.space.layers import SqueezeExcite
from mbscale.space.model import Model

Methods = Mapping[str, Callable[[Tensor], Tensor]]


@contextmanager
def fast_layers(model: nn.Module) -> Generator[None]:
    """The model computes by these layers inside, where it is on a CPU."""
    found = [(module, _find_methods(module)) for module in model.modules()]
    chosen = [(module, methods) for module, methods in found if methods and _is_on_cpu(module)]
    before = [dict(vars(module)) for module, _ in chosen]
    for module, methods in chosen:
        # Beside the methods of its class, so that the module stays what it is.
        vars(module).update(methods)
    try:
        yield
    finally:
        for (module, methods), own in zip(chosen, before, strict=True):
            _put_back(module, methods, own)


def _find_methods(module: nn.Module) -> Methods:
    if isinstance(module, SqueezeExcite | Model):
        return {"squeeze": squeeze}
    # A subclass may convolve in a way of its own.
    if type(module) is not nn.Conv2d:
        return {}
    if is_depthwise(module):
        return {"forward": partial(convolve_depthwise, module)}
    return {"forward": partial(convolve_dense, module)} if is_dense(module) else {}


def _is_on_cpu(module: nn.Module) -> bool:
    return all(weight.device.type == "cpu" for weight in module.parameters())


def _put_back(module: nn.Module, methods: Methods, own: Mapping[str, object]) -> None:
    for name in methods:
        if name in own:
            vars(module)[name] = own[name]
        else:
            del vars(module)[name]

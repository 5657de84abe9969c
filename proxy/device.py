"""Where a training runs, and what is set while it does."""

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager

import torch

from mbscale.errors import ConfigError

# What PyTorch's CPU allocator says; it raises a plain RuntimeError.
_CPU_OUT_OF_MEMORY = "DefaultCPUAllocator: can't allocate memory"


def choose_device(name: str) -> torch.device:
    """The device of this name; ``auto`` is CUDA where there is one, otherwise the CPU."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    n_cuda = torch.cuda.device_count() if device.type == "cuda" else 0
    is_there = {
        "cpu": True,
        "mps": torch.backends.mps.is_available(),
        "cuda": (device.index or 0) < n_cuda,
    }[device.type]
    if not is_there:
        msg = f"proxy.device {name!r} is not on this machine; 'auto' takes what there is"
        raise ConfigError(msg)
    return device


@contextmanager
def limit_threads(n_threads: int) -> Generator[None]:
    """PyTorch computes with this many CPU threads inside."""
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def seeded(seed: int, device: torch.device) -> Generator[None]:
    """Dropout and drop path draw from ``seed`` inside; the global state returns after."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def autocast(device: torch.device, *, amp: bool) -> AbstractContextManager[object]:
    """Mixed precision in bfloat16 on CUDA, which needs no loss scaling; nothing elsewhere."""
    # On the CPU bfloat16 is slower than float32, so it is never used there.
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=amp and device.type == "cuda")


def is_out_of_memory(failure: BaseException) -> bool:
    """Whether memory ran out, on a GPU or on the CPU."""
    is_cpu = isinstance(failure, RuntimeError) and _CPU_OUT_OF_MEMORY in str(failure)
    return is_cpu or isinstance(failure, torch.OutOfMemoryError | MemoryError)

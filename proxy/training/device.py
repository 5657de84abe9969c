"""Where a training runs, and what is set while it does."""

import ctypes
import platform
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Literal

import torch

from mbscale.errors import ConfigError

# What PyTorch's CPU allocator says; it raises a plain RuntimeError.
_CPU_OUT_OF_MEMORY = "DefaultCPUAllocator: can't allocate memory"
# Options of glibc's mallopt.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
_NEVER = 2**31 - 1


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


@cache
def keep_freed_memory() -> bool:
    """Let this process keep the memory that it frees; False where the C library cannot.

    glibc gives a large tensor back to the system as soon as it is freed, and the next one
    is cleared page by page. Feature maps come and go in every step: with 32 MiB or more
    each, that takes a fifth of the time. The process holds up to a quarter more at its peak.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    library = ctypes.CDLL(None)
    options = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, _NEVER))
    return all(library.mallopt(option, value) == 1 for option, value in options)


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


def autocast(
    device: torch.device, *, amp: bool | Literal["everywhere"]
) -> AbstractContextManager[object]:
    """Mixed precision in bfloat16, which needs no loss scaling, as ``TrainingSettings`` say."""
    is_on = device.type == "cuda" if amp is True else amp == "everywhere"
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=is_on)


def computing_dtype(images: torch.Tensor) -> torch.dtype:
    """What a convolution of these computes in on the CPU, mixed precision or not."""
    if torch.is_autocast_enabled("cpu") and images.dtype != torch.float64:
        return torch.get_autocast_dtype("cpu")
    return images.dtype


def is_out_of_memory(failure: BaseException) -> bool:
    """Whether memory ran out, on a GPU or on the CPU."""
    is_cpu = isinstance(failure, RuntimeError) and _CPU_OUT_OF_MEMORY in str(failure)
    return is_cpu or isinstance(failure, torch.OutOfMemoryError | MemoryError)

"""What is set while networks are trained."""

import platform
import resource

import pytest
import torch

from mbscale.proxy.training.device import keep_freed_memory


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_a_large_tensor_gets_the_memory_of_the_last_one() -> None:
    assert keep_freed_memory()
    for _ in range(8):
        torch.empty(2**24).fill_(1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt

    for _ in range(8):
        torch.empty(2**24).fill_(1)

    # Each would be 16,384 pages of 4 KiB, cleared one by one.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before < 16384

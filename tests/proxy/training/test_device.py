"""What is set while networks are trained."""

import platform
import subprocess
import sys

import pytest

# In a process of its own: in one that ran other tests, free memory may be in pieces.
_COUNT_FAULTS = """
import resource, torch
from mbscale.proxy.training.device import keep_freed_memory

assert keep_freed_memory()
for _ in range(32):
    torch.empty(2**24).fill_(1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(32):
    torch.empty(2**24).fill_(1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_a_large_tensor_gets_the_memory_of_the_last_one() -> None:
    command = [sys.executable, "-c", _COUNT_FAULTS]
    n_faults = subprocess.run(command, check=True, capture_output=True, text=True).stdout

    # Each of the 32 would be 16,384 pages of 4 KiB, cleared one by one. A small allocation
    # can push the next tensor on to new pages, until there are free pieces of every kind.
    assert int(n_faults) <= 16 * 16384

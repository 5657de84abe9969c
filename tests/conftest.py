"""What all tests share: where the recorded data lies, one thread, no deadline an example."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("MBSCALE_DATA", ROOT.parent / "shared" / "data"))

torch.set_num_threads(1)

# The duration of one example says more of a busy machine, or of a synced disk, than of the code.
# In CI the same examples come every time, so that a change is judged by what it changes.
settings.register_profile("mbscale", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("mbscale")


@pytest.fixture
def shared_file() -> Callable[[str], Path]:
    """The path of a recorded file that is not part of the repository."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"{name} is not in {SHARED}; set MBSCALE_DATA to the folder that holds it")
        return path

    return find

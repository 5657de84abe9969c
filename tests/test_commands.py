"""The program as a user starts it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
def test_help_is_shown_from_a_checkout() -> None:
    command = [sys.executable, "run_search.py", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert "usage: mbscale" in done.stdout

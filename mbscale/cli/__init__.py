"""The command line: ``python run_search.py`` and ``mbscale`` are the same program."""

from mbscale.cli.main import main

__all__ = ["main"]

"""The verbs and what every one of them shares."""

import argparse
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="mbscale", description="Search, then scale.")
    parser.parse_args(arguments)
    return 0

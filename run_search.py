"""The command line from a checkout: ``python run_search.py --config FILE``."""

import sys

from mbscale.cli import main

# Worker processes import this file again and must not start a run of their own.
if __name__ == "__main__":
    sys.exit(main())

"""The command line from a checkout: ``python run_search.py --config FILE``."""

import sys

from mbscale.cli import main

sys.exit(main())

"""``python -m mbscale`` is the same program as ``mbscale``."""

import sys

from mbscale.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""Makes ``synthetic_search`` importable here and in the processes that the tests spawn."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

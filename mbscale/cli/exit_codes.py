"""What the program's exit status means."""

from typing import Final

DONE: Final = 0
FAILED: Final = 1
WRONG_USE: Final = 2
TARGET_MISSED: Final = 3
INTERRUPTED: Final = 130

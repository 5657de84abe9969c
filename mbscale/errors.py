"""What can go wrong through no fault of the program.

* MbscaleError
  + ConfigError        a setting or a command line (also a ValueError)
  + ArchitectureError  a network that cannot be built (also a ValueError)
  + DataError          images, labels or tables that cannot be used (also a ValueError)
  + RunError           a run folder in a state that the command cannot go on from
"""


class MbscaleError(Exception):
    """One sentence for the user: what was wrong, where, and what would do."""


class ConfigError(MbscaleError, ValueError):
    """A setting or a command line is wrong."""


class ArchitectureError(MbscaleError, ValueError):
    """An architecture cannot be built or read."""


class DataError(MbscaleError, ValueError):
    """Images, labels or a table cannot be used."""


class RunError(MbscaleError):
    """A run folder is in a state that the command cannot go on from."""

"""The members of a space that an evaluator can judge, where it cannot judge them all."""

from collections.abc import Mapping
from pathlib import Path

from mbscale.errors import ArchitectureError, ConfigError
from mbscale.proxy.recorded.networks import read_recorded
from mbscale.proxy.settings import ProxySettings
from mbscale.space.blocks import canonical_key
from mbscale.space.encoding import encode
from mbscale.space.search_space import SearchSpace


def list_pool(space: SearchSpace, proxy: ProxySettings) -> Mapping[str, tuple[int, ...]]:
    """Vectors by canonical key of the table's networks; empty where any member can be judged.

    Raises ConfigError where the space holds none of them.
    """
    if proxy.evaluator != "table" or proxy.table.path is None:
        return {}
    recorded = read_recorded(Path(proxy.table.path))
    pool: dict[str, tuple[int, ...]] = {}
    for one in recorded:
        try:
            pool[canonical_key(one.architecture)] = encode(space, one.architecture)
        except ArchitectureError:
            # Not a member of this space: it cannot be proposed.
            continue
    if not pool:
        msg = (
            f"the space {space.name} holds none of the {len(recorded)} networks of "
            f"{proxy.table.path}; Accel-NASBench needs space: accel_nasbench"
        )
        raise ConfigError(msg)
    return pool

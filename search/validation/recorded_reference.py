"""Recorded networks as the reference of a proxy, and those that are left for labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mbscale.errors import ArchitectureError, ConfigError
from mbscale.proxy.recorded.networks import RecordedNetwork, read_recorded
from mbscale.search.choice_space import describe_space
from mbscale.search.validation.labels import LabelTask
from mbscale.search.validation.settings import ValidationSettings
from mbscale.space.architecture import Architecture
from mbscale.space.blocks import canonical_key
from mbscale.space.encoding import encode
from mbscale.space.network import Network, Target
from mbscale.space.search_space import SearchSpace


@dataclass(frozen=True, slots=True)
class RecordedReference:
    """The networks that proxies are judged on, and the others of the table within the limits."""

    judged: tuple[RecordedNetwork, ...]
    others: tuple[RecordedNetwork, ...]


def draw_reference(path: Path, settings: ValidationSettings, target: Target) -> RecordedReference:
    """Random rows of a table, one from each of equally large strata by MACs."""
    n_networks, low, high = settings.n_networks, settings.min_macs, settings.max_macs
    # Some tables hold the same network several times, such as with identities elsewhere.
    distinct = {canonical_key(one.architecture): one for one in read_recorded(path)}
    costs = [
        (Network("", one.architecture, target).count_cost().macs, one) for one in distinct.values()
    ]
    inside = [(m, one) for m, one in costs if (low or 0) <= m <= (high or float("inf"))]
    if len(inside) < n_networks:
        msg = (
            f"{path} holds {len(inside)} distinct networks within the limits of validate_proxy; "
            f"validate_proxy.n_networks is {n_networks}"
        )
        raise ConfigError(msg)
    macs, recorded = [m for m, _ in inside], [one for _, one in inside]
    rng = np.random.default_rng(settings.sample_seed)
    strata = np.array_split(np.argsort(macs, kind="stable"), n_networks)
    chosen = [int(rng.choice(stratum)) for stratum in strata]
    left = sorted({*range(len(recorded))} - {*chosen})
    return RecordedReference(
        tuple(recorded[place] for place in chosen), tuple(recorded[place] for place in left)
    )


def encode_members(
    space: SearchSpace, networks: Sequence[RecordedNetwork]
) -> dict[int, tuple[int, ...]]:
    """The vectors of those networks that are members of a space, by their place."""
    found: dict[int, tuple[int, ...]] = {}
    for place, one in enumerate(networks):
        try:
            found[place] = encode(space, one.architecture)
        except ArchitectureError:
            # Not a member: the accuracy model of this space says nothing of it.
            continue
    return found


def are_members(space: SearchSpace, architectures: Sequence[Architecture]) -> bool:
    """Whether all networks are of a space."""
    recorded = [RecordedNetwork(one, (0.0,)) for one in architectures]
    return len(encode_members(space, recorded)) == len(architectures)


def make_label_task(
    reference: RecordedReference, spaces: Sequence[SearchSpace], target: Target
) -> LabelTask | None:
    """What labels are asked of, in the first space that holds all judged networks.

    None where no space does.
    """
    for space in spaces:
        judged = encode_members(space, reference.judged)
        if len(judged) == len(reference.judged):
            pool = encode_members(space, reference.others)
            recorded = [reference.others[place].accuracy for place in pool]
            choices = describe_space(space, target)
            width = len(choices.choices)
            vectors = np.array(list(pool.values()), dtype=np.int64).reshape(-1, width)
            return LabelTask(
                choices, vectors, np.array(recorded), np.array(list(judged.values()), np.int64)
            )
    return None

"""What a vector of a space means: an architecture, or the options of a space of the user's own.

The driver, the journal and the tables treat both alike; only these functions know which it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from mbscale.errors import ArchitectureError, ConfigError
from mbscale.search.choice_space import ChoiceSpace, describe_space
from mbscale.space.architecture import Architecture
from mbscale.space.block_strings import format_architecture
from mbscale.space.blocks import canonical_key
from mbscale.space.costs import COSTS, count_costs
from mbscale.space.encoding import Choice, decode, space_choices
from mbscale.space.network import Target
from mbscale.space.search_space import SearchSpace
from mbscale.space.stage_space import Option

Space = SearchSpace | ChoiceSpace
# An architecture, or one option by the name of each choice.
Design = Architecture | Mapping[str, Option]


def list_choices(space: Space) -> tuple[Choice, ...]:
    """The choices in the order of a vector's integers."""
    return space.choices if isinstance(space, ChoiceSpace) else space_choices(space)


def to_choice_space(space: Space, target: Target) -> ChoiceSpace:
    """What a sampler sees of the space, with costs at the target."""
    return space if isinstance(space, ChoiceSpace) else describe_space(space, target)


def realize(space: Space, vector: Sequence[int]) -> Design:
    """What a vector means; equal for vectors that mean one network.

    Raises ArchitectureError for a vector that is too long, too short or out of range.
    """
    if not isinstance(space, ChoiceSpace):
        return decode(space, vector)
    sizes = space.sizes
    if len(vector) != len(sizes) or not ((np.array(vector) >= 0) & (vector < sizes)).all():
        msg = f"{space.name} takes {len(sizes)} integers below {sizes.tolist()}; got {vector}"
        raise ArchitectureError(msg)
    (canonical,) = space.canonicalize(np.array([vector], dtype=np.int64))
    pairs = zip(space.choices, canonical.tolist(), strict=True)
    return {choice.name: choice.options[index] for choice, index in pairs}


def find_key(design: Design) -> str:
    """What equal designs share, and no others."""
    return canonical_key(design) if isinstance(design, Architecture) else format_design(design)


def format_design(design: Design) -> str:
    """A design in one line."""
    if isinstance(design, Architecture):
        return format_architecture(design)
    return " ".join(f"{name}={option}" for name, option in design.items())


def count_design(space: Space, target: Target, vector: Sequence[int]) -> dict[str, int]:
    """The costs of ``COSTS`` by name; 0 where a space of the user's own does not count one."""
    if not isinstance(space, ChoiceSpace):
        return count_costs(decode(space, vector), target)
    vectors = np.array([vector], dtype=np.int64)
    counted = {name: int(count(vectors)[0]) for name, count in space.counters.items()}
    return dict.fromkeys(COSTS, 0) | counted


def describe_space_settings(space: Space) -> dict[str, Any]:
    """What tells one space from another, as plain data."""
    if not isinstance(space, ChoiceSpace):
        return asdict(space)
    choices = [asdict(choice) for choice in space.choices]
    return {"name": space.name, "choices": choices, "levels": list(space.levels)}


def require_search_space(space: Space) -> SearchSpace:
    """The space, where it holds networks. Raises ConfigError for one of the user's own."""
    if isinstance(space, ChoiceSpace):
        msg = f"the space {space.name} holds no networks of mbscale; this step needs a SearchSpace"
        raise ConfigError(msg)
    return space

"""What a sampler sees of a space: ordered choices, and what a network of them costs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from optuna.trial import Trial

from mbscale.errors import ArchitectureError
from mbscale.space.canonical_vectors import CanonicalVectors
from mbscale.space.cost_table import CostTable
from mbscale.space.costs import Counter, list_counters
from mbscale.space.encoding import Choice, space_choices
from mbscale.space.network import Target
from mbscale.space.search_space import SearchSpace
from mbscale.space.stage_space import STAGE_CHOICES, Option

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_WIDTH = STAGE_CHOICES.index("width")


@dataclass(frozen=True, slots=True)
class StageCosts:
    """MACs and parameters ``(n,)``, and parameters of every stage ``(n, stages)``."""

    macs: IntArray
    params: IntArray
    stage_params: IntArray


def _leave(vectors: IntArray) -> IntArray:
    return vectors


def count_nothing(vectors: IntArray) -> StageCosts:
    """The costs of a space whose members all cost the same."""
    one = np.ones(len(vectors), dtype=np.int64)
    return StageCosts(one, one, np.zeros((len(vectors), 1), dtype=np.int64))


@dataclass(frozen=True, eq=False)
class ChoiceSpace:
    """Choices in the order of a vector's integers, and the exact cost of many vectors.

    ``count`` takes vectors ``(n, choices)``, and ``canonicalize`` makes those equal that
    mean one network. Spaces are told apart by identity, so that what is computed of one can
    be kept.
    """

    choices: tuple[Choice, ...]
    count: Callable[[IntArray], StageCosts] = count_nothing
    # The resolution, counted from 0, of every stage that ``count`` gives parameters of.
    levels: tuple[int, ...] = (0,)
    canonicalize: Callable[[IntArray], IntArray] = _leave
    # Costs by name; limits may be set on them. MACs and parameters are those of ``count``.
    counters: Mapping[str, Counter] = field(default_factory=dict[str, Counter])
    name: str = "own"

    def __post_init__(self) -> None:
        names = [choice.name for choice in self.choices]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice or not names:
            found = f"two are named {twice[0]!r}" if twice else "it has none"
            msg = f"a space needs choices with names of their own; {found}"
            raise ArchitectureError(msg)
        # Two vectors show whether ``count`` gives what it should.
        vectors = np.stack([np.zeros_like(self.sizes), self.sizes - 1])
        _check_costs(self.count(vectors), n_stages=len(self.levels))
        counters: dict[str, Counter] = {
            "macs": lambda vectors: self.count(vectors).macs,
            "params": lambda vectors: self.count(vectors).params,
        }
        object.__setattr__(self, "counters", counters | dict(self.counters))

    @property
    def sizes(self) -> IntArray:
        """The number of options of every choice."""
        return np.array([len(choice.options) for choice in self.choices], dtype=np.int64)

    @property
    def stages(self) -> tuple[int | str, ...]:
        """The stage of every choice; one without a stage is a stage of its own."""
        return tuple(
            choice.name if choice.stage is None else choice.stage for choice in self.choices
        )

    @property
    def kinds(self) -> tuple[str, ...]:
        """What every choice chooses: ``depth`` of ``stage1_depth``."""
        return tuple(choice.kind or choice.name for choice in self.choices)

    def suggest(self, trial: Trial) -> dict[str, Option]:
        """The option of every choice that an Optuna trial is to try, by the choice's name."""
        return {
            choice.name: choice.options[trial.suggest_int(choice.name, 0, len(choice.options) - 1)]
            for choice in self.choices
        }

    def sample(self, rng: np.random.Generator, n_vectors: int) -> IntArray:
        """Vectors with every choice uniform, ``(n_vectors, choices)``."""
        return rng.integers(self.sizes, size=(n_vectors, len(self.choices)), dtype=np.int64)


def _check_costs(costs: object, *, n_stages: int) -> None:
    """Raise ArchitectureError unless these are the costs of two vectors."""
    if not isinstance(costs, StageCosts):
        msg = f"count must return StageCosts, with arrays for many vectors; got {str(costs)[:60]}"
        raise ArchitectureError(msg)
    shapes = {"macs": (2,), "params": (2,), "stage_params": (2, n_stages)}
    for name, shape in shapes.items():
        values = np.asarray(getattr(costs, name))
        if values.shape != shape or not np.issubdtype(values.dtype, np.integer):
            msg = (
                f"count must give {name} of two vectors as whole numbers of shape {shape}, with "
                f"one column per level; got {values.dtype} of shape {values.shape}"
            )
            raise ArchitectureError(msg)
        least = 0 if name == "stage_params" else 1
        if (values < least).any():
            msg = f"count must give {name} of at least {least}; got {values.min()}"
            raise ArchitectureError(msg)


def list_keys(vectors: IntArray) -> list[bytes]:
    """The bytes of every vector, which tell vectors apart."""
    n_vectors, n_choices = vectors.shape
    if not n_choices:
        return [b""] * n_vectors
    rows = np.ascontiguousarray(vectors).view(f"V{n_choices * vectors.itemsize}")
    keys: list[bytes] = rows[:, 0].tolist()
    return keys


@lru_cache(maxsize=16)
def describe_space(space: SearchSpace, target: Target) -> ChoiceSpace:
    """The choices of a search space, with costs at the target."""
    strides = np.array([stage.stride for stage in space.stages])
    levels = np.cumsum(strides > 1)
    counter = _StageCounter(CostTable(space, target))
    canonicalize = CanonicalVectors(space).canonicalize
    return ChoiceSpace(
        space_choices(space),
        counter.count,
        tuple(levels.tolist()),
        canonicalize,
        list_counters(space, target),
        space.name,
    )


class _StageCounter:
    """Costs of whole networks and of their stages, with one look-up a stage.

    A row of a stage's table is found by one product of its choices and the width before.
    """

    def __init__(self, table: CostTable) -> None:
        # Only MACs and parameters, the first two columns, are used.
        self._fixed = (table.stem + table.head)[:, :2]
        self._rows = [np.ascontiguousarray(stage.reshape(-1, 3)[:, :2]) for stage in table.stages]
        shapes = [stage.shape[:-1] for stage in table.stages]
        n_choices = len(STAGE_CHOICES)
        places = np.zeros((n_choices * len(shapes), len(shapes)), dtype=np.int64)
        for stage, shape in enumerate(shapes):
            steps = np.cumprod([1, *shape[:0:-1]])[::-1]
            first = n_choices * stage
            places[first : first + n_choices, stage] = steps[1:]
            if stage:
                places[first - n_choices + _WIDTH, stage] = steps[0]
        # Matrix products of integers are slow; these are exact in float64.
        self._places = places.astype(np.float64)

    def count(self, vectors: IntArray) -> StageCosts:
        rows = (vectors.astype(np.float64) @ self._places).astype(np.int64)
        total = self._fixed[vectors[:, _WIDTH - len(STAGE_CHOICES)]]
        stage_params = np.empty(rows.shape, dtype=np.int64)
        for stage, table in enumerate(self._rows):
            costs = table.take(rows[:, stage], axis=0)
            stage_params[:, stage] = costs[:, 1]
            total = total + costs
        return StageCosts(total[:, 0], total[:, 1], stage_params)

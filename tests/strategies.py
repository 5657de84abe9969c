"""Hypothesis strategies for architectures and search spaces, shared by all tests."""

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

from mbscale.space.architecture import Architecture, Skip, Stage, Stem
from mbscale.space.encoding import decode, space_choices
from mbscale.space.operators import OPERATORS, Operator, sort_operators
from mbscale.space.search_space import SearchSpace, load_search_space, preset_names
from mbscale.space.stage_space import StageSpace

T = TypeVar("T")

SKIPS: tuple[Skip, ...] = ("none", "identity")


def labels(operator: Operator) -> tuple[str, ...]:
    """Labels of an operator for search spaces; two where it expands."""
    return (f"{operator}3", f"{operator}6") if OPERATORS[operator].expands else (operator,)


ALL_LABELS = sort_operators(label for operator in OPERATORS for label in labels(operator))


@st.composite
def stages(draw: st.DrawFn) -> Stage:
    """Any operator, kernel, expansion, SE and skip; narrow and at most three blocks."""
    operator = draw(st.sampled_from(list(OPERATORS)))
    spec = OPERATORS[operator]
    expand_ratios = [2, 3, 4.5, 6] if spec.expands else []
    if not spec.needs_expansion:
        expand_ratios.append(1)
    return Stage(
        operator=operator,
        width=draw(st.sampled_from([8, 12, 24])),
        depth=draw(st.integers(1, 3)),
        stride=draw(st.sampled_from([1, 2])),
        kernel_size=draw(st.sampled_from([3, 5, 7])),
        expand_ratio=draw(st.sampled_from(expand_ratios)),
        se_ratio=draw(st.sampled_from([0, 0.25])) if spec.has_se else 0,
        skip=draw(st.sampled_from(SKIPS)) if spec.can_skip else "none",
        activation=draw(st.sampled_from([None, None, "relu", "hard_swish"])),
    )


def stems() -> st.SearchStrategy[Stem]:
    """Every stride and pooling."""
    return st.builds(
        Stem,
        width=st.sampled_from([8, 12, 16]),
        kernel_size=st.sampled_from([3, 7]),
        stride=st.sampled_from([1, 2]),
        pool=st.sampled_from(["none", "max"]),
    )


def architectures() -> st.SearchStrategy[Architecture]:
    """One to four stages; all operators, activations and stems; with and without a head."""
    return st.builds(
        Architecture,
        stem=stems(),
        stages=st.lists(stages(), min_size=1, max_size=4).map(tuple),
        head_width=st.sampled_from([0, 32]),
        activation=st.sampled_from(["silu", "relu", "relu6", "hard_swish"]),
        se_gate=st.sampled_from(["sigmoid", "hard_sigmoid"]),
        classifier_width=st.sampled_from([0, 0, 20]),
        bn_eps=st.sampled_from([1e-5, 1e-3]),
        bn_momentum=st.sampled_from([0.01, 0.1]),
        dropout=st.sampled_from([0.0, 0.2]),
        drop_path=st.sampled_from([0.0, 0.2]),
    )


def presets() -> st.SearchStrategy[SearchSpace]:
    """The spaces that come with the package."""
    return st.sampled_from(preset_names()).map(load_search_space)


def small_spaces(*, max_stages: int = 3) -> st.SearchStrategy[SearchSpace]:
    """Spaces of few members, where alike stages meet and many choices cannot matter."""
    return st.builds(
        SearchSpace,
        name=st.just("drawn"),
        stem=st.builds(Stem, width=st.sampled_from([8, 16])),
        head_width=st.sampled_from([0, 16]),
        stages=st.lists(_stage_spaces(), min_size=1, max_size=max_stages).map(tuple),
    )


def _stage_spaces() -> st.SearchStrategy[StageSpace]:
    return st.builds(
        StageSpace,
        stride=st.sampled_from([1, 1, 2]),
        operators=_some(ALL_LABELS, most=2),
        kernel_sizes=_some((3, 5), most=1),
        se_ratios=_some((0.0, 0.25, 0.3), most=2),
        skips=_some(SKIPS, most=2),
        widths=_some((8, 16), most=2),
        depths=_some((1, 2, 3), most=2),
    )


def _some(options: Sequence[T], *, most: int) -> st.SearchStrategy[tuple[T, ...]]:
    """One to ``most`` of the options, in their order."""
    positions = st.sets(st.sampled_from(range(len(options))), min_size=1, max_size=most)
    return positions.map(lambda chosen: tuple(options[i] for i in sorted(chosen)))


def vectors(space: SearchSpace) -> st.SearchStrategy[tuple[int, ...]]:
    """Any vector of a space."""
    return st.tuples(*[st.integers(0, len(c.options) - 1) for c in space_choices(space)])


def members(space: SearchSpace) -> st.SearchStrategy[Architecture]:
    """Any member of a space."""
    return vectors(space).map(lambda vector: decode(space, vector))


def spaces_with_vectors(
    *, most: int = 1, spaces: st.SearchStrategy[SearchSpace] | None = None
) -> st.SearchStrategy[tuple[SearchSpace, list[tuple[int, ...]]]]:
    """A space, a preset unless told otherwise, and one to ``most`` of its vectors."""
    chosen = presets() if spaces is None else spaces
    return chosen.flatmap(
        lambda space: st.tuples(st.just(space), st.lists(vectors(space), min_size=1, max_size=most))
    )

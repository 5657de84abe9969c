"""The choices of one stage: as a file words them, and the values that they come to."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import KW_ONLY, fields
from typing import TypeVar, cast

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Skip, Stage
from mbscale.space.operators import OPERATORS, parse_operator, sort_operators
from mbscale.space.rounding import round_channels
from mbscale.strict_dataclass import strict_dataclass

Option = str | int | float
Number = TypeVar("Number", int, float)

STAGE_CHOICES = ("operator", "kernel_size", "se_ratio", "skip", "width", "depth")
_SKIPS: tuple[Skip, ...] = ("none", "identity")


@strict_dataclass
class StageSpace:
    """The values that a stage may take; each ascending and distinct.

    Operators are labels: names of ``OPERATORS``, those that expand with their expansion,
    such as ``ds`` and ``mbconv6``; they ascend by expansion. An operator without SE or
    without skip has none, whatever ``se_ratios`` and ``skips`` say.
    """

    stride: int
    operators: tuple[str, ...]
    kernel_sizes: tuple[int, ...]
    se_ratios: tuple[float, ...]
    skips: tuple[Skip, ...]
    widths: tuple[int, ...]
    depths: tuple[int, ...]

    def __post_init__(self) -> None:
        ordered = (
            sort_operators(self.operators),
            _ascending(self.kernel_sizes),
            _ascending(self.se_ratios),
            tuple(skip for skip in _SKIPS if skip in self.skips),
            _ascending(self.widths),
            _ascending(self.depths),
        )
        for name, options, wanted in zip(STAGE_CHOICES, self.options(), ordered, strict=True):
            if not options or options != wanted:
                msg = f"{name} must hold at least one option, ascending and distinct; got {options}"
                raise ArchitectureError(msg)
        self._check_each_option()

    def _check_each_option(self) -> None:
        # What an option may be depends on the operator alone.
        _, *others = self.options()
        first = [options[0] for options in others]
        for position, options in enumerate(others):
            for operator, option in itertools.product(self.operators, options):
                self.make_stage((operator, *first[:position], option, *first[position + 1 :]))

    def options(self) -> tuple[tuple[Option, ...], ...]:
        """The options of each choice, in the order of ``STAGE_CHOICES``."""
        return (
            self.operators,
            self.kernel_sizes,
            self.se_ratios,
            self.skips,
            self.widths,
            self.depths,
        )

    def make_stage(self, values: Sequence[Option]) -> Stage:
        """The stage with one value of each choice, in the order of ``STAGE_CHOICES``."""
        label, kernel_size, se_ratio, skip, width, depth = values
        operator, expand_ratio = parse_operator(str(label))
        spec = OPERATORS[operator]
        return Stage(
            operator=operator,
            width=int(width),
            depth=int(depth),
            stride=self.stride,
            kernel_size=int(kernel_size),
            expand_ratio=expand_ratio,
            se_ratio=float(se_ratio) if spec.has_se else 0.0,
            skip=cast("Skip", skip) if spec.can_skip else "none",
        )


def _ascending(values: Iterable[Number]) -> tuple[Number, ...]:
    return tuple(sorted(set(values)))


@strict_dataclass
class StageChoices:
    """A stage as a file words it; what is not given comes from the file's ``defaults``.

    Widths are ``widths``, or ``width`` times each of ``width_multipliers`` rounded to a
    multiple of 8. Depths are ``depths``, or ``depth`` plus each of ``depth_deltas``, at
    least 1. Options that come to the same value are one option. Without a word about
    them, ``width_multipliers`` is 1, ``depth_deltas`` 0, ``kernel_sizes`` 3,
    ``se_ratios`` 0 and ``skips`` identity.
    """

    _: KW_ONLY
    stride: int | None = None
    operators: tuple[str, ...] | None = None
    kernel_sizes: tuple[int, ...] | None = None
    se_ratios: tuple[float, ...] | None = None
    skips: tuple[Skip, ...] | None = None
    width: int | None = None
    width_multipliers: tuple[float, ...] | None = None
    widths: tuple[int, ...] | None = None
    depth: int | None = None
    depth_deltas: tuple[int, ...] | None = None
    depths: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        for listed, computed in _ALTERNATIVES:
            if self._has(listed) and any(self._has(name) for name in computed):
                msg = f"{listed} and {' or '.join(computed)} exclude each other"
                raise ArchitectureError(msg)

    def _has(self, name: str) -> bool:
        return getattr(self, name) is not None

    def over(self, defaults: "StageChoices") -> "StageChoices":
        """These choices, and those of ``defaults`` for what is not given here."""
        hidden = {name for name in _FIELDS if self._has(name)}
        for listed, computed in _ALTERNATIVES:
            hidden |= set(computed) if self._has(listed) else set()
            hidden |= {listed} if any(self._has(name) for name in computed) else set()
        given = {name: getattr(self, name) for name in _FIELDS}
        inherited = {name: getattr(defaults, name) for name in _FIELDS if name not in hidden}
        return StageChoices(**{**given, **inherited})

    def realize(self) -> StageSpace:
        """The values that the choices come to."""
        if self.stride is None or not self.operators:
            msg = "stride and operators must be given, for the stage or in defaults"
            raise ArchitectureError(msg)
        skips: tuple[Skip, ...] = ("identity",) if self.skips is None else self.skips
        return StageSpace(
            stride=self.stride,
            operators=sort_operators(self.operators),
            kernel_sizes=_ascending((3,) if self.kernel_sizes is None else self.kernel_sizes),
            se_ratios=_ascending((0.0,) if self.se_ratios is None else self.se_ratios),
            skips=tuple(skip for skip in _SKIPS if skip in skips),
            widths=_ascending(self._widths()),
            depths=_ascending(self._depths()),
        )

    def _widths(self) -> tuple[int, ...]:
        if self.widths is not None:
            return self.widths
        multipliers = (1.0,) if self.width_multipliers is None else self.width_multipliers
        if self.width is None or min((self.width, *multipliers)) <= 0:
            msg = "widths, or width and width_multipliers above 0, must be given"
            raise ArchitectureError(msg)
        return tuple(round_channels(self.width * multiplier) for multiplier in multipliers)

    def _depths(self) -> tuple[int, ...]:
        if self.depths is not None:
            return self.depths
        if self.depth is None or self.depth < 1:
            msg = "depths, or depth of at least 1 and depth_deltas, must be given"
            raise ArchitectureError(msg)
        deltas = (0,) if self.depth_deltas is None else self.depth_deltas
        return tuple(max(1, self.depth + delta) for delta in deltas)


_FIELDS = tuple(field.name for field in fields(StageChoices))
_ALTERNATIVES = (
    ("widths", ("width", "width_multipliers")),
    ("depths", ("depth", "depth_deltas")),
)

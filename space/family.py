"""The scaled family of a baseline: B0 to B7, or any steps."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from mbscale.errors import ArchitectureError, ConfigError
from mbscale.space.network import Network, Target
from mbscale.space.published import EFFICIENTNET_COEFFICIENTS
from mbscale.space.rounding import DepthRounding
from mbscale.space.scaling import (
    LARGEST_FACTOR,
    CompoundConstants,
    scale_architecture,
    scale_resolution,
    total_stride,
)
from mbscale.strict_dataclass import settings_dataclass

FamilyMode = Literal["phi", "matched", "published"]

# The last step of the paper's family; dropout reaches its second value there.
_LAST_PHI = 7
_HALVINGS = 60

Phi = Annotated[float, Field(ge=-10, le=20)]
Rate = Annotated[float, Field(ge=0, le=0.99)]


@settings_dataclass
class FamilySettings:
    """Which members a family has and how they are rounded."""

    mode: Annotated[
        FamilyMode,
        Field(
            description="How members grow. phi: powers of the scaling constants, as in the paper. "
            "matched: along the same line, to the network whose MACs are nearest to multiple ** "
            "phi. published: the coefficients of EfficientNet's code, which are no powers."
        ),
    ] = "phi"
    phi: Annotated[
        tuple[Phi, ...],
        Field(
            description="Members of the family, one per step phi, fractions included; in published "
            "the numbers of the members, 0 to 7."
        ),
    ] = (0, 1, 2, 3, 4, 5, 6, 7)
    multiple: Annotated[
        float,
        Field(
            ge=1.1,
            le=8,
            description="MACs of a member in matched, as a multiple of those one step of phi "
            "below.",
        ),
    ] = 2.0
    resolution_multiple: Annotated[
        int | None,
        Field(
            ge=1,
            le=65_536,
            description="Resolutions are multiples of this many pixels. null takes the total "
            "stride of the baseline, and 1 in published.",
        ),
    ] = None
    max_resolution: Annotated[
        int | None,
        Field(
            ge=1,
            le=65_536,
            description="Largest resolution in pixels; EfficientNetV2 stops at 480. null sets no "
            "limit.",
        ),
    ] = None
    depth_rounding: Annotated[
        DepthRounding,
        Field(
            description="Rounding of scaled depths. ceil rounds up, as EfficientNet's code does; "
            "round is closer to the formula."
        ),
    ] = "ceil"
    width_divisor: Annotated[
        int, Field(ge=1, le=1024, description="Scaled widths are multiples of this.")
    ] = 8
    dropout: Annotated[
        tuple[Rate, Rate],
        Field(
            description="Dropout before the classifier at phi 0 and at phi 7, linear between and "
            "constant beyond. published takes the steps of EfficientNet's code instead."
        ),
    ] = (0.2, 0.5)
    drop_path: Annotated[
        tuple[Rate, Rate],
        Field(
            description="Drop path of the last block at phi 0 and at phi 7, linear between and "
            "constant beyond; 0.2 for all members in EfficientNet's code."
        ),
    ] = (0.2, 0.2)

    def __post_init__(self) -> None:
        if not self.phi or len(set(self.phi)) < len(self.phi):
            msg = f"phi must name at least one step, each once; got {list(self.phi)}"
            raise ConfigError(msg)
        for phi in self.phi:
            if self.mode == "published" and phi not in range(_LAST_PHI + 1):
                msg = f"the published mode has the members 0 to {_LAST_PHI}; got phi {phi:g}"
                raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class FamilyMember:
    """One network of a family.

    ``depth``, ``width`` and ``resolution`` are the factors before rounding, and
    ``nominal_ratio`` is ``depth * width**2 * resolution**2``. ``measured_ratio`` is the
    MACs over the baseline's. ``phi`` is missing in the published mode: the coefficients
    of b1 to b7 are no powers of anything.
    """

    phi: float | None
    network: Network
    depth: float
    width: float
    resolution: float
    macs: int
    params: int
    activations: int
    nominal_ratio: float
    measured_ratio: float


@dataclass(frozen=True, slots=True)
class Family:
    """The members in the order of the settings, and what a user should know of them."""

    members: tuple[FamilyMember, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Factors:
    depth: float
    width: float
    resolution: float

    @property
    def nominal(self) -> float:
        return self.depth * self.width**2 * self.resolution**2


# tensorflow/tpu models/official/efficientnet/efficientnet_builder.py at 7dc921f.
_PUBLISHED: Mapping[int, tuple[_Factors, float]] = MappingProxyType(
    {
        number: (_Factors(depth, width, resolution / 224), dropout)
        for number, (width, depth, resolution, dropout) in enumerate(
            EFFICIENTNET_COEFFICIENTS.values()
        )
    }
)


def make_family(
    baseline: Network, constants: CompoundConstants, settings: FamilySettings
) -> Family:
    """The scaled networks, ``b<phi>`` by name; the constants do not matter when published."""
    if settings.max_resolution and settings.max_resolution < baseline.target.resolution:
        msg = (
            f"max_resolution must be at least the {baseline.target.resolution} pixels of the "
            f"baseline; got {settings.max_resolution}"
        )
        raise ConfigError(msg)
    members = tuple(_make_member(baseline, constants, settings, phi=phi) for phi in settings.phi)
    return Family(members, tuple(_warn(members)))


def _make_member(
    baseline: Network, constants: CompoundConstants, settings: FamilySettings, *, phi: float
) -> FamilyMember:
    if settings.mode == "published":
        factors, dropout = _PUBLISHED[int(phi)]
    else:
        if settings.mode == "phi":
            factors = _raise(constants, phi)
        else:
            factors = _match(baseline, constants, settings, phi=phi)
        dropout = _ramp(settings.dropout, phi)
    scaled = _scale(baseline, factors, settings)
    architecture = replace(
        scaled.architecture, dropout=dropout, drop_path=_ramp(settings.drop_path, phi)
    )
    cost = scaled.count_cost()
    return FamilyMember(
        phi=None if settings.mode == "published" else phi,
        network=Network(f"b{phi:g}", architecture, scaled.target),
        depth=factors.depth,
        width=factors.width,
        resolution=factors.resolution,
        macs=cost.macs,
        params=cost.params,
        activations=cost.activations,
        nominal_ratio=factors.nominal,
        measured_ratio=cost.macs / baseline.count_cost().macs,
    )


def _raise(constants: CompoundConstants, phi: float) -> _Factors:
    return _Factors(constants.alpha**phi, constants.beta**phi, constants.gamma**phi)


def _scale(baseline: Network, factors: _Factors, settings: FamilySettings) -> Network:
    architecture = scale_architecture(
        baseline.architecture,
        depth=factors.depth,
        width=factors.width,
        depth_rounding=settings.depth_rounding,
        width_divisor=settings.width_divisor,
    )
    multiple = settings.resolution_multiple
    if multiple is None:
        multiple = 1 if settings.mode == "published" else total_stride(baseline.architecture)
    native = baseline.target.resolution
    resolution = scale_resolution(
        native, factors.resolution, multiple=multiple, most=settings.max_resolution
    )
    return Network(baseline.name, architecture, Target(resolution, baseline.target.num_classes))


def _match(
    baseline: Network, constants: CompoundConstants, settings: FamilySettings, *, phi: float
) -> _Factors:
    """The powers of the constants whose realised network is nearest to ``multiple ** phi``."""
    if phi == 0:
        return _Factors(1, 1, 1)
    if constants.nominal_multiple == 1:
        msg = "constants of 1 scale nothing, so that no cost can be matched; one must be above 1"
        raise ConfigError(msg)
    wanted = baseline.count_cost().macs * settings.multiple**phi

    def count(power: float) -> int:
        return _scale(baseline, _raise(constants, power), settings).count_cost().macs

    # MACs never fall along the line, so halving finds the step around the wanted cost.
    near, far = 0.0, math.copysign(_largest_power(constants), phi)
    if (count(far) - wanted) * phi < 0:
        cap = settings.max_resolution
        limit = f", nor the resolution beyond {cap}" if cap is not None else ""
        msg = (
            f"{settings.multiple:g} ** {phi:g} times the cost of {baseline.name} is out of reach: "
            f"no factor goes beyond {LARGEST_FACTOR:g}{limit}; a phi nearer to 0 would do"
        )
        raise ArchitectureError(msg)
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        is_short = (count(middle) - wanted) * phi < 0
        near, far = (middle, far) if is_short else (near, middle)
    power = min(near, far, key=lambda power: abs(math.log(count(power) / wanted)))
    return _raise(constants, power)


def _largest_power(constants: CompoundConstants) -> float:
    largest = max(constants.alpha, constants.beta, constants.gamma)
    return (1 - 1e-9) * math.log(LARGEST_FACTOR) / math.log(largest)


def _ramp(rates: tuple[float, float], phi: float) -> float:
    share = min(1.0, max(0.0, phi / _LAST_PHI))
    return round(rates[0] + (rates[1] - rates[0]) * share, 4)


def _warn(members: tuple[FamilyMember, ...]) -> Iterator[str]:
    if any(member.phi is not None and member.phi < 0 for member in members):
        yield (
            "negative phi is not the inverse recipe: for smaller networks resolution and depth "
            "matter more than width (TinyNet, arXiv:2010.14819)"
        )
    seen: dict[tuple[object, int], str] = {}
    for member in members:
        network = member.network
        bare = replace(network.architecture, dropout=0.0, drop_path=0.0)
        twin = seen.setdefault((bare, network.target.resolution), network.name)
        if twin != network.name:
            yield f"{network.name} is the same network as {twin}: rounding left no step between"

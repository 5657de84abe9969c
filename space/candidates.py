"""Ways of scaling a baseline to one cost: realised networks, with controls beside them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from mbscale.space.blocks import canonical_key
from mbscale.space.candidate_settings import CandidateSettings
from mbscale.space.network import Network, Target
from mbscale.space.scaled_costs import (
    FloatArray,
    IntArray,
    realize_points,
)
from mbscale.space.scaling import PAPER_CONSTANTS

# How a control spends ``s`` times the cost: depth s**a, width s**b, resolution s**c.
# "dWr" is the width-heavy rule of Dollar et al., 2021 (arXiv:2103.06877), alpha = 0.8.
CONTROLS: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "depth": (1, 0, 0),
        "width": (0, 1 / 2, 0),
        "resolution": (0, 0, 1 / 2),
        "uniform": (1 / 3, 1 / 6, 1 / 6),
        "dWr": (0.1, 0.4, 0.05),
        "paper": (
            math.log(PAPER_CONSTANTS.alpha, PAPER_CONSTANTS.nominal_multiple),
            math.log(PAPER_CONSTANTS.beta, PAPER_CONSTANTS.nominal_multiple),
            math.log(PAPER_CONSTANTS.gamma, PAPER_CONSTANTS.nominal_multiple),
        ),
    }
)

_MOST_WIDENINGS = 2
# A billionth below the tolerance, as floating point would else decide what stands on
# its edge. The published counts (108 points, 65 networks) leave the edge out.
_EDGE = 1e-9
_STEPS_OF_A_CONTROL = 240
# A control this far from the multiple is no longer compared at matched cost.
_FAR_CONTROL = 0.15


@dataclass(frozen=True, slots=True)
class ScalingCandidate:
    """One realised network and the constants that lead to it.

    Many constants lead to the same network: the ones given have the nominal product
    nearest to the multiple, and ``n_points`` counts the grid points that share it.
    ``measured_ratio`` is the MACs over the baseline's, at ``phi_search``. ``control``
    names the controls that the network stands for, joined by "+".
    """

    alpha: float
    beta: float
    gamma: float
    nominal_product: float
    network: Network
    macs: int
    params: int
    activations: int
    measured_ratio: float
    n_points: int
    control: str | None

    @property
    def key(self) -> str:
        """What two candidates share when they are the same network at the same resolution."""
        return network_key(self.network)


@dataclass(frozen=True, slots=True)
class CandidateSet:
    """The candidates of a baseline, controls first, and how they were found.

    ``n_points`` of the grid met the constraint; they are ``n_networks`` networks.
    ``tolerance`` is the one that was used, and ``warnings`` says so when it was widened.
    """

    baseline: Network
    candidates: tuple[ScalingCandidate, ...]
    n_points: int
    n_networks: int
    tolerance: float
    warnings: tuple[str, ...]


# Asked for again at every evaluation, and a millisecond each.
@lru_cache(maxsize=4096)
def network_key(network: Network) -> str:
    """The canonical key of the architecture, with the resolution."""
    return f"{canonical_key(network.architecture)}-{network.target.resolution}"


def as_candidate(baseline: Network) -> ScalingCandidate:
    """The baseline itself, to be trained beside its candidates."""
    cost = baseline.count_cost()
    return ScalingCandidate(
        alpha=1.0,
        beta=1.0,
        gamma=1.0,
        nominal_product=1.0,
        network=baseline,
        macs=cost.macs,
        params=cost.params,
        activations=cost.activations,
        measured_ratio=1.0,
        n_points=0,
        control="baseline",
    )


def find_candidates(baseline: Network, settings: CandidateSettings) -> CandidateSet:
    """Every distinct network of the grid that costs the multiple, and the controls."""
    constants = np.stack(np.meshgrid(*settings.axes(), indexing="ij"), axis=-1).reshape(-1, 3)
    grid = _Grid(baseline, constants, settings)
    tolerance = settings.tolerance
    points = grid.points_within(tolerance)
    for _ in range(_MOST_WIDENINGS):
        if grid.count_networks(points) >= settings.min_networks:
            break
        tolerance = min(2 * tolerance, 0.5)
        points = grid.points_within(tolerance)
    n_networks = grid.count_networks(points)
    controls = find_controls(baseline, settings)
    warnings = [
        *_warn(settings, tolerance=tolerance, n_networks=n_networks),
        *_warn_of_controls(settings, controls),
    ]
    return CandidateSet(
        baseline=baseline,
        candidates=_merge(controls, grid.describe(points)),
        n_points=len(points),
        n_networks=n_networks,
        tolerance=tolerance,
        warnings=tuple(warnings),
    )


def find_controls(baseline: Network, settings: CandidateSettings) -> tuple[ScalingCandidate, ...]:
    """Each rule of ``CONTROLS``, at the scale whose measured MACs are nearest to the multiple."""
    total = settings.multiple**settings.phi_search
    # Depth or width alone may need more than its share of the formula, as stem and head
    # hold on to their cost.
    costs = np.geomspace(1, min(total**2.5, 100.0), _STEPS_OF_A_CONTROL + 1)[1:]
    controls: list[ScalingCandidate] = []
    for name, shares in CONTROLS.items():
        # Dollar et al. round depths to the nearest: rounded up, 7 % more depth would add
        # a block to every stage and leave nothing for the width.
        rules = replace(settings, depth_rounding="round") if name == "dWr" else settings
        ray = _Grid(baseline, (costs[:, None] ** shares) ** (1 / settings.phi_search), rules)
        nearest = ray.describe(ray.nearest_points())[0]
        controls.append(replace(nearest, n_points=0, control=name))
    return tuple(controls)


class _Grid:
    """Constants (points, 3) with what they come down to."""

    def __init__(
        self, baseline: Network, constants: FloatArray, settings: CandidateSettings
    ) -> None:
        self._baseline, self._settings = baseline, settings
        self._constants = constants
        factors = constants**settings.phi_search
        self._realized = realize_points(baseline, factors, settings.rules(baseline))
        self._nominal = constants[:, 0] * constants[:, 1] ** 2 * constants[:, 2] ** 2
        self._ratio = self._realized.macs / baseline.count_cost().macs

    def points_within(self, tolerance: float) -> IntArray:
        """The points that meet the constraint."""
        settings = self._settings
        if settings.constraint == "nominal":
            distance = np.abs(self._nominal / settings.multiple - 1)
        else:
            measured = self._ratio / settings.multiple**settings.phi_search
            distance = np.abs(measured - 1)[self._realized.network_of]
        return np.flatnonzero(distance <= tolerance - _EDGE)

    def nearest_points(self) -> IntArray:
        """The points of the network, other than the baseline, nearest to the multiple."""
        total = self._settings.multiple**self._settings.phi_search
        distance = np.abs(np.log(self._ratio / total))
        distance[self._ratio == 1] = np.inf
        return np.flatnonzero(self._realized.network_of == int(np.argmin(distance)))

    def count_networks(self, points: IntArray) -> int:
        return len(np.unique(self._realized.network_of[points]))

    def describe(self, points: IntArray) -> tuple[ScalingCandidate, ...]:
        """One candidate for each distinct network of ``points``."""
        network_of = self._realized.network_of[points]
        distance = np.abs(np.log(self._nominal[points] / self._settings.multiple))
        nearest_first = points[np.lexsort((distance, network_of))]
        _, first, counts = np.unique(
            self._realized.network_of[nearest_first], return_index=True, return_counts=True
        )
        found = sorted(zip(nearest_first[first], counts, strict=True))
        return tuple(self._describe(int(point), n_points=int(count)) for point, count in found)

    def _describe(self, point: int, *, n_points: int) -> ScalingCandidate:
        alpha, beta, gamma = (float(value) for value in self._constants[point])
        realized, index = self._realized, int(self._realized.network_of[point])
        resolution = realized.resolution(index)
        name = f"{self._baseline.name}-d{alpha:.3g}-w{beta:.3g}-r{resolution}"
        target = Target(resolution, self._baseline.target.num_classes)
        return ScalingCandidate(
            alpha=alpha,
            beta=beta,
            gamma=gamma,
            nominal_product=float(self._nominal[point]),
            network=Network(name, realized.architecture(index), target),
            macs=int(realized.macs[index]),
            params=int(realized.params[index]),
            activations=int(realized.activations[index]),
            measured_ratio=float(self._ratio[index]),
            n_points=n_points,
            control=None,
        )


def _merge(
    controls: tuple[ScalingCandidate, ...], others: tuple[ScalingCandidate, ...]
) -> tuple[ScalingCandidate, ...]:
    # Scaled copies of one baseline are the same network exactly when they are equal:
    # the slower canonical key is not needed.
    merged: dict[tuple[object, Target], ScalingCandidate] = {}
    for candidate in (*controls, *others):
        key = (candidate.network.architecture, candidate.network.target)
        known = merged.setdefault(key, candidate)
        if known is not candidate:
            names = [name for name in (known.control, candidate.control) if name]
            merged[key] = replace(
                known,
                control="+".join(names) or None,
                n_points=known.n_points + candidate.n_points,
            )
    return tuple(merged.values())


def _warn(settings: CandidateSettings, *, tolerance: float, n_networks: int) -> list[str]:
    multiple = f"{settings.multiple**settings.phi_search:g} times the baseline's MACs"
    if not n_networks:
        return [
            f"no network of the grid costs within {tolerance:.1%} of {multiple}: the controls "
            "alone are compared, each at the cost nearest to it"
        ]
    if tolerance == settings.tolerance:
        return []
    return [
        f"fewer than {settings.min_networks} distinct networks cost within "
        f"{settings.tolerance:.1%} of {multiple}; the tolerance was widened to {tolerance:.1%}"
    ]


def _warn_of_controls(
    settings: CandidateSettings, controls: tuple[ScalingCandidate, ...]
) -> list[str]:
    total = settings.multiple**settings.phi_search
    return [
        f"the control {entry.control} costs {entry.measured_ratio:.2f} times the baseline's MACs "
        f"instead of {total:.3g}: rounding or max_resolution leaves no nearer network"
        for entry in controls
        if abs(entry.measured_ratio / total - 1) > _FAR_CONTROL
    ]

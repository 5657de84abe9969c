"""scaling.yaml: the constants that stage 2 ended with, and what they rest on."""

from pathlib import Path

from mbscale.errors import ConfigError
from mbscale.results.files import replace_file
from mbscale.search.scaling.find_constants import ScalingOutcome
from mbscale.search.scaling.response_surface import Interval
from mbscale.space.candidates import network_key
from mbscale.space.scaling import CompoundConstants
from mbscale.strict_dataclass import strict_dataclass
from mbscale.strict_yaml import dump_yaml, parse_strict, read_yaml

SCHEMA_VERSION = 1


@strict_dataclass
class ScalingFile:
    """The keys of scaling.yaml; only the constants are needed to make a family.

    The intervals (low, high) hold all at once with 95 %. ``nominal_product`` is
    ``alpha * beta**2 * gamma**2``, ``measured_product`` the MACs at phi = 1 over the
    baseline's.
    """

    schema_version: int
    alpha: float
    beta: float
    gamma: float
    nominal_product: float | None = None
    measured_product: float | None = None
    alpha_interval: tuple[float, float] | None = None
    beta_interval: tuple[float, float] | None = None
    gamma_interval: tuple[float, float] | None = None
    verdict: str = ""
    tied: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    surface: dict[str, float | int | bool | None] | None = None
    provenance: dict[str, str | int | float | bool | None] | None = None

    @property
    def constants(self) -> CompoundConstants:
        """The constants; ArchitectureError where one is out of range."""
        return CompoundConstants(self.alpha, self.beta, self.gamma)


def describe_outcome(outcome: ScalingOutcome) -> ScalingFile:
    """What scaling.yaml holds of an outcome."""
    constants, split, settings = outcome.constants, outcome.split, outcome.task.settings
    tied = [entry for entry in outcome.trained if entry.candidate.key in outcome.tied]
    baseline = outcome.task.baseline
    return ScalingFile(
        schema_version=SCHEMA_VERSION,
        alpha=constants.alpha,
        beta=constants.beta,
        gamma=constants.gamma,
        nominal_product=constants.nominal_multiple,
        measured_product=outcome.measured_product,
        alpha_interval=_pair(split.alpha),
        beta_interval=_pair(split.beta),
        gamma_interval=_pair(split.gamma),
        verdict=outcome.comparison.statement,
        tied=tuple(entry.candidate.network.name for entry in tied),
        messages=outcome.messages,
        surface={
            "is_fitted": outcome.is_fitted,
            "leave_one_out_error": outcome.surface_error,
            "n_networks": sum(bool(entry.evaluations) for entry in outcome.trained),
            "seed_deviation": outcome.noise.deviation if outcome.noise else None,
        },
        provenance={
            "baseline": baseline.name,
            "baseline_key": network_key(baseline),
            "baseline_macs": baseline.count_cost().macs,
            "metric": settings.metric,
            "multiple": settings.candidates.multiple,
            "phi_search": settings.candidates.phi_search,
            "constraint": settings.candidates.constraint,
            "depth_rounding": settings.candidates.depth_rounding,
            "tolerance": outcome.found.tolerance,
            "confirmed_at_phi_2": bool(outcome.confirmations),
            "epochs": outcome.task.epochs,
            "proxy_resolution": outcome.task.proxy_resolution,
            "n_seeds": settings.n_seeds,
            "seed": outcome.task.seed,
        },
    )


def write_scaling(path: Path, outcome: ScalingOutcome) -> None:
    """Replace scaling.yaml whole."""
    replace_file(path, dump_yaml(describe_outcome(outcome)))


def read_scaling(path: Path) -> ScalingFile:
    """The constants in a scaling.yaml, written by a run or by hand. Raises ConfigError."""
    data = read_yaml(path, error=ConfigError)
    file = parse_strict(ScalingFile, data, where=str(path), error=ConfigError)
    if file.schema_version != SCHEMA_VERSION:
        msg = f"{path}: schema_version must be {SCHEMA_VERSION}; got {file.schema_version}"
        raise ConfigError(msg)
    return file


def _pair(interval: Interval) -> tuple[float, float]:
    return (interval.low, interval.high)

"""What the steps of a run found, as tables for a person or as plain data for a program."""

from mbscale.cli.console import Cell, print_note, print_table
from mbscale.search.confirm import Confirmation
from mbscale.search.scaling.confirm import Confirmation as ScalingConfirmation
from mbscale.search.scaling.find_constants import ScalingOutcome
from mbscale.search.scaling.response_surface import Interval
from mbscale.space.family import Family, FamilyMember
from mbscale.steps.run import Run


def describe_confirmed(run: Run, done: Confirmation) -> dict[str, object]:
    """The baseline's numbers; accuracies from 0 to 1."""
    best = done.networks[0]
    return {
        "folder": str(run.folder.path),
        "accuracy": best.accuracy,
        "accuracy_low": best.low,
        "accuracy_high": best.high,
        "test_accuracy": done.test_accuracy,
        "macs": best.macs,
        "params": best.params,
        "n_tied": sum(row.is_tied for row in done.networks),
    }


def print_confirmed(done: Confirmation) -> None:
    """The confirmed networks, highest mean reward first."""
    rows = [
        (
            f"trial {row.number}",
            f"{row.macs:,}",
            f"{100 * row.accuracy:.2f} %",
            f"{100 * row.low:.2f} to {100 * row.high:.2f}",
            f"{100 * row.probability_best:.0f} %",
            "yes" if row.is_tied else "no",
        )
        for row in done.networks
    ]
    columns = ("network", "MACs", "accuracy", "95 % interval", "is best", "tied")
    print_table("Confirmed with fresh seeds, highest mean reward first", columns, rows)
    print_note(f"test accuracy of the baseline: {100 * done.test_accuracy:.2f} %")


def describe_scaling(outcome: ScalingOutcome, family: Family) -> dict[str, object]:
    """The constants with both products, and the members of the family."""
    constants = outcome.constants
    return {
        "alpha": constants.alpha,
        "beta": constants.beta,
        "gamma": constants.gamma,
        "alpha_interval": _pair(outcome.split.alpha),
        "beta_interval": _pair(outcome.split.beta),
        "gamma_interval": _pair(outcome.split.gamma),
        "tied": _name_tied(outcome),
        "leave_one_out_error": outcome.surface_error,
        "nominal_product": constants.nominal_multiple,
        "measured_product": outcome.measured_product,
        "verdict": outcome.comparison.statement,
        "confirmations": [_describe_confirmation(entry) for entry in outcome.confirmations],
        "family": [describe_member(member) for member in family.members],
    }


def _describe_confirmation(entry: ScalingConfirmation) -> dict[str, object]:
    candidate, score = entry.trained.candidate, entry.score
    return {
        "alpha": candidate.alpha,
        "beta": candidate.beta,
        "gamma": candidate.gamma,
        "control": candidate.control,
        "macs": candidate.macs,
        "measured_ratio": candidate.measured_ratio,
        "score": score.best if score else None,
        "score_interval": _pair(score) if score else None,
        "is_tied": entry.is_tied,
        "is_chosen": entry.is_chosen,
    }


def _pair(interval: Interval) -> list[float]:
    return [interval.low, interval.high]


def _name_tied(outcome: ScalingOutcome) -> list[str]:
    """The networks that cannot be told from the best one; controls by the name of their rule."""
    return [
        entry.candidate.control or entry.candidate.network.name
        for entry in outcome.trained
        if entry.candidate.key in outcome.tied
    ]


def describe_member(member: FamilyMember) -> dict[str, int | float | None]:
    """A member with what one step of ``phi`` should cost and does."""
    return {
        "phi": member.phi,
        "resolution": member.network.target.resolution,
        "macs": member.macs,
        "params": member.params,
        "nominal_ratio": member.nominal_ratio,
        "measured_ratio": member.measured_ratio,
    }


def print_scaling(outcome: ScalingOutcome, family: Family) -> None:
    """The constants, then one line a member."""
    constants, split = outcome.constants, outcome.split
    found: list[tuple[Cell, ...]] = [
        (name, f"{best:.3f}", f"{one.low:.3f} to {one.high:.3f}")
        for name, best, one in (
            ("alpha (depth)", constants.alpha, split.alpha),
            ("beta (width)", constants.beta, split.beta),
            ("gamma (resolution)", constants.gamma, split.gamma),
        )
    ]
    found += [
        ("nominal product", f"{constants.nominal_multiple:.2f}", ""),
        ("measured product", f"{outcome.measured_product:.2f}", ""),
    ]
    print_table("Compound scaling", ("constant", "best", "95 % interval"), found)
    print_note(f"cannot be told from the best: {', '.join(_name_tied(outcome))}")
    rows = [
        (
            f"b{index}",
            "" if member.phi is None else f"{member.phi:g}",
            member.network.target.resolution,
            member.macs,
            member.params,
            f"{member.nominal_ratio:.2f}",
            f"{member.measured_ratio:.2f}",
        )
        for index, member in enumerate(family.members)
    ]
    names = ("member", "phi", "pixels", "MACs", "parameters", "nominal", "measured")
    print_table("Family", names, rows)

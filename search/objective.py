"""What a trial is worth: accuracy against exact cost."""

from mbscale.search.settings import ObjectiveSettings


def compute_reward(accuracy: float, macs: float, settings: ObjectiveSettings) -> float:
    """The reward of a network; higher is better.

    soft and hard are equation 2 of MnasNet (arXiv:1807.11626), absolute is equation 2 of
    TuNAS (arXiv:2008.06120).

    >>> compute_reward(0.8, 800e6, ObjectiveSettings(kind="hard", target_macs=400e6))
    0.4
    """
    ratio = macs / settings.target_macs
    if settings.kind == "absolute":
        return accuracy + settings.absolute_weight * abs(ratio - 1)
    if settings.kind == "hard":
        return accuracy if ratio <= 1 else accuracy / ratio
    return float(accuracy * ratio**settings.exponent)


def find_violation(macs: int, settings: ObjectiveSettings) -> str:
    """Why a network's cost is out of bounds, or an empty text."""
    if settings.max_macs is not None and macs > settings.max_macs:
        return f"{macs:,} MACs are above max_macs {settings.max_macs:,.0f}"
    if settings.min_macs is not None and macs < settings.min_macs:
        return f"{macs:,} MACs are below min_macs {settings.min_macs:,.0f}"
    return ""

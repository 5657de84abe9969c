"""A whole run: search, confirm, scale, and make the family."""

from dataclasses import dataclass
from pathlib import Path

from mbscale.config import RunConfig
from mbscale.search.confirm import Confirmation
from mbscale.search.outcome import SearchOutcome, describe_miss, has_missed_target
from mbscale.search.scaling.find_constants import ScalingOutcome
from mbscale.space.family import Family
from mbscale.steps.confirm import confirm
from mbscale.steps.own_parts import OwnParts
from mbscale.steps.progress import Progress
from mbscale.steps.run import Run, open_run
from mbscale.steps.scale import make_family, scale
from mbscale.steps.search import run_search


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What every step of a run returned."""

    search: SearchOutcome
    confirmation: Confirmation
    scaling: ScalingOutcome
    family: Family


def run_steps(run: Run) -> RunOutcome:
    """All steps in their order; what the folder already holds is not trained again."""
    return RunOutcome(run_search(run), confirm(run), scale(run), make_family(run))


def run(
    folder: Path | str,
    config: RunConfig,
    *,
    resume: bool = False,
    parts: OwnParts | None = None,
    progress: Progress | None = None,
) -> RunOutcome:
    """Search, confirm, scale, and make the family in ``folder``: what ``mbscale run`` does.

    With ``resume``, what the folder already holds is not trained again. Raises as
    ``open_run`` and the steps do.
    """
    with open_run(folder, config, resume=resume, parts=parts, progress=progress) as opened:
        return run_steps(opened)


def judge_baseline(run: Run, done: Confirmation) -> str:
    """A sentence where the confirmed baseline misses the target; otherwise empty.

    A search alone has no verdict: its best is not the baseline yet.
    """
    objective = run.config.search.objective
    if not has_missed_target(done.baseline, objective):
        return ""
    return describe_miss(done.baseline, objective)

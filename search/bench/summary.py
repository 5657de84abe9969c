"""Means and standard errors of a bench, as rows, as Markdown and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mbscale.search.bench.comparison import Aim, BenchRun
from mbscale.search.choice_space import FloatArray

_BUDGETS = (10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One sampler after ``budget`` trials; None where it was not run for that.

    ``gain_over_random`` is random search's mean regret less the sampler's.
    """

    sampler: str
    budget: int
    n_seeds: int
    regret: float | None
    regret_se: float | None
    gain_over_random: float | None
    hypervolume: float | None
    hypervolume_se: float | None
    ms_per_trial: float


def list_budgets(n_trials: int) -> tuple[int, ...]:
    """The budgets that are reported, the last of them all trials."""
    return (*(budget for budget in _BUDGETS if budget < n_trials), n_trials)


def summarize_runs(runs: Sequence[BenchRun], *, n_trials: int) -> tuple[BenchRow, ...]:
    """A row for every sampler and budget, samplers in the order of their first run."""
    samplers = list(dict.fromkeys(run.sampler for run in runs))
    return tuple(
        _summarize(runs, sampler, budget)
        for sampler in samplers
        for budget in list_budgets(n_trials)
    )


def _summarize(runs: Sequence[BenchRun], sampler: str, budget: int) -> BenchRow:
    regret, regret_se = _average(runs, sampler, "regret", budget)
    area, area_se = _average(runs, sampler, "hypervolume", budget)
    random, _ = _average(runs, "random", "regret", budget)
    own = [run for run in runs if run.sampler == sampler]
    milliseconds = [1000 * run.curve.seconds / len(run.curve.values) for run in own]
    return BenchRow(
        sampler=sampler,
        budget=budget,
        n_seeds=len({run.seed for run in own}),
        regret=regret,
        regret_se=regret_se,
        gain_over_random=None if random is None or regret is None else random - regret,
        hypervolume=area,
        hypervolume_se=area_se,
        ms_per_trial=float(np.mean(milliseconds)),
    )


def _average(
    runs: Sequence[BenchRun], sampler: str, aim: Aim, budget: int
) -> tuple[float | None, float | None]:
    values = np.array([curve[budget - 1] for curve in stack_curves(runs, sampler, aim)])
    if not len(values):
        return None, None
    error = values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else None
    return float(values.mean()), None if error is None else float(error)


def stack_curves(runs: Sequence[BenchRun], sampler: str, aim: Aim) -> FloatArray:
    """Curves ``(seeds, n_trials)`` in the order of the seeds."""
    chosen = [run for run in runs if (run.sampler, run.aim) == (sampler, aim)]
    return np.array([run.curve.values for run in sorted(chosen, key=lambda run: run.seed)])


def format_markdown(rows: Sequence[BenchRow]) -> str:
    """A table with one line a sampler and budget."""
    head = "| sampler | trials | seeds | regret | gain over random | hypervolume | ms a trial |"
    lines = [head, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for row in rows:
        cells = (
            row.sampler,
            str(row.budget),
            str(row.n_seeds),
            _format_mean(row.regret, row.regret_se, digits=2),
            "" if row.gain_over_random is None else f"{row.gain_over_random:.2f}",
            _format_mean(row.hypervolume, row.hypervolume_se, digits=3),
            f"{row.ms_per_trial:.0f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _format_mean(mean: float | None, error: float | None, *, digits: int) -> str:
    if mean is None:
        return ""
    return f"{mean:.{digits}f}" + ("" if error is None else f" ± {error:.{digits}f}")


def describe_rows(rows: Sequence[BenchRow]) -> dict[str, dict[str, dict[str, Any]]]:
    """Sampler, then budget, then the fields of the row."""
    document: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        fields = asdict(row)
        del fields["sampler"], fields["budget"]
        document.setdefault(row.sampler, {})[str(row.budget)] = fields
    return document

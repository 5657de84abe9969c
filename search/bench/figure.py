"""The figure of a bench: regret and hypervolume against trials."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mbscale.results.files import replace_file
from mbscale.search.bench.comparison import AIMS, Aim, BenchRun
from mbscale.search.bench.summary import stack_curves

_LABELS: dict[Aim, str] = {
    "regret": "regret (100 x reward)",
    "hypervolume": "share of the known hypervolume",
}


def plot_bench(path: Path, runs: Sequence[BenchRun], *, title: str) -> None:
    """Mean curves of every sampler, with bands of one standard error; a PNG."""
    figure = Figure(figsize=(10, 4.4), dpi=150)
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    for axes, aim in zip(figure.subplots(1, 2), AIMS, strict=True):
        _draw_curves(axes, runs, aim)
    figure.tight_layout()
    image = io.BytesIO()
    figure.savefig(image, format="png")
    replace_file(path, image.getvalue())


def _draw_curves(axes: Axes, runs: Sequence[BenchRun], aim: Aim) -> None:
    axes.set_xlabel("trials")
    axes.set_ylabel(_LABELS[aim])
    samplers = list(dict.fromkeys(run.sampler for run in runs if run.aim == aim))
    for sampler in samplers:
        curves = stack_curves(runs, sampler, aim)
        trials = np.arange(1, curves.shape[1] + 1)
        mean = curves.mean(axis=0)
        (line,) = axes.plot(trials, mean, label=sampler)
        if len(curves) > 1:
            error = curves.std(axis=0, ddof=1) / len(curves) ** 0.5
            axes.fill_between(
                trials, mean - error, mean + error, color=line.get_color(), alpha=0.2, linewidth=0
            )
    if aim == "regret" and samplers:
        axes.set_yscale("symlog", linthresh=0.1)
        axes.set_ylim(bottom=0)
    axes.grid(visible=True, alpha=0.3)
    if samplers:
        axes.legend(frameon=False)

"""pareto.png and history.png: what a search has found."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from mbscale.results.chart import (
    BLUE,
    FAINT,
    GREEN,
    GREY,
    LIGHT,
    ORANGE,
    FloatArray,
    KeyEntry,
    add_key,
    add_label,
    count_words,
    mark_x,
    new_chart,
    robust_low,
    save_chart,
    say_empty,
)
from mbscale.results.pareto import pareto_records
from mbscale.results.record import Record
from mbscale.results.scales import scale_macs, scale_y
from mbscale.space.cost import format_count


@dataclass(frozen=True, slots=True)
class Reference:
    """A network to compare with, measured as the trials were."""

    name: str
    macs: int
    accuracy: float


def plot_pareto(
    path: Path,
    records: Sequence[Record],
    *,
    target_macs: float | None = None,
    baseline_key: str | None = None,
    n_images: int | None = None,
    published: Sequence[Reference] = (),
) -> None:
    """Accuracy against MACs: all complete trials, their front, the baseline and references.

    ``n_images`` of the selection split give the points of the front 95 % binomial intervals.
    Where networks have scores in place of accuracies, these are drawn, without intervals.
    ``path`` ends with .png or .svg.
    """
    complete = [record for record in records if record.state == "complete"]
    is_scored = any(record.score is not None for record in complete)
    n_images = None if is_scored else n_images
    axes = new_chart(
        title="Score against cost" if is_scored else "Accuracy against cost",
        x_label="multiply-accumulates at the target resolution (log scale)",
        y_label="score without training" if is_scored else "accuracy on the selection split",
    )
    chosen = [record for record in complete if record.key == baseline_key][:1]
    named = [*(_name_baseline(record) for record in chosen), *published]
    trials, front = _points(complete), _points(pareto_records(complete))
    if len(trials):
        error = _binomial_error(front[:, 1], n_images)
        low = _frame(axes, trials, front[:, 1] + error, named, target_macs, percent=not is_scored)
        _draw_front(axes, trials, front, error)
        target = _upright(axes, target_macs) if target_macs else front
        is_baseline = bool(chosen)
        _draw_named(axes, named, is_baseline=is_baseline, around=trials, lines=[front, target])
        n_below = int((trials[:, 1] < low).sum())
        key = _front_key(n_others=len(trials) - len(front), n_below=n_below)
        add_key(axes, [*key, *_extra_key(n_images, has_baseline=bool(chosen))])
    else:
        say_empty(axes, "no trial is complete yet")
    save_chart(axes, path)


def plot_history(path: Path, records: Sequence[Record]) -> None:
    """The best reward so far against the trial number, every rewarded trial as a dot."""
    axes = new_chart(title="Best reward so far", x_label="trial", y_label="reward")
    done = sorted(records, key=lambda record: record.number)
    rewarded = [
        record for record in done if record.state == "complete" and record.reward is not None
    ]
    failed = [record.number for record in done if record.state == "failed"]
    if rewarded:
        points = np.array([(record.number, record.reward) for record in rewarded], dtype=float)
        _draw_history(axes, points, failed)
    else:
        say_empty(axes, "no trial is complete yet")
    save_chart(axes, path)


def _points(records: Sequence[Record]) -> FloatArray:
    """MACs and accuracy or score, the shape being (n, 2)."""
    pairs = [(record.macs, record.merit) for record in records]
    return np.array(pairs, dtype=float).reshape(-1, 2)


def _binomial_error(accuracy: FloatArray, n_images: int | None) -> FloatArray:
    if not n_images:
        return np.zeros_like(accuracy)
    return np.asarray(1.96 * np.sqrt(accuracy * (1 - accuracy) / n_images))


def _name_baseline(record: Record) -> Reference:
    assert record.merit is not None
    merit = f"{100 * record.merit:.1f} %" if record.score is None else f"{record.score:.4g}"
    return Reference(f"{merit}, {format_count(record.macs)} MACs", record.macs, record.merit)


def _frame(
    axes: Axes,
    trials: FloatArray,
    tops: FloatArray,
    named: Sequence[Reference],
    target_macs: float | None,
    *,
    percent: bool,
) -> float:
    """Set the limits and mark the target; the lowest accuracy that is shown."""
    target = [target_macs] if target_macs else []
    scale_macs(axes, [*trials[:, 0], *(one.macs for one in named), *target])
    accuracy = [one.accuracy for one in named]
    low = min([robust_low(trials[:, 1]), *accuracy])
    scale_y(axes, low, max([*tops, *accuracy]), percent=percent)
    if target_macs:
        mark_x(axes, target_macs, f"target {format_count(target_macs)}", around=trials)
    return low


def _draw_front(axes: Axes, trials: FloatArray, front: FloatArray, error: FloatArray) -> None:
    axes.plot(*trials.T, "o", color=LIGHT, markersize=5, markeredgecolor="white", zorder=2)
    if error.any():
        macs, accuracy = front.T
        axes.fill_between(
            macs, accuracy - error, accuracy + error, color=BLUE, alpha=0.13, linewidth=0
        )
    axes.plot(
        *front.T, "-o", color=BLUE, linewidth=1.6, markersize=6.5, markeredgecolor="white", zorder=4
    )


def _draw_named(
    axes: Axes,
    named: Sequence[Reference],
    *,
    is_baseline: bool,
    around: FloatArray,
    lines: Sequence[FloatArray],
) -> None:
    """Mark the references; the first is the baseline if there is one."""
    points = np.array([(one.macs, one.accuracy) for one in named], dtype=float).reshape(-1, 2)
    for index, one in enumerate(named):
        mark, size, color = ("D", 9, ORANGE) if is_baseline and not index else ("s", 7, GREEN)
        place = (float(one.macs), one.accuracy)
        axes.plot(*place, mark, color=color, markersize=size, markeredgecolor="white", zorder=5)
        marks = np.vstack([around, points])
        add_label(axes, place, one.name, color=color, around=marks, lines=lines)


def _front_key(*, n_others: int, n_below: int) -> list[KeyEntry]:
    below = f" ({n_below} below)" if n_below else ""
    others = (
        [KeyEntry("●", f"{count_words(n_others, 'other trial')}{below}", GREY)] if n_others else []
    )
    return [KeyEntry("●", "Pareto front", BLUE), *others]


def _extra_key(n_images: int | None, *, has_baseline: bool) -> list[KeyEntry]:
    interval = [KeyEntry("■", f"95 % interval ({n_images:,} images)", FAINT)] if n_images else []
    return [*([KeyEntry("◆", "baseline", ORANGE)] if has_baseline else []), *interval]


def _draw_history(axes: Axes, points: FloatArray, failed: Sequence[int]) -> None:
    trials, rewards = points.T
    best = np.maximum.accumulate(rewards)
    is_step = np.concatenate([[True], best[1:] > best[:-1]])
    last = max([trials[-1], *failed])
    axes.set_xlim(-0.02 * last - 0.5, 1.02 * last + 0.5)
    low = robust_low(rewards)
    scale_y(axes, low, float(best[-1]), percent=False)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True))
    axes.plot(*points.T, "o", color=LIGHT, markersize=5, markeredgecolor="white", zorder=2)
    line = np.array([(trials[0], best[0]), *_corners(trials, best), (last, best[-1])], dtype=float)
    axes.plot(*line.T, color=BLUE, linewidth=1.8, zorder=3)
    axes.plot(
        *points[is_step].T, "o", color=BLUE, markersize=6.5, markeredgecolor="white", zorder=4
    )
    feet = [0.02] * len(failed)
    axes.plot(failed, feet, "x", color=ORANGE, markersize=6, transform=axes.get_xaxis_transform())
    add_key(axes, _history_key(n_below=int((rewards < low).sum()), n_failed=len(failed)))
    top = int(np.argmax(rewards))
    words = f"{rewards[top]:.4g} in trial {trials[top]:.0f}"
    add_label(axes, (trials[top], rewards[top]), words, color=BLUE, around=points, lines=[line])


def _corners(trials: FloatArray, best: FloatArray) -> list[tuple[float, float]]:
    """Where the line of the best so far turns: level until a trial, then up."""
    return [
        (trial, value)
        for trial, before, after in zip(trials[1:], best[:-1], best[1:], strict=True)
        for value in (before, after)
    ]


def _history_key(*, n_below: int, n_failed: int) -> list[KeyEntry]:
    below = f" ({n_below} below)" if n_below else ""
    entries = [KeyEntry("●", "best so far", BLUE), KeyEntry("●", f"other trials{below}", GREY)]
    return [*entries, KeyEntry("✕", f"{n_failed} failed", ORANGE)] if n_failed else entries


def _upright(axes: Axes, x: float) -> FloatArray:
    return np.array([(x, y) for y in axes.get_ylim()])

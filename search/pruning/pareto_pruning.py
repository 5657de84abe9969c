"""Trainings that can no longer reach the front are stopped early.

The cost of a network is known before it is trained. So the trial that it has to beat is
known too: the most accurate one that costs no more. What a training may still gain after
an epoch is taken from the trials that were trained to the end.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from scipy import stats

from mbscale.proxy.evaluation import Evaluator
from mbscale.results.record import Record
from mbscale.search.execution.jobs import Course, Curve, Trained
from mbscale.search.objective import Objective
from mbscale.space.architecture import Architecture

# Trials trained to the end before any is stopped: their spread has to be known.
LEAST_COMPLETE = 8


def find_floors(
    macs: int,
    complete: Iterable[tuple[Record, Curve]],
    objective: Objective | None,
    *,
    risk: float,
) -> Curve:
    """The accuracy after epoch 1, 2, ... under which a training is stopped.

    That is the best accuracy at no higher cost, less the gain to the end that a training
    exceeds with a chance of ``risk`` at most, as far as it gains as others did. With an
    ``objective``, the best reward must be out of reach as well. Empty while fewer than
    ``LEAST_COMPLETE`` trials or no cheaper one are known, and never for the last epoch.
    Expects accuracy as the metric, and a risk above 0 and below 0.5.
    """
    known = [(record, curve) for record, curve in complete if curve]
    rivals = [record.accuracy or 0.0 for record, _ in known if record.macs <= macs]
    if len(known) < LEAST_COMPLETE or not rivals:
        return ()
    to_beat = max(rivals)
    if objective is not None:
        best = max(record.reward or 0.0 for record, _ in known)
        to_beat = min(to_beat, objective.quality_for(best, float(macs)))
    n_epochs = min(len(curve) for _, curve in known)
    curves = np.array([curve[:n_epochs] for _, curve in known])
    ends = np.array([record.accuracy for record, _ in known])
    gains = ends[:, None] - curves[:, :-1]
    return tuple(float(to_beat - gain) for gain in _limit_gains(gains, risk))


def _limit_gains(gains: np.ndarray, risk: float) -> Sequence[float]:
    """From each epoch, the upper limit of a normal prediction interval, or of those seen.

    Whichever is more: few gains say little of their largest, many need not be normal.
    """
    n_trials = len(gains)
    factor = stats.t.ppf(1 - risk, n_trials - 1) * math.sqrt(1 + 1 / n_trials)
    predicted = gains.mean(axis=0) + factor * gains.std(axis=0, ddof=1)
    # The next gain is above the k-th largest of n with a chance of k / (n + 1), however gains
    # are distributed. The largest seen is the most that can be said of a smaller risk.
    rank = max(1, math.floor(risk * (n_trials + 1)))
    seen = np.sort(gains, axis=0)[-rank]
    return [float(gain) for gain in np.maximum(predicted, seen)]


def train_above(
    evaluator: Evaluator, architecture: Architecture, *, seed: int, floors: Curve
) -> Trained:
    """Train a network, and stop after an epoch that ends under its floor."""
    curve: list[float] = []

    def is_hopeless(epoch: int, accuracy: float) -> bool:
        curve.append(accuracy)
        return epoch <= len(floors) and accuracy < floors[epoch - 1]

    evaluation = evaluator(architecture, seed=seed, on_epoch=is_hopeless)
    return Trained(evaluation, Course(tuple(curve)))

"""What a search found beyond random search with as many trainings, where a table says it."""

from pathlib import Path

import numpy as np
from scipy.special import gammaln

from mbscale.proxy.recorded.networks import read_recorded
from mbscale.proxy.settings import ProxySettings
from mbscale.results.record import Record
from mbscale.search.choice_space import FloatArray
from mbscale.search.objective import is_within_limits
from mbscale.search.task import SearchTask
from mbscale.space.blocks import canonical_key


def expect_best(values: FloatArray, n_drawn: int) -> float:
    """The mean of the largest of ``n_drawn`` values that are drawn without replacement.

    The largest is the i-th smallest of N with probability ``C(i - 1, n - 1) / C(N, n)``.

    >>> round(expect_best(np.array([1.0, 2.0, 3.0]), 2), 9)
    2.666666667
    """
    n_all = len(values)
    ranks = np.arange(n_drawn, n_all + 1)
    logs = _log_choose(ranks - 1, n_drawn - 1) - _log_choose(np.array(n_all), n_drawn)
    return float(np.exp(logs) @ np.sort(values)[n_drawn - 1 :])


def _log_choose(n: np.ndarray, k: int) -> FloatArray:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def describe_gain(
    task: SearchTask, proxy: ProxySettings, *, best: Record, n_evaluated: int
) -> list[str]:
    """One sentence where accuracies are looked up; nothing where networks are trained.

    Random search draws from the same networks: those of the table within the limits. Of a
    network with several recorded trainings each counts as one to be drawn.
    """
    if not task.pool or best.reward is None:
        return []
    rewards = list_rewards(task, proxy)
    expected = expect_best(rewards, min(n_evaluated, len(rewards)))
    return [
        f"the best reward is {best.reward:.4f}; the best of {n_evaluated} networks drawn by "
        f"chance from the table has {expected:.4f} on average: {best.reward - expected:+.4f}"
    ]


def list_rewards(task: SearchTask, proxy: ProxySettings) -> FloatArray:
    """Rewards of all recorded trainings of the table that the search may propose."""
    recorded = [
        (task.pool[key], accuracy)
        for one in read_recorded(Path(str(proxy.table.path)))
        if (key := canonical_key(one.architecture)) in task.pool
        for accuracy in one.accuracies
    ]
    vectors = np.array([vector for vector, _ in recorded])
    accuracies = np.array([accuracy for _, accuracy in recorded])
    macs = task.choice_space.count(vectors).macs.astype(np.float64)
    is_inside = is_within_limits(vectors, task.choice_space.counters, task.followed)
    return task.followed.reward(accuracies[is_inside], macs[is_inside])

"""How long a run will take, from timed steps of four of its networks."""

from dataclasses import dataclass

import numpy as np

from mbscale.proxy.settings import ProxySettings
from mbscale.proxy.timing import time_evaluations
from mbscale.search.designs import require_search_space
from mbscale.search.scaling.rounds import plan_rounds
from mbscale.search.scaling.settings import ScaleSettings
from mbscale.search.settings import ConfirmSettings
from mbscale.search.task import SearchTask
from mbscale.space.architecture import Architecture
from mbscale.space.cost_range import find_member
from mbscale.space.cost_table import CostTable
from mbscale.space.encoding import decode, sample_vector
from mbscale.space.space_table import IntArray

# Quantiles of the MACs of random members; their mean stands for that of all.
_TIMED = (0.1, 0.5, 0.9)
_N_SAMPLED = 255


@dataclass(frozen=True, slots=True)
class RunEstimate:
    """Seconds, workers counted.

    ``trial`` is one training of a random member, ``target_trial`` one of a member that
    costs the target (of the median member, where none does).
    """

    trial: float
    target_trial: float
    search: float
    confirm: float
    scale: float

    @property
    def total(self) -> float:
        """All stages."""
        return self.search + self.confirm + self.scale


def estimate_run(
    task: SearchTask, proxy: ProxySettings, confirm: ConfirmSettings, scale: ScaleSettings
) -> RunEstimate:
    """The seconds of each stage, on a machine as busy as it is now.

    Random trials are taken to cost what random members do, all others what the target does.
    """
    vectors = _pick_vectors(task)
    space = require_search_space(task.space)
    architectures = [decode(space, [int(index) for index in vector]) for vector in vectors]
    *random, target_trial = time_evaluations(proxy, architectures)
    # What follows the search is trained, however the search judged.
    is_training = proxy.evaluator == "train"
    training = target_trial if is_training else _time_one(proxy.as_training(), architectures[-1])
    trial = float(np.mean(random))
    settings = task.settings
    n_random = min(settings.n_startup, settings.n_trials)
    multiple, phi = scale.candidates.multiple, scale.candidates.phi_search
    scaled_cost = sum(plan_rounds(scale.max_candidates, scale)) * multiple**phi
    scaled_cost += scale.n_confirmations * multiple**2
    return RunEstimate(
        trial=trial,
        target_trial=target_trial,
        search=(n_random * trial + (settings.n_trials - n_random) * target_trial)
        / settings.n_workers,
        confirm=(confirm.top_k * confirm.n_seeds + 1) * training / settings.n_workers,
        scale=scaled_cost * training / settings.n_workers,
    )


def _time_one(proxy: ProxySettings, architecture: Architecture) -> float:
    return time_evaluations(proxy, [architecture])[0]


def _pick_vectors(task: SearchTask) -> list[IntArray]:
    rng = np.random.default_rng(task.seed)
    space = require_search_space(task.space)
    table = CostTable(space, task.target)
    vectors = np.array([sample_vector(space, rng) for _ in range(_N_SAMPLED)])
    order = table.count(vectors).macs.argsort()
    picked = [vectors[order[int(quantile * _N_SAMPLED)]] for quantile in _TIMED]
    target = task.settings.objective.target_macs
    near = find_member(table, low=0.9 * target, high=1.1 * target, rng=rng)
    return [*picked, picked[1] if near is None else near]

"""Stage 1 with an evaluator that is a pure function of the architecture."""

import math
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mbscale.proxy.evaluation import Evaluation, OnEpoch, SplitName
from mbscale.results.record import Record
from mbscale.search.driver import run_search
from mbscale.search.executors import InlineExecutor
from mbscale.search.journal import Journal, drop_torn_tail
from mbscale.search.objective import compute_reward
from mbscale.search.samplers import SAMPLERS
from mbscale.search.settings import ObjectiveSettings, RewardKind, SamplerName, SearchSettings
from mbscale.search.task import SearchTask
from mbscale.space.architecture import Architecture
from mbscale.space.cost import count_cost
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space

SPACE = load_search_space("small")
TARGET = Target(28, 10)


class StoppedError(Exception):
    """Stands for a killed process."""


@dataclass
class SmoothEvaluator:
    """Accuracy that grows with the parameters; raises after ``n_allowed`` calls."""

    n_allowed: int = 10_000
    n_calls: int = 0

    def __call__(
        self,
        architecture: Architecture,
        *,
        seed: int,
        split: SplitName = "selection",
        resolution: int | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        self.n_calls += 1
        if self.n_calls > self.n_allowed:
            raise StoppedError
        params = count_cost(architecture, resolution=28, num_classes=10).params
        accuracy = 1 - 1 / math.log(params) + seed % 7 * 1e-4
        return Evaluation("complete", accuracy, 1 - accuracy, 1.0, 3, seed, 1000)


def make_task(
    sampler: SamplerName = "tpe", objective: ObjectiveSettings | None = None
) -> SearchTask:
    objective = objective or ObjectiveSettings(target_macs=4e6)
    settings = SearchSettings(n_trials=12, sampler=sampler, n_startup=5, objective=objective)
    return SearchTask(SPACE, TARGET, settings, seed=3)


def search(task: SearchTask, path: Path, evaluator: SmoothEvaluator) -> tuple[Record, ...]:
    journal = Journal(path)
    return run_search(
        task, evaluator, journal, executor=InlineExecutor(), on_record=lambda _record, _all: None
    )


@pytest.mark.parametrize(
    "sampler",
    [pytest.param(name, marks=[pytest.mark.slow] * (name == "gp")) for name in sorted(SAMPLERS)],
)
def test_a_resumed_run_equals_the_uninterrupted_one(tmp_path: Path, sampler: SamplerName) -> None:
    task = make_task(sampler)
    whole = search(task, tmp_path / "whole", SmoothEvaluator())
    with pytest.raises(StoppedError):
        search(task, tmp_path / "stopped", SmoothEvaluator(n_allowed=7))

    resumed = search(task, tmp_path / "stopped", SmoothEvaluator())

    assert resumed == whole


def test_distinct_architectures_are_counted_and_none_is_paid_twice(tmp_path: Path) -> None:
    evaluator = SmoothEvaluator()
    records = search(make_task(), tmp_path / "journal", evaluator)
    keys = [record.key for record in records if record.state == "complete"]

    assert len(keys) == len(set(keys)) == evaluator.n_calls == 12


def test_a_finished_search_evaluates_nothing_more(tmp_path: Path) -> None:
    search(make_task(), tmp_path / "journal", SmoothEvaluator())
    again = SmoothEvaluator()
    search(make_task(), tmp_path / "journal", again)

    assert again.n_calls == 0


def test_networks_outside_the_bounds_are_recorded_and_not_trained(tmp_path: Path) -> None:
    objective = ObjectiveSettings(target_macs=4e6, max_macs=3e6)
    task = make_task("tpe", objective)
    records = search(task, tmp_path / "journal", SmoothEvaluator())

    trained = [record for record in records if record.state == "complete"]
    assert len(trained) == 12
    assert all(record.macs <= 3e6 for record in trained)
    assert all(record.accuracy is None for record in records if record.state == "infeasible")


def test_a_space_without_feasible_members_ends(tmp_path: Path) -> None:
    task = make_task("random", ObjectiveSettings(target_macs=4e6, max_macs=1))
    records = search(task, tmp_path / "journal", SmoothEvaluator())

    assert {record.state for record in records} == {"infeasible"}


@given(st.data())
def test_a_torn_tail_is_cut_and_what_stands_before_counts(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("torn") / "journal"
    path.write_bytes(b'{"a": 1}\n{"b": 2}\n')
    cut = data.draw(st.integers(9, 18))
    path.write_bytes(path.read_bytes()[:cut])

    assert drop_torn_tail(path) == (cut not in (9, 18))
    assert path.read_bytes() in (b'{"a": 1}\n', b'{"a": 1}\n{"b": 2}\n')


@pytest.mark.parametrize(
    ("kind", "macs", "expected"),
    [
        ("soft", 400e6, 0.8),
        # Doubling the cost takes 5 % (arXiv:1807.11626, section 3).
        ("soft", 800e6, 0.8 * 2**-0.07),
        ("hard", 200e6, 0.8),
        ("hard", 800e6, 0.4),
        ("absolute", 800e6, 0.73),
    ],
)
def test_rewards_follow_their_papers(kind: RewardKind, macs: float, expected: float) -> None:
    settings = ObjectiveSettings(kind=kind)

    assert compute_reward(0.8, macs, settings) == pytest.approx(expected)

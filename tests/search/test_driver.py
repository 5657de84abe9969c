import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import synthetic_search
from synthetic_search import (
    OBJECTIVE,
    SPACE,
    SyntheticEvaluator,
    make_task,
    read_calls,
    search,
)

from mbscale.errors import ConfigError
from mbscale.proxy.fingerprint import Recipe
from mbscale.results.record import Record
from mbscale.results.run_folder import JOURNAL_NAME
from mbscale.results.tables import read_records
from mbscale.search.objective import Number
from mbscale.search.samplers import SAMPLERS
from mbscale.search.settings import SamplerName
from mbscale.search.study.trials import record_vector
from mbscale.search.task import SearchTask
from mbscale.space.architecture import Architecture
from mbscale.space.blocks import Block
from mbscale.space.costs import COSTS, CostKind
from mbscale.space.encoding import decode
from mbscale.space.network import Target
from mbscale.space.network_yaml import read_network
from mbscale.space.search_space import SearchSpace
from mbscale.space.space_table import IntArray, SpaceTable, tabulate_stages

SLOW_SAMPLERS = ("gp",)
EVERY_SAMPLER = [
    pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW_SAMPLERS)) for name in SAMPLERS
]
FILES = ("trials.csv", "pareto.csv", "baseline.yaml")


class StoppedError(Exception):
    """Stands for a bug in the middle of a search."""


def stop_after(n_records: int):
    def check(_record: Record, records: Sequence[Record]) -> None:
        if len(records) == n_records:
            raise StoppedError

    return check


def read_files(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in FILES]


@pytest.mark.parametrize("sampler", EVERY_SAMPLER)
def test_a_search_stopped_again_and_again_equals_one_that_ran_through(
    tmp_path: Path, sampler: SamplerName
) -> None:
    task = make_task(sampler, n_trials=10)
    whole = search(task, tmp_path / "whole")
    for n_records in (1, 5, 9):
        with pytest.raises(StoppedError):
            search(task, tmp_path / "stopped", on_record=stop_after(n_records))

    resumed = search(task, tmp_path / "stopped")

    assert resumed.records == whole.records
    assert read_files(tmp_path / "stopped") == read_files(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("sampler", EVERY_SAMPLER)
def test_a_search_killed_in_a_training_equals_one_that_ran_through(
    tmp_path: Path, sampler: SamplerName
) -> None:
    task = make_task(sampler, n_trials=12)
    whole = search(task, tmp_path / "whole")
    folder = tmp_path / "killed"
    folder.mkdir()
    for kill_at in (1, 6, 11):
        command = [sys.executable, synthetic_search.__file__, folder, sampler, 12, kill_at, 1]
        ended = subprocess.run([str(word) for word in command], check=False)
        assert ended.returncode == -9

    resumed = search(task, folder, SyntheticEvaluator(log=folder / "calls"))

    assert resumed.records == whole.records
    assert read_files(folder) == read_files(tmp_path / "whole")
    # Paid twice were only the three that were running when the process was killed.
    assert len(read_calls(folder / "calls")) == 12 + 3


def test_a_search_cut_off_inside_its_journal_equals_one_that_ran_through(tmp_path: Path) -> None:
    task = make_task("nsga2", n_trials=5)
    whole = search(task, tmp_path / "whole")
    journal = (tmp_path / "whole" / JOURNAL_NAME).read_bytes()
    for n_bytes in range(0, len(journal), len(journal) // 4):
        folder = tmp_path / str(n_bytes)
        folder.mkdir()
        (folder / JOURNAL_NAME).write_bytes(journal[:n_bytes])

        assert search(task, folder).records == whole.records


def test_distinct_networks_are_counted_and_none_is_paid_twice(tmp_path: Path) -> None:
    evaluator = SyntheticEvaluator(log=tmp_path / "calls")
    outcome = search(make_task("evolution", n_trials=15), tmp_path, evaluator)
    trained = [record.key for record in outcome.records if record.state == "complete"]

    assert len(trained) == len(set(trained)) == len(read_calls(tmp_path / "calls")) == 15


def test_a_duplicate_carries_what_is_known_of_its_network(tmp_path: Path) -> None:
    outcome = search(make_tiny_task(), tmp_path)
    by_key = {record.key: record for record in outcome.records if record.state == "complete"}
    duplicates = [record for record in outcome.records if record.state == "duplicate"]

    assert duplicates
    for record in duplicates:
        known = by_key[record.key]
        assert record.reward == known.reward
        assert record.reason == f"the same network as trial {known.number}"


def make_tiny_task() -> SearchTask:
    """A space of 24 vectors that mean fewer networks, to be used up."""
    task = make_task("tpe", n_trials=100)
    space = synthetic_search.SPACE
    fixed = {
        "operators": ("mbconv3",), "kernel_sizes": (3,), "se_ratios": (0.0,),
        "skips": ("none", "identity"), "depths": (1,),
    }  # fmt: skip
    first, second, third = (replace(one, **fixed, widths=one.widths[:1]) for one in space.stages)
    wide = replace(first, widths=(8, 16, 24), depths=(1, 2))
    single = replace(second, skips=("identity",))
    return replace(task, space=replace(space, stages=(wide, single, third)))


def test_a_space_that_is_used_up_ends_the_search(tmp_path: Path) -> None:
    outcome = search(make_tiny_task(), tmp_path)

    assert outcome.status == "exhausted"
    # Widths 8, 16, 24 with one block, or two with and without a skip: 3 x (1 + 2).
    assert outcome.n_evaluated == 9
    assert "the space small holds no other network" in outcome.messages


def test_networks_outside_the_limits_are_recorded_and_not_trained(tmp_path: Path) -> None:
    limited = replace(OBJECTIVE, min_macs=2e6, max_macs=3e6)
    evaluator = SyntheticEvaluator(log=tmp_path / "calls")
    outcome = search(make_task("tpe", objective=limited), tmp_path, evaluator)
    infeasible = [record for record in outcome.records if record.state == "infeasible"]

    assert outcome.n_evaluated == len(read_calls(tmp_path / "calls")) == 12
    assert all(2e6 <= record.macs <= 3e6 for record in outcome.records if record.reward)
    assert infeasible
    assert all(record.accuracy is None and "MACs break" in record.reason for record in infeasible)


@pytest.mark.parametrize("sampler", ["surrogate", "tpe", "nsga2"])
@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"max_params": 30_000}, "parameters break max_params 30,000"),
        ({"max_activations": 30_000}, "activations break max_activations 30,000"),
        ({"max_peak_memory": 15e3}, "bytes of peak memory (int8) break max_peak_memory 15,000"),
    ],
)
def test_limits_on_any_cost_are_respected(
    tmp_path: Path, sampler: SamplerName, limits: dict[str, float], words: str
) -> None:
    [(name, value)] = limits.items()
    limited = replace(OBJECTIVE, **limits)  # pyright: ignore[reportArgumentType]
    task = make_task(sampler, n_trials=40, objective=limited)
    records = search(task, tmp_path).records
    trained = [record for record in records if record.state == "complete"]
    refused = [record for record in records if record.state == "infeasible"]

    assert len(trained) == 40
    assert all(getattr(record, name.removeprefix("max_")) <= value for record in trained)
    assert all(words in record.reason for record in refused)
    # A sampler that sees the limits leaves them less and less; random search does in half.
    later = [record for record in records if record.number >= len(records) / 2]
    assert sum(record.state == "infeasible" for record in later) <= len(later) / 4


class SmallestMaps:
    """An objective of a user's own, which has neither target nor settings."""

    def reward(self, quality: Number, macs: Number) -> Number:
        return quality - 1e-8 * macs

    def quality_for(self, reward: Number, macs: Number) -> Number:
        return reward + 1e-8 * macs

    def violations(self, costs: Mapping[str, Number]) -> dict[str, Number]:
        return {"small_maps": costs["activations"] - 30_000}


@pytest.mark.parametrize("sampler", ["surrogate", "tpe"])
def test_an_objective_of_ones_own_is_followed(tmp_path: Path, sampler: SamplerName) -> None:
    task = replace(make_task(sampler, n_trials=15), objective=SmallestMaps())
    whole = search(task, tmp_path / "whole")
    with pytest.raises(StoppedError):
        search(task, tmp_path / "stopped", on_record=stop_after(7))

    assert search(task, tmp_path / "stopped").records == whole.records
    trained = [record for record in whole.records if record.accuracy and record.reward]
    assert len(trained) >= 15
    assert all(one.reward == (one.accuracy or 0) - 1e-8 * one.macs for one in trained)
    assert all(one.activations <= 30_000 for one in trained)
    refused = [one.reason for one in whole.records if one.state == "infeasible"]
    assert set(refused) <= {"breaks small_maps"}
    assert whole.messages == ()


class FastNetworks(SmallestMaps):
    """Limits a cost that is not one of the package's."""

    def violations(self, costs: Mapping[str, Number]) -> dict[str, Number]:
        return {"latency": costs["latency"] - 6_000}


@pytest.mark.parametrize("sampler", ["surrogate", "tpe"])
def test_another_cost_needs_an_entry_alone(
    tmp_path: Path, sampler: SamplerName, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A fixed time for each stage, in microseconds, by its number of blocks.
    latency = CostKind("us", count_latency, tabulate_latency)
    monkeypatch.setitem(cast("dict[str, CostKind]", COSTS), "latency", latency)
    # Another target: what is known of a space is kept.
    task = replace(make_task(sampler), objective=FastNetworks(), target=Target(29, 10))

    records = search(task, tmp_path).records

    trained = [record for record in records if record.state == "complete"]
    assert len(trained) == 12
    latencies = [
        count_latency(decode(SPACE, record_vector(task, record)), task.target) for record in trained
    ]
    assert max(latencies) <= 6_000


def count_latency(architecture: Architecture, target: Target) -> int:
    return 100 + sum(1000 * stage.depth + 10 * stage.width for stage in architecture.stages)


def tabulate_latency(space: SearchSpace, target: Target) -> SpaceTable:
    def measure(blocks: tuple[Block, ...], size: int) -> IntArray:
        return np.array(1000 * len(blocks) + 10 * blocks[0].out_width)

    stages, _ = tabulate_stages(space, target.resolution, measure)
    return SpaceTable(100, stages, np.zeros(len(space.stages[-1].widths), np.int64), "sum")


def test_a_search_does_not_resume_with_another_kind_of_objective(tmp_path: Path) -> None:
    task = replace(make_task("random", n_trials=2), objective=SmallestMaps())
    search(task, tmp_path)

    with pytest.raises(ConfigError, match=r"started with objective = .*SmallestMaps"):
        search(replace(task, objective=None), tmp_path)


def test_limits_of_the_settings_are_not_those_of_an_objective_of_ones_own() -> None:
    limited = make_task(objective=replace(OBJECTIVE, max_params=1e5))

    with pytest.raises(ConfigError, match="max_params is not seen by an objective of your own"):
        replace(limited, objective=SmallestMaps())


def test_limits_that_no_network_meets_end_the_search(tmp_path: Path) -> None:
    outcome = search(make_task("random", objective=replace(OBJECTIVE, max_macs=1.0)), tmp_path)

    assert outcome.status == "exhausted"
    assert outcome.best is None
    assert {record.state for record in outcome.records} == {"infeasible"}
    assert "none within max_macs" in outcome.messages[0]


def test_failed_networks_count_are_not_tried_again_and_keep_their_reason(tmp_path: Path) -> None:
    evaluator = SyntheticEvaluator(log=tmp_path / "calls", fails_above=60_000)
    outcome = search(make_task("evolution", n_trials=15), tmp_path, evaluator)
    failed = [record for record in outcome.records if record.state == "failed"]

    assert outcome.n_evaluated == len(read_calls(tmp_path / "calls")) == 15
    assert 0 < len(failed) < 15
    assert {record.reason for record in failed} == {"out of memory"}
    assert f"{len(failed)} trials failed; the last one says: out of memory" in outcome.messages


def test_a_search_in_which_everything_fails_ends_early(tmp_path: Path) -> None:
    task = make_task(n_trials=100, max_failures=5)
    outcome = search(task, tmp_path, SyntheticEvaluator(fails_above=0))

    assert outcome.status == "failed"
    assert outcome.n_evaluated == 5


def test_a_search_that_everything_failed_in_goes_on_past_networks_that_are_not_trained(
    tmp_path: Path,
) -> None:
    limited = replace(OBJECTIVE, min_macs=2e6, max_macs=3e6)
    task = make_task("random", objective=limited, max_failures=2)
    assert search(task, tmp_path, SyntheticEvaluator(fails_above=0)).status == "failed"

    outcome = search(task, tmp_path)

    assert (outcome.status, outcome.n_evaluated) == ("complete", 12)


@pytest.mark.slow
def test_several_workers_say_once_that_everything_fails(tmp_path: Path) -> None:
    task = make_task(n_trials=100, max_failures=1, n_workers=3)
    outcome = search(task, tmp_path, SyntheticEvaluator(fails_above=0, seconds=0.2))

    assert sum("in a row failed" in message for message in outcome.messages) == 1


def test_sigterm_ends_a_search_with_everything_saved(tmp_path: Path) -> None:
    evaluator = SyntheticEvaluator(log=tmp_path / "calls", interrupt_at=5)
    interrupted = search(make_task(), tmp_path, evaluator)

    assert interrupted.status == "interrupted"
    assert len(interrupted.records) == 4
    assert len(read_records(tmp_path / "trials.csv")) == 4
    assert search(make_task(), tmp_path).records == search(make_task(), tmp_path / "new").records


def test_a_search_ends_at_its_time_limit(tmp_path: Path) -> None:
    task = make_task(n_trials=1000, timeout_seconds=0.3)
    outcome = search(task, tmp_path, SyntheticEvaluator(seconds=0.05))

    assert outcome.status == "timed_out"
    assert 1 <= outcome.n_evaluated <= 6


def test_more_trials_go_on_where_the_search_ended(tmp_path: Path) -> None:
    search(make_task(n_trials=5), tmp_path)
    longer = search(make_task(n_trials=9), tmp_path)

    assert longer.records == search(make_task(n_trials=9), tmp_path / "new").records


def test_a_finished_search_trains_nothing_more(tmp_path: Path) -> None:
    search(make_task(), tmp_path)
    search(make_task(), tmp_path, SyntheticEvaluator(log=tmp_path / "calls"))

    assert read_calls(tmp_path / "calls") == []


@pytest.mark.parametrize(
    ("changes", "begun_with"),
    [
        ({"objective": replace(OBJECTIVE, exponent=-0.2)}, "search.objective.exponent = -0.07"),
        ({"pruner_risk": 0.1}, "search.pruner_risk = 0.02"),
    ],
)
def test_settings_that_change_the_meaning_of_trials_are_refused_on_resume(
    tmp_path: Path, changes: dict[str, Any], begun_with: str
) -> None:
    search(make_task(n_trials=3), tmp_path)

    with pytest.raises(ConfigError, match=f"started with {begun_with}"):
        search(make_task(n_trials=3, **changes), tmp_path)


RECIPE = Recipe({"evaluator": "train", "training": {"epochs": 4}}, content="a1", source="my.npz")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (replace(RECIPE, content="b2"), "my.npz does not hold what it held when"),
        (
            replace(RECIPE, settings={"evaluator": "train"}),
            "started with proxy.training.epochs = 4 and cannot resume with its default",
        ),
    ],
)
def test_a_search_does_not_resume_with_another_proxy_or_other_images(
    tmp_path: Path, changed: Recipe, words: str
) -> None:
    search(replace(make_task(n_trials=3), recipe=RECIPE), tmp_path)

    with pytest.raises(ConfigError, match=words):
        search(replace(make_task(n_trials=4), recipe=changed), tmp_path)


def test_a_search_resumes_where_equal_images_lie_elsewhere(tmp_path: Path) -> None:
    search(replace(make_task(n_trials=3), recipe=RECIPE), tmp_path)
    moved = replace(make_task(n_trials=4), recipe=replace(RECIPE, source="moved.npz"))

    assert search(moved, tmp_path).n_evaluated == 4


def test_a_journal_without_a_recipe_takes_that_of_its_first_resume(tmp_path: Path) -> None:
    search(make_task(n_trials=3), tmp_path)
    search(replace(make_task(n_trials=4), recipe=RECIPE), tmp_path)
    other = replace(make_task(n_trials=5), recipe=replace(RECIPE, content="b2"))

    with pytest.raises(ConfigError, match=r"my\.npz does not hold"):
        search(other, tmp_path)


def test_the_files_hold_the_records_and_the_best_network(tmp_path: Path) -> None:
    outcome = search(make_task(), tmp_path)
    best = outcome.best
    assert best is not None

    assert read_records(tmp_path / "trials.csv") == outcome.records
    assert best.reward == max(record.reward or 0 for record in outcome.records)
    assert read_network(tmp_path / "baseline.yaml").count_cost().macs == best.macs


@pytest.mark.parametrize("sampler", ["surrogate", "tpe", "nsga2", "random"])
def test_two_objectives_are_searched_by_every_sampler_that_takes_them(
    tmp_path: Path, sampler: SamplerName
) -> None:
    task = make_task(sampler, objective=replace(OBJECTIVE, multi_objective=True))

    assert search(task, tmp_path).records == search(task, tmp_path).records


def test_a_winner_far_from_the_target_is_told(tmp_path: Path) -> None:
    outcome = search(make_task(objective=replace(OBJECTIVE, target_macs=400e6)), tmp_path)

    assert "below the target of 400 M" in outcome.messages[-1]


@pytest.mark.slow
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_two_workers_train_each_network_once(tmp_path: Path, sampler: SamplerName) -> None:
    evaluator = SyntheticEvaluator(log=tmp_path / "calls", seconds=0.02)
    outcome = search(make_task(sampler, n_workers=2, n_trials=20), tmp_path, evaluator)
    calls = [line.rsplit(" ", 2)[0] for line in read_calls(tmp_path / "calls")]

    assert len(calls) == len(set(calls)) == outcome.n_evaluated == 20
    assert [record.number for record in outcome.records] == list(range(len(outcome.records)))


@pytest.mark.slow
def test_a_search_of_two_workers_killed_with_them_trains_again_only_what_ran(
    tmp_path: Path,
) -> None:
    task = make_task(n_trials=12, n_workers=2)
    for kill_at in (3, 7):
        command = [sys.executable, synthetic_search.__file__, tmp_path, "tpe", 12, kill_at, 2]
        ended = subprocess.run([str(word) for word in command], check=False)
        assert ended.returncode == -9

    outcome = search(task, tmp_path, SyntheticEvaluator(log=tmp_path / "calls"))
    calls = read_calls(tmp_path / "calls")

    # Again with its own seed: the line of a call is then the same.
    assert outcome.n_evaluated == len(set(calls)) == 12
    assert len(calls) <= 12 + 2 * 2
    assert [record.number for record in outcome.records] == list(range(len(outcome.records)))


@pytest.mark.slow
def test_a_worker_that_dies_costs_its_own_trial_only(tmp_path: Path) -> None:
    evaluator = SyntheticEvaluator(log=tmp_path / "calls", kills_above=100_000)
    task = make_task("random", n_workers=2, n_trials=6)
    outcome = search(task, tmp_path, evaluator)
    failed = [record for record in outcome.records if record.state == "failed"]

    assert outcome.n_evaluated == 6
    assert 0 < len(failed) < 6
    assert {record.reason for record in failed} == {
        "the worker process died with signal 9, 2 times"
    }
    assert len(read_calls(tmp_path / "calls")) == 6 + len(failed)


@pytest.mark.slow
def test_a_trial_that_hangs_is_ended_recorded_and_not_tried_again(tmp_path: Path) -> None:
    evaluator = SyntheticEvaluator(log=tmp_path / "calls", hangs_above=100_000)
    task = make_task("random", n_trials=6, trial_timeout_seconds=3.0)
    outcome = search(task, tmp_path, evaluator)
    failed = [record for record in outcome.records if record.state == "failed"]

    assert outcome.n_evaluated == len(read_calls(tmp_path / "calls")) == 6
    assert 0 < len(failed) < 6
    assert {record.reason for record in failed} == {"hung: no result after 3 s"}


@pytest.mark.slow
def test_faults_cost_no_trial_and_change_no_row() -> None:
    script = Path(__file__).resolve().parents[2] / "benchmarks" / "faults.py"
    few = ["--kills", "2", "--worker-kills", "2", "--bytes", "10", "--without-ray"]
    done = subprocess.run(
        [sys.executable, script, *few], capture_output=True, text=True, check=True
    )
    rows = [line[44:].split() for line in done.stdout.splitlines()[1:]]

    assert all(int(n_times) > 0 for n_times, *_ in rows)
    assert [row[1:] for row in rows] == [["0", "-" if i == 2 else "0", "0"] for i in range(9)]

"""Parts of the user's own, given as objects in place of names."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.samplers import RandomSampler

from mbscale.config import RunConfig, load_run_config
from mbscale.errors import ConfigError
from mbscale.proxy.evaluation import Evaluation
from mbscale.proxy.images.in_memory import make_images
from mbscale.results.tables import read_records
from mbscale.search.choice_space import ChoiceSpace, IntArray
from mbscale.search.objective import make_objective
from mbscale.search.settings import ObjectiveSettings
from mbscale.space.encoding import Choice
from mbscale.steps.confirm import confirm
from mbscale.steps.own_parts import OwnEvaluator, OwnParts
from mbscale.steps.run import open_run, reopen_run
from mbscale.steps.scale import scale
from mbscale.steps.search import run_search

SPACE = ChoiceSpace((Choice("depth", (1, 2, 3)), Choice("width", (16, 24, 32))), name="two")
CONFIG = load_run_config(
    None, ["search.n_trials=5", "search.n_startup=2", "confirm.top_k=2", "confirm.n_seeds=2"]
)


def evaluate(values: Mapping[str, int], *, seed: int) -> float:
    return 0.5 + values["depth"] / 10 + values["width"] / 1000 + (seed % 7) / 1e5


OWN = OwnParts(space=SPACE, evaluate=evaluate)


def test_a_search_of_an_own_space_finds_its_best_member(tmp_path: Path) -> None:
    config = replace(CONFIG, search=replace(CONFIG.search, n_trials=9))
    with open_run(tmp_path, config, parts=OWN) as run:
        outcome = run_search(run)

    assert outcome.best is not None
    assert dict(outcome.best.choices) == {"depth": 3, "width": 32}
    # Nothing is counted, so the reward is the accuracy.
    assert outcome.best.reward == outcome.best.accuracy
    assert len(read_records(tmp_path / "trials.csv")) == len(outcome.records)
    assert "depth: 3" in (tmp_path / "baseline.yaml").read_text()


@pytest.mark.parametrize("sampler", ["surrogate", "tpe"])
def test_a_search_stopped_and_resumed_equals_one_that_ran_through(
    tmp_path: Path, sampler: Any
) -> None:
    config = replace(CONFIG, search=replace(CONFIG.search, sampler=sampler, n_trials=6))
    shorter = replace(config, search=replace(config.search, n_trials=3))
    with open_run(tmp_path / "whole", config, parts=OWN) as run:
        whole = run_search(run)
    with open_run(tmp_path / "parts", shorter, parts=OWN) as run:
        run_search(run)
    with open_run(tmp_path / "parts", config, resume=True, parts=OWN) as run:
        resumed = run_search(run)

    drop_time = [
        [replace(one, seconds=None) for one in found.records] for found in (whole, resumed)
    ]
    assert drop_time[0] == drop_time[1]


def test_the_best_members_are_confirmed_and_cannot_be_scaled(tmp_path: Path) -> None:
    with open_run(tmp_path, CONFIG, parts=OWN) as run:
        run_search(run)
    with reopen_run(tmp_path, parts=OWN) as run:
        done = confirm(run)
        with pytest.raises(ConfigError, match="the space two holds no networks of mbscale"):
            scale(run)

    assert len(done.networks) == 2
    assert "chosen_by: confirm" in (tmp_path / "baseline.yaml").read_text()


def test_a_run_with_own_parts_is_not_resumed_without_them(tmp_path: Path) -> None:
    with open_run(tmp_path, CONFIG, parts=OWN) as run:
        run_search(run)

    with (
        pytest.raises(ValueError, match="no search space 'own:two'"),
        open_run(tmp_path, load_run_config(tmp_path / "config.yaml"), resume=True),
    ):
        pass


def evaluate_otherwise(values: Mapping[str, int], *, seed: int) -> float:
    return 1 - evaluate(values, seed=seed)


def test_a_run_is_not_resumed_with_another_evaluator(tmp_path: Path) -> None:
    with open_run(tmp_path, CONFIG, parts=OWN) as run:
        run_search(run)
    other = replace(OWN, evaluate=evaluate_otherwise)

    with (
        open_run(tmp_path, CONFIG, resume=True, parts=other) as run,
        pytest.raises(ConfigError, match=r"evaluate = .*\.evaluate and cannot resume with"),
    ):
        run_search(run)


@pytest.mark.parametrize("result", [1.5, -0.1, float("nan"), "0.5", None])
def test_what_is_no_accuracy_is_refused(result: object) -> None:
    with pytest.raises(ConfigError, match="an accuracy from 0 to 1; got"):
        OwnEvaluator(lambda _, seed: result)({}, seed=0)  # type: ignore[arg-type,return-value]


def test_a_function_gets_the_keywords_that_it_takes() -> None:
    def name_all(_: object, **given: object) -> Evaluation:
        return Evaluation("failed", None, None, 0.0, 0, 0, 0, reason=" ".join(given))

    def name_split(_: object, *, split: str) -> Evaluation:
        return Evaluation("failed", None, None, 0.0, 0, 0, 0, reason=split)

    assert OwnEvaluator(name_all)({}, seed=3).reason == "seed split resolution on_epoch"
    assert OwnEvaluator(name_split)({}, seed=3, split="test").reason == "test"


def test_an_own_sampler_proposes(tmp_path: Path) -> None:
    def make(space: ChoiceSpace, seed: int) -> optuna.samplers.BaseSampler:
        assert space is SPACE
        return RandomSampler(seed=seed)

    for name, sampler in (("made", make), ("object", RandomSampler(seed=0))):
        with open_run(tmp_path / name, CONFIG, parts=replace(OWN, sampler=sampler)) as run:
            assert run_search(run).n_evaluated == 5


def test_an_own_objective_is_followed(tmp_path: Path) -> None:
    halved = make_objective(ObjectiveSettings(kind="hard", target_macs=0.5 + 0.5))
    with open_run(tmp_path, CONFIG, parts=replace(OWN, objective=halved)) as run:
        outcome = run_search(run)

    assert all(one.reward == one.accuracy for one in outcome.records if one.state == "complete")


def test_own_images_are_trained_on(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (40, 16, 16), dtype=np.uint8)
    labels = np.arange(40) % 2
    given = make_images((images, labels), (images, labels), ["no", "yes"])
    config = load_run_config(
        None,
        [
            *("search.n_trials=1", "proxy.training.epochs=1", "proxy.data.n_selection=10"),
            *("target.resolution=16", "target.num_classes=2", "proxy.resolution=16"),
        ],
    )
    with open_run(tmp_path, config, parts=OwnParts(images=given)) as run:
        outcome = run_search(run)

    assert run.dataset is not None
    assert run.dataset.class_names == ("no", "yes")
    assert outcome.n_evaluated == 1


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"space": SPACE}, "give the function that evaluates its members"),
        ({"evaluate": evaluate, "images": object()}, "leave them out"),
    ],
)
def test_parts_that_contradict_each_other_are_refused(parts: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        OwnParts(**parts)


def test_a_limit_on_a_cost_that_is_not_counted_is_refused(tmp_path: Path) -> None:
    objective = replace(CONFIG.search.objective, max_peak_memory=1e3)
    config: RunConfig = replace(CONFIG, search=replace(CONFIG.search, objective=objective))

    with (
        pytest.raises(ConfigError, match="max_peak_memory limits a cost that the space two"),
        open_run(tmp_path, config, parts=OWN),
    ):
        pass


def test_a_limit_on_a_cost_of_an_own_space_is_kept(tmp_path: Path) -> None:
    def count_latency(vectors: IntArray) -> IntArray:
        return np.asarray(1 + vectors.sum(axis=1))

    space = ChoiceSpace(SPACE.choices, counters={"params": count_latency}, name="limited")
    objective = replace(CONFIG.search.objective, max_params=3)
    config = replace(CONFIG, search=replace(CONFIG.search, objective=objective))
    with open_run(tmp_path, config, parts=OwnParts(space=space, evaluate=evaluate)) as run:
        outcome = run_search(run)

    assert {one.params for one in outcome.records if one.state == "complete"} <= {1, 2, 3}
